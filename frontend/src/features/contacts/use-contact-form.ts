import { useState } from "react";
import { toast } from "sonner";
import { asApiError, type ApiError } from "@/lib/api";
import type { Contact } from "@/lib/api-types";
import { blankContact, changes, isDirty, isFieldPath, type, type Draft, type FieldPath } from "./draft";
import { saveWords } from "./save-words";
import { useContactWrites } from "./use-contact-writes";

export interface FormProblem {
  /** What concerns the whole form. */
  message?: string;
  /** Nothing is wrong with what was typed; somebody else was faster. */
  stale?: boolean;
  fields: Partial<Record<FieldPath, string>>;
  /** The contact that has the e-mail already. */
  existingId?: string;
}

interface Options {
  contact: Contact | undefined;
  onDirty(dirty: boolean): void;
  onReload(): Promise<Contact | undefined>;
  onDone(): void;
}

/** What is typed, what the server said to it, and the way to save it. */
export function useContactForm({ contact, onDirty, onReload, onDone }: Options) {
  const stored = contact ?? blankContact;
  const { create, update } = useContactWrites();
  const [draft, setDraft] = useState<Draft>({});
  const [problem, setProblem] = useState<FormProblem>({ fields: {} });
  const [saving, setSaving] = useState(false);

  function change(next: Draft) {
    setDraft(next);
    onDirty(isDirty(next));
  }

  async function failed(error: ApiError) {
    if (error.status !== 412) return setProblem(toProblem(error));
    await onReload();
    setProblem({
      stale: true,
      message: "This contact changed while you were editing. The newest values are here now, and what you typed is kept. Look again, then save.",
      fields: {},
    });
  }

  async function save() {
    setSaving(true);
    setProblem({ fields: {} });
    try {
      const sent = changes(draft);
      const saved = contact ? await update(contact.id, contact.rev, sent) : await create(sent);
      const { tone, title, description } = saveWords(saved, sent, contact === undefined);
      toast[tone](title, { description });
      onDone();
    } catch (error) {
      await failed(asApiError(error));
    } finally {
      setSaving(false);
    }
  }

  return {
    stored,
    draft,
    problem,
    saving,
    dirty: isDirty(draft),
    type: (field: FieldPath, value: string) => {
      change(type(draft, field, value, stored));
      if (problem.fields[field]) setProblem({ ...problem, fields: { ...problem.fields, [field]: undefined } });
    },
    save,
  };
}

function toProblem(error: ApiError): FormProblem {
  if (error.status === 409) return { fields: { email: error.message }, existingId: error.details.id };
  const elsewhere = Object.entries(error.details).flatMap(([path, text]) => (isFieldPath(path) ? [] : [text]));
  const placed = Object.keys(error.details).length > elsewhere.length;
  return { message: elsewhere.join(" ") || (placed ? undefined : error.message), fields: error.details };
}
