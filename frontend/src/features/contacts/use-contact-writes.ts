import { useMemo } from "react";
import { useSWRConfig } from "swr";
import { api } from "@/lib/api";
import type { Contact, ContactInput } from "@/lib/api-types";
import { useRevalidate } from "@/lib/polling";
import { contactPath, contactsPath } from "./use-contacts";

/** Everything that changes a contact; each refreshes whatever shows contacts. */
export function useContactWrites() {
  const { mutate } = useSWRConfig();
  const revalidate = useRevalidate();
  return useMemo(() => {
    const refresh = () => void revalidate(contactsPath, "/api/sync", "/api/activity", "/api/conflicts");
    const settle = async (contact: Contact) => {
      await mutate(contactPath(contact.id), contact, { revalidate: false });
      refresh();
      return contact;
    };
    return {
      create: async (fields: ContactInput) => settle(await api<Contact>(contactsPath, { method: "POST", body: fields })),
      update: async (id: string, rev: number, fields: ContactInput) =>
        settle(await api<Contact>(contactPath(id), { method: "PATCH", rev, body: fields })),
      remove: async (contact: Contact) => {
        await api<void>(contactPath(contact.id), { method: "DELETE", rev: contact.rev });
        refresh();
      },
      restore: async (id: string) => settle(await api<Contact>(`${contactPath(id)}/restore`, { method: "POST" })),
    };
  }, [mutate, revalidate]);
}
