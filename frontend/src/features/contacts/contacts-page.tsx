"use client";

import { lazy, useState } from "react";
import { OnceOpen } from "@/components/ui/once-open";
import { StaleNotice } from "@/components/ui/states";
import type { Contact } from "@/lib/api-types";
import { ContactsBody } from "./contacts-body";
import { ContactsHeader } from "./contacts-header";
import { Toolbar } from "./toolbar";
import { useContacts } from "./use-contacts";
import { useContactsView } from "./use-contacts-view";
import { useProviders } from "./use-providers";
import { isFiltered } from "./view";

const ContactSheet = lazy(() => import("./contact-sheet"));
const ImportDialog = lazy(() => import("./import-dialog"));
const DeleteDialog = lazy(() => import("./delete-dialog"));

export function ContactsPage() {
  const [view, update] = useContactsView();
  const [deleting, setDeleting] = useState<Contact>();
  const list = useContacts(view);
  const providers = useProviders(list.data?.contacts ?? []);
  const nothingAtAll = list.data?.total === 0 && !isFiltered(view) && !view.cursor;
  const retry = () => void list.mutate();
  return (
    <>
      <ContactsHeader total={list.data?.total} view={view} update={update} />
      {list.data && list.error && <StaleNotice error={list.error} onRetry={retry} />}
      {!nothingAtAll && <Toolbar view={view} update={update} providers={providers} />}
      <ContactsBody
        list={list}
        view={view}
        update={update}
        providers={providers}
        commands={{ edit: (contact) => update({ contact: contact.id }), remove: setDeleting }}
      />
      <OnceOpen open={view.contact !== ""}>
        <ContactSheet
          id={view.contact}
          known={list.data?.contacts.find((contact) => contact.id === view.contact)}
          providers={providers}
          onOpen={(contact) => update({ contact }, "replace")}
          onClose={() => update({ contact: "" }, "replace")}
          onDelete={setDeleting}
        />
      </OnceOpen>
      <OnceOpen open={view.importing}>
        <ImportDialog open={view.importing} onClose={() => update({ importing: false }, "replace")} />
      </OnceOpen>
      <OnceOpen open={deleting !== undefined}>
        <DeleteDialog
          contact={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => update({ contact: "" }, "replace")}
        />
      </OnceOpen>
    </>
  );
}
