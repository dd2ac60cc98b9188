import type { ContactField, ContactFields } from "@/lib/api-types";
import { contactFields } from "@/lib/names";

/** What a person typed, field by field, and what stood there when they began. */
export type Draft = Partial<Record<ContactField, { value: string; seen: string }>>;

export const blankFields: ContactFields = { email: "", firstName: "", lastName: "", phone: "", company: "", jobTitle: "", pronouns: "" };

export function type(draft: Draft, field: ContactField, value: string, stored: ContactFields): Draft {
  const seen = draft[field]?.seen ?? stored[field];
  const next = { ...draft };
  if (value === stored[field]) delete next[field];
  else next[field] = { value, seen };
  return next;
}

export function shownValue(draft: Draft, field: ContactField, stored: ContactFields): string {
  return draft[field]?.value ?? stored[field];
}

/** The fields to send: only those a person changed. */
export function changes(draft: Draft): Partial<ContactFields> {
  return Object.fromEntries(contactFields.flatMap((field) => (draft[field] ? [[field, draft[field].value.trim()]] : [])));
}

export function isDirty(draft: Draft): boolean {
  return Object.keys(draft).length > 0;
}

/** Whether somebody else changed a field while it was being edited, to something other than what was typed. */
export function movedMeanwhile(draft: Draft, field: ContactField, stored: ContactFields): boolean {
  const typed = draft[field];
  return typed !== undefined && stored[field] !== typed.seen && stored[field] !== typed.value;
}
