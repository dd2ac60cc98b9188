import type { DeletePolicy, Direction, FieldSettings, Policy, Provider, RemoteField, Settings, SettingsPatch } from "@/lib/api-types";
import { providers } from "@/lib/names";

export interface RemoteDraft {
  /** The name of the CRM's field; empty: the field does not go there. */
  remote: string;
  direction: Direction;
}

/** Everything that can be chosen for one field. */
export interface FieldDraft {
  label: string;
  /** Null: that of the settings as a whole. */
  policy: Policy | null;
  remotes: Record<Provider, RemoteDraft>;
}

/** What a person changed and has not saved. */
export interface SettingsDraft {
  policy?: Policy;
  region?: string;
  deletePolicy?: DeletePolicy;
  /** Numbers as they are typed; empty: the default. */
  numbers?: Partial<Record<NumberChoice, string>>;
  approveFirstSync?: boolean;
  /** The fields touched, by name. Null takes a standard field back to its defaults and removes a custom one. */
  fields: Record<string, FieldDraft | null>;
}

export type NumberChoice = "least" | "share" | "retentionDays";

/** A field as the page shows it: as it is stored, with what was changed on top. */
export interface ShownField {
  field: string;
  custom: boolean;
  stored: FieldSettings | undefined;
  draft: FieldDraft;
  change: "none" | "edited" | "added" | "removed" | "reset";
}

export const emptyDraft: SettingsDraft = { fields: {} };

export function fieldDraft({ label, policy, remotes }: FieldSettings): FieldDraft {
  const side = (provider: Provider) => remoteDraft(remotes[provider]);
  return { label, policy, remotes: { hubspot: side("hubspot"), pipedrive: side("pipedrive") } };
}

export function remoteDraft(remote?: RemoteField): RemoteDraft {
  return { remote: remote?.remote ?? "", direction: remote?.direction ?? "both" };
}

export function changePolicy(draft: SettingsDraft, policy: Policy, stored: Settings): SettingsDraft {
  return { ...draft, policy: policy === stored.policy ? undefined : policy };
}

export function changeRegion(draft: SettingsDraft, text: string, stored: Settings): SettingsDraft {
  const region = text.toUpperCase();
  return { ...draft, region: region === stored.region ? undefined : region };
}

export function changeDeletePolicy(draft: SettingsDraft, policy: DeletePolicy, stored: Settings): SettingsDraft {
  return { ...draft, deletePolicy: policy === stored.deletePolicy ? undefined : policy };
}

export function changeApproval(draft: SettingsDraft, approve: boolean, stored: Settings): SettingsDraft {
  return { ...draft, approveFirstSync: approve === stored.approveFirstSync ? undefined : approve };
}

export function storedNumber(choice: NumberChoice, stored: Settings): string {
  return String(choice === "retentionDays" ? stored.retentionDays : stored.brake[choice]);
}

export function changeNumber(draft: SettingsDraft, choice: NumberChoice, text: string, stored: Settings): SettingsDraft {
  const numbers = { ...draft.numbers };
  if (text === storedNumber(choice, stored)) delete numbers[choice];
  else numbers[choice] = text;
  return { ...draft, numbers };
}

/** Sets the choices of a field, or with null removes it; what is as stored again is no change any more. */
export function changeField(draft: SettingsDraft, field: string, choice: FieldDraft | null, stored: Settings): SettingsDraft {
  const before = stored.fields.find((candidate) => candidate.field === field);
  const fields = { ...draft.fields };
  const asStored = before ? choice !== null && same(choice, fieldDraft(before)) : choice === null;
  if (asStored) delete fields[field];
  else fields[field] = choice;
  return { ...draft, fields };
}

export function undoField(draft: SettingsDraft, field: string): SettingsDraft {
  const fields = { ...draft.fields };
  delete fields[field];
  return { ...draft, fields };
}

/** Standard fields first, then the customer's own, then those added just now. */
export function shownFields(draft: SettingsDraft, stored: Settings): ShownField[] {
  const known = stored.fields.map<ShownField>((row) => {
    const choice = draft.fields[row.field];
    const change = choice === undefined ? "none" : choice !== null ? "edited" : row.custom ? "removed" : "reset";
    return { field: row.field, custom: row.custom, stored: row, draft: choice ?? fieldDraft(row), change };
  });
  const added = Object.entries(draft.fields).flatMap<ShownField>(([field, choice]) =>
    choice && !known.some((row) => row.field === field) ? [{ field, custom: true, stored: undefined, draft: choice, change: "added" }] : [],
  );
  return [...known, ...added];
}

