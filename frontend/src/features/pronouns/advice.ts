import type { PronounsField, PronounsSetup, FieldState } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { providerName } from "@/lib/names";

export const stateWords: Record<FieldState, string> = {
  present: "Ready",
  missing: "Not there yet",
  ambiguous: "Exists twice",
  forbidden: "Not allowed",
  unreachable: "No answer",
  not_connected: "Not connected",
};

/** The CRMs that have a say; those that are not connected have none. */
export function connected(setup: PronounsSetup): PronounsField[] {
  return setup.fields.filter((field) => field.state !== "not_connected");
}

/** Whether a click on the button can change anything; a person must act in the CRM first when it cannot. */
export function canSetUp(setup: PronounsSetup): boolean {
  return connected(setup).some((field) => field.state === "missing" || field.state === "unreachable");
}

export function headline(setup: PronounsSetup): string {
  const open = connected(setup).filter((field) => field.state !== "present");
  const names = listWords([...new Set(open.map((field) => providerName(field.provider)))]);
  return canSetUp(setup) ? `Pronouns don't sync with ${names} yet` : `Pronouns need your help in ${names}`;
}

/** What a person can do about a field that could not be set up: the server's words, ours where it has none. */
export function advice(field: PronounsField): string | undefined {
  const crm = providerName(field.provider);
  switch (field.state) {
    case "forbidden":
      return field.message ?? `${crm} did not allow the field to be created. Allow it there, then try again.`;
    case "ambiguous":
      return field.message ?? `${crm} has more than one contact field called Pronouns. Rename or delete all but one there, then try again.`;
    case "unreachable":
      return field.message ?? `${crm} did not answer.`;
    default:
      return undefined;
  }
}
