"use client";

import { Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { PanelBody, PanelFooter } from "@/components/ui/sheet";
import { useCustomFields } from "@/features/settings/use-settings";
import type { Contact, ContactField, Provider } from "@/lib/api-types";
import { fieldNames } from "@/lib/names";
import { ContactLinks } from "./contact-links";
import { movedMeanwhile, shownValue, storedValue, type FieldPath } from "./draft";
import { Moved, TextButton } from "./form-notes";
import { useContactForm } from "./use-contact-form";

interface Props {
  /** Absent for a new contact. */
  contact: Contact | undefined;
  providers: Provider[];
  onDirty(dirty: boolean): void;
  onReload(): Promise<Contact | undefined>;
  onOpen(id: string): void;
  onDone(): void;
  onDelete(contact: Contact): void;
}

const standard: { field: ContactField; wide?: boolean; type?: string }[] = [
  { field: "firstName" },
  { field: "lastName" },
  { field: "email", wide: true, type: "email" },
  { field: "phone", wide: true, type: "tel" },
  { field: "company" },
  { field: "jobTitle" },
  { field: "pronouns", wide: true },
];

interface Input {
  field: FieldPath;
  label: string;
  wide?: boolean;
  type?: string;
}

export function ContactForm({ contact, providers, onDirty, onReload, onOpen, onDone, onDelete }: Props) {
  const { stored, draft, problem, saving, dirty, type, save } = useContactForm({ contact, onDirty, onReload, onDone });
  const own = useCustomFields();
  const inputs: Input[] = [
    ...standard.map(({ field, ...look }) => ({ ...look, field, label: fieldNames[field] })),
    ...own.map(({ field, label }) => ({ field: `custom.${field}` as const, label, wide: true })),
  ];
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [problem]);
  return (
    <form
      ref={form}
      noValidate
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (!saving) void save();
      }}
    >
      <PanelBody>
        {problem.message && (
          <Notice tone={problem.stale ? "warn" : "bad"} className="mb-5">
            {problem.message}
          </Notice>
        )}
        <div className="grid grid-cols-2 gap-x-3 gap-y-4">
          {inputs.map(({ field, label, wide, type: inputType = "text" }) => (
            <Field
              key={field}
              name={field}
              type={inputType}
              label={label}
              autoComplete="off"
              autoFocus={!contact && field === "firstName"}
              className={wide ? "col-span-2" : undefined}
              value={shownValue(draft, field, stored)}
              onChange={(event) => type(field, event.target.value)}
              error={problem.fields[field]}
              note={
                movedMeanwhile(draft, field, stored) ? (
                  <Moved value={storedValue(stored, field)} onTake={() => type(field, storedValue(stored, field))} />
                ) : field === "email" && problem.existingId ? (
                  <TextButton onClick={() => onOpen(problem.existingId ?? "")}>Open that contact</TextButton>
                ) : undefined
              }
            />
          ))}
        </div>
        {contact && <ContactLinks contact={contact} providers={providers} />}
      </PanelBody>
      <PanelFooter>
        {contact && (
          <Button variant="ghost" className="mr-auto -ml-2 text-bad-ink hover:bg-bad-soft hover:text-bad-ink" onClick={() => onDelete(contact)}>
            <Trash2 aria-hidden />
            Delete
          </Button>
        )}
        <Button variant="primary" type="submit" busy={saving} disabled={!dirty}>
          {contact ? "Save" : "Create contact"}
        </Button>
      </PanelFooter>
    </form>
  );
}