export function changeCount(draft: SettingsDraft): number {
  const single = [draft.policy, draft.region, draft.deletePolicy, draft.approveFirstSync].filter((choice) => choice !== undefined);
  return Object.keys(draft.fields).length + Object.keys(draft.numbers ?? {}).length + single.length;
}

/** The request that saves a draft made from a revision. */
export function toPatch({ policy, region, fields, deletePolicy, numbers = {}, approveFirstSync }: SettingsDraft, stored: Settings): SettingsPatch {
  const custom = (name: string) => stored.fields.find(({ field }) => field === name)?.custom ?? true;
  const choices = Object.entries(fields).map(([name, choice]) => [name, choice && toChoice(choice, custom(name))]);
  return {
    rev: stored.rev,
    ...(policy !== undefined && { policy }),
    ...(region !== undefined && { region }),
    ...(deletePolicy !== undefined && { deletePolicy }),
    ...((numbers.least !== undefined || numbers.share !== undefined) && {
      brake: { least: typed(numbers.least ?? storedNumber("least", stored)), share: typed(numbers.share ?? storedNumber("share", stored)) },
    }),
    ...(numbers.retentionDays !== undefined && { retentionDays: typed(numbers.retentionDays) }),
    ...(approveFirstSync !== undefined && { approveFirstSync }),
    ...(choices.length > 0 && { fields: Object.fromEntries(choices) }),
  };
}

/** Null: the default. What is no number is left for the server to refuse. */
function typed(text: string): number | null {
  return text.trim() === "" ? null : Number(text.trim()) || 0;
}

/** The request that changes nothing of a field, but has the CRMs looked through for it again. */
export function lookAgainPatch(field: FieldSettings, stored: Settings): SettingsPatch {
  return { rev: stored.rev, fields: { [field.field]: toChoice(fieldDraft(field), field.custom) } };
}

/** Whether a field of the customer's own is not usable somewhere, so that a person may have mended it there. */
export function isWanting({ custom, change, stored }: ShownField): boolean {
  const states = Object.values(stored?.remotes ?? {}).map(({ state }) => state);
  return custom && change === "none" && states.some((state) => state === "missing" || state === "ambiguous");
}

function toChoice({ label, policy, remotes }: FieldDraft, custom: boolean) {
  const named = providers.flatMap((provider) => {
    const { remote, direction } = remotes[provider];
    return remote.trim() ? [[provider, { remote: remote.trim(), direction }]] : [];
  });
  return { ...(custom && { label: label.trim() }), policy, remotes: Object.fromEntries(named) };
}

/** What differs between two states of the settings, in words for a person. */
export function changedBetween(before: Settings, after: Settings): string[] {
  const row = (settings: Settings, name: string) => settings.fields.find(({ field }) => field === name);
  const names = [...new Set([...before.fields, ...after.fields].map(({ field }) => field))];
  const fields = names.flatMap((name) => {
    const [old, now] = [row(before, name), row(after, name)];
    return old && now && same(fieldDraft(old), fieldDraft(now)) ? [] : [(now ?? old)?.label || name];
  });
  return [
    ...(before.policy !== after.policy ? ["the conflict policy"] : []),
    ...(before.region !== after.region ? ["the phone region"] : []),
    ...(before.deletePolicy !== after.deletePolicy ? ["what follows a deletion"] : []),
    ...(before.brake.least !== after.brake.least || before.brake.share !== after.brake.share ? ["when deletions are held"] : []),
    ...(before.retentionDays !== after.retentionDays ? ["how long logs are kept"] : []),
    ...(before.approveFirstSync !== after.approveFirstSync ? ["the approval of first syncs"] : []),
    ...fields,
  ];
}

function same(a: FieldDraft, b: FieldDraft): boolean {
  return (
    a.label === b.label &&
    a.policy === b.policy &&
    providers.every((provider) => a.remotes[provider].remote === b.remotes[provider].remote && a.remotes[provider].direction === b.remotes[provider].direction)
  );
}
