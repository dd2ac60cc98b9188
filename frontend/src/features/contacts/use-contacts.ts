import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { Contact, ContactPage } from "@/lib/api-types";
import { every } from "@/lib/polling";
import { listPath, type ContactsView } from "./view";

export const contactsPath = "/api/contacts";

export const contactPath = (id: string) => `${contactsPath}/${encodeURIComponent(id)}`;

const onTheWay = (contact: Contact) => contact.status === "syncing";
const refreshList = every<ContactPage>((page) => (page?.contacts.some(onTheWay) ? 2_000 : 5_000));
const refreshOne = every<Contact>((contact) => (contact && onTheWay(contact) ? 2_000 : 5_000));

/** A page of contacts; asked for more often while one of them is on its way. */
export function useContacts(view: ContactsView) {
  return useSWR<ContactPage, ApiError>(listPath(view), refreshList);
}

/** One contact; `known` is shown until the server has answered. */
export function useContact(id: string, known: Contact | undefined) {
  return useSWR<Contact, ApiError>(id ? contactPath(id) : null, {
    fallbackData: known,
    keepPreviousData: false,
    ...refreshOne,
  });
}
