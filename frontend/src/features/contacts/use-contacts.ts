import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { Contact, ContactPage } from "@/lib/api-types";
import { hiddenAware } from "@/lib/polling";
import { listPath, type ContactsView } from "./view";

export const contactsPath = "/api/contacts";

export const contactPath = (id: string) => `${contactsPath}/${encodeURIComponent(id)}`;

/** A page of contacts; asked for more often while one of them is on its way. */
export function useContacts(view: ContactsView) {
  return useSWR<ContactPage, ApiError>(listPath(view), {
    refreshInterval: (page) => hiddenAware(page?.contacts.some(onTheWay) ? 2_000 : 15_000),
  });
}

/** One contact; `known` is shown until the server has answered. */
export function useContact(id: string, known: Contact | undefined) {
  return useSWR<Contact, ApiError>(id ? contactPath(id) : null, {
    fallbackData: known,
    keepPreviousData: false,
    refreshInterval: (contact) => hiddenAware(contact && onTheWay(contact) ? 2_000 : 15_000),
  });
}

function onTheWay(contact: Contact): boolean {
  return contact.status === "syncing";
}
