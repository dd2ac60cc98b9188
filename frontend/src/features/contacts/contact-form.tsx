"use client";

import { CircleAlert, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { PanelBody, PanelFooter } from "@/components/ui/sheet";
import type { Contact, ContactField, Provider } from "@/lib/api-types";
import { cn } from "@/lib/cn";
import { fieldNames } from "@/lib/names";
import { ContactLinks } from "./contact-links";
import { movedMeanwhile, shownValue } from "./draft";
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

const layout: { field: ContactField; wide?: boolean; type?: string }[] = [
  { field: "firstName" },
  { field: "lastName" },
  { field: "email", wide: true, type: "email" },
  { field: "phone", wide: true, type: "tel" },
  { field: "company" },
  { field: "jobTitle" },
  { field: "pronouns", wide: true },
];

export function ContactForm({ contact, providers, onDirty, onReload, onOpen, onDone, onDelete }: Props) {
  const { stored, draft, problem, saving, dirty, type, save } = useContactForm({ contact, onDirty, onReload, onDone });
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
          <p
            role="alert"
            tabIndex={-1}
            className={cn(
              "mb-5 flex gap-2 rounded-md px-3 py-2.5 outline-none",
              problem.stale ? "bg-warn-soft text-warn-ink" : "bg-bad-soft text-bad-ink",
            )}
          >
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
            {problem.message}
          </p>
        )}
        <div className="grid grid-cols-2 gap-x-3 gap-y-4">
          {layout.map(({ field, wide, type: inputType = "text" }) => (
            <Field
              key={field}
              name={field}
              type={inputType}
              label={fieldNames[field]}
              autoComplete="off"
              autoFocus={!contact && field === "firstName"}
              className={wide ? "col-span-2" : undefined}
              value={shownValue(draft, field, stored)}
              onChange={(event) => type(field, event.target.value)}
              error={problem.fields[field]}
              note={
                movedMeanwhile(draft, field, stored) ? (
                  <Moved value={stored[field]} onTake={() => type(field, stored[field])} />
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

function Moved({ value, onTake }: { value: string; onTake(): void }) {
  return (
    <>
      Changed meanwhile to {value ? <b className="font-medium text-ink">{value}</b> : "blank"}.{" "}
      <TextButton onClick={onTake}>Use that</TextButton>
    </>
  );
}

function TextButton({ onClick, children }: { onClick(): void; children: React.ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="rounded-sm font-medium text-brand-ink underline underline-offset-2">
      {children}
    </button>
  );
}
