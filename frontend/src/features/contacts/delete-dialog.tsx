"use client";

import { useState } from "react";
import { toast } from "sonner";
import { Confirm } from "@/components/ui/confirm";
import { asApiError } from "@/lib/api";
import type { Contact } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { contactName, providerName } from "@/lib/names";
import { useRevalidate } from "@/lib/polling";
import { contactsPath } from "./use-contacts";
import { useContactWrites } from "./use-contact-writes";

interface Props {
  contact: Contact | undefined;
  onClose(): void;
  onDeleted(): void;
}

export default function DeleteDialog({ contact, onClose, onDeleted }: Props) {
  const { remove, restore } = useContactWrites();
  const revalidate = useRevalidate();
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(contact);
  if (contact && contact !== shown) setShown(contact);
  if (!shown) return null;
  const name = contactName(shown);
  const crms = listWords(shown.links.filter((link) => link.externalId).map((link) => providerName(link.provider)));

  async function bringBack(id: string) {
    try {
      await restore(id);
      toast.success(`${name} is back`);
    } catch (error) {
      toast.error(`${name} could not be brought back`, { description: asApiError(error).message });
    }
  }

  async function confirm(target: Contact) {
    setBusy(true);
    try {
      await remove(target);
      toast.success(`${name} was deleted`, { action: { label: "Undo", onClick: () => void bringBack(target.id) }, duration: 10_000 });
      onDeleted();
    } catch (error) {
      const { status, message } = asApiError(error);
      if (status === 412) {
        void revalidate(contactsPath);
        toast.warning(`${name} changed meanwhile`, { description: "The newest values are shown now. Look at them, then delete again." });
      } else {
        toast.error(`${name} could not be deleted`, { description: message });
      }
    } finally {
      setBusy(false);
      onClose();
    }
  }

  return (
    <Confirm
      open={contact !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${name}?`}
      description={
        crms
          ? `The contact is deleted here and in ${crms}. It can be brought back here for 30 days.`
          : "The contact is deleted here. It can be brought back for 30 days."
      }
      action="Delete"
      busy={busy}
      onConfirm={() => void confirm(shown)}
    />
  );
}
