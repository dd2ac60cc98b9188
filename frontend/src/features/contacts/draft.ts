import type { ContactField, ContactInput, ContactValues } from "@/lib/api-types";
import { contactFields } from "@/lib/names";

/** A field of the form, by the path the API gives it: "phone", "custom.loyaltyTier". */
export type FieldPath = ContactField | `custom.${string}`;

/** What a person typed, field by field, and what stood there when they began. */
export type Draft = Partial<Record<FieldPath, { value: string; seen: string }>>;

export const blankContact: ContactValues = {
  email: "",
  firstName: "",
  lastName: "",
  phone: "",
  company: "",
  jobTitle: "",
  pronouns: "",
  custom: {},
};

export function storedValue(stored: ContactValues, field: FieldPath): string {
  const own = customName(field);
  return own === undefined ? stored[field as ContactField] : (stored.custom[own] ?? "");
}

export function type(draft: Draft, field: FieldPath, value: string, stored: ContactValues): Draft {
  const before = storedValue(stored, field);
  const seen = draft[field]?.seen ?? before;
  const next = { ...draft };
  if (value === before) delete next[field];
  else next[field] = { value, seen };
  return next;
}

export function shownValue(draft: Draft, field: FieldPath, stored: ContactValues): string {
  return draft[field]?.value ?? storedValue(stored, field);
}

/** The fields to send: only those a person changed. */
export function changes(draft: Draft): ContactInput {
  const typed = Object.entries(draft).flatMap(([field, edit]) => (edit ? [[field, edit.value.trim()] as const] : []));
  const own = typed.flatMap(([field, value]) => {
    const name = customName(field);
    return name === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(typed.filter(([field]) => customName(field) === undefined)),
    ...(own.length > 0 && { custom: Object.fromEntries(own) }),
  };
}

export function isDirty(draft: Draft): boolean {
  return Object.keys(draft).length > 0;
}

/** Whether somebody else changed a field while it was being edited, to something other than what was typed. */
export function movedMeanwhile(draft: Draft, field: FieldPath, stored: ContactValues): boolean {
  const typed = draft[field];
  const now = storedValue(stored, field);
  return typed !== undefined && now !== typed.seen && now !== typed.value;
}

export function isFieldPath(path: string): path is FieldPath {
  return customName(path) !== undefined || contactFields.some((field) => field === path);
}

const prefix = "custom.";

function customName(field: string): string | undefined {
  return field.startsWith(prefix) ? field.slice(prefix.length) : undefined;
}
