"use client";

import { UserX } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Sheet } from "@/components/ui/sheet";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import type { Contact, Provider } from "@/lib/api-types";
import { contactName } from "@/lib/names";
import { ContactForm } from "./contact-form";
import { useContact } from "./use-contacts";
import { newContact } from "./view";

interface Props {
  /** A contact's id, "new", or "" when closed. */
  id: string;
  known: Contact | undefined;
  providers: Provider[];
  onOpen(id: string): void;
  onClose(): void;
  onDelete(contact: Contact): void;
}

/** Creates or edits one contact beside the list. Closing it with something typed asks first. */
export default function ContactSheet({ id, known, providers, onOpen, onClose, onDelete }: Props) {
  const creating = id === newContact;
  const { data: contact, error, mutate } = useContact(creating ? "" : id, known);
  const [dirty, setDirty] = useState(false);
  const [asking, setAsking] = useState(false);
  const close = () => {
    setDirty(false);
    setAsking(false);
    onClose();
  };
  return (
    <Sheet
      open={id !== ""}
      onOpenChange={(open) => !open && (dirty ? setAsking(true) : close())}
      title={creating ? "New contact" : contact ? contactName(contact) : "Contact"}
      description={creating ? "It goes to every connected CRM as soon as it is saved." : "What you save goes to every connected CRM."}
    >
      {id !== "" && (creating || contact) ? (
        <ContactForm
          key={id}
          contact={creating ? undefined : contact}
          providers={providers}
          onDirty={setDirty}
          onReload={() => mutate()}
          onOpen={onOpen}
          onDone={close}
          onDelete={onDelete}
        />
      ) : error?.status === 404 ? (
        <EmptyState icon={UserX} title="This contact is gone" actions={<Button onClick={close}>Back to the list</Button>}>
          It was deleted, or merged into another one.
        </EmptyState>
      ) : error ? (
        <ErrorState title="The contact could not be loaded" error={error} onRetry={() => void mutate()} />
      ) : (
        <SheetSkeleton />
      )}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Discard what you typed?"
        description="The changes in this panel have not been saved."
        action="Discard"
        onConfirm={close}
      />
    </Sheet>
  );
}

function SheetSkeleton() {
  return (
    <Loading label="Loading the contact" className="space-y-6 p-5">
      {[0, 1, 2, 3, 4].map((row) => (
        <div key={row}>
          <Skeleton className="mb-2 h-3 w-20" />
          <Skeleton className="h-8.5 w-full rounded-md" />
        </div>
      ))}
    </Loading>
  );
}
