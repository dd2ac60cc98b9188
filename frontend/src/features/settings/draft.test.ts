import { describe, expect, test } from "vitest";
import type { FieldSettings, RemoteField, Settings } from "@/lib/api-types";
import {
  changeApproval,
  changeCount,
  changeDeletePolicy,
  changedBetween,
  changeField,
  changeNumber,
  changePolicy,
  changeRegion,
  emptyDraft,
  fieldDraft,
  isWanting,
  lookAgainPatch,
  shownFields,
  toPatch,
  undoField,
  type FieldDraft,
} from "./draft";

const remote = (name: string): RemoteField => ({ remote: name, direction: "both", state: "present", key: name });
const phone: FieldSettings = {
  field: "phone",
  label: "Phone",
  custom: false,
  policy: null,
  remotes: { hubspot: remote("phone"), pipedrive: remote("phone") },
};
const tier: FieldSettings = { field: "tier", label: "Tier", custom: true, policy: "app_wins", remotes: { hubspot: remote("tier") } };
const stored: Settings = {
  rev: 3,
  policy: "crm_wins",
  policies: [],
  region: "",
  fields: [phone, tier],
  deletePolicy: "propagate",
  deletePolicies: [],
  brake: { least: 10, share: 5 },
  retentionDays: 400,
  approveFirstSync: false,
};

function edited(row: FieldSettings, over: Partial<FieldDraft>): FieldDraft {
  return { ...fieldDraft(row), ...over };
}

describe("a draft of the settings", () => {
  test("sends only what was changed, with the revision it was made from", () => {
    expect(toPatch(changePolicy(emptyDraft, "latest_wins", stored), stored)).toEqual({ rev: 3, policy: "latest_wins" });
    expect(toPatch(changeRegion(emptyDraft, "us", stored), stored)).toEqual({ rev: 3, region: "US" });
  });

  test("sends the limits of the brake together, and takes back what is as stored again", () => {
    const draft = changeNumber(emptyDraft, "share", "20", stored);
    expect(toPatch(draft, stored)).toEqual({ rev: 3, brake: { least: 10, share: 20 } });
    expect(toPatch(changeNumber(draft, "share", "", stored), stored).brake).toEqual({ least: 10, share: null });
    expect(toPatch(changeNumber(emptyDraft, "retentionDays", "many", stored), stored)).toEqual({ rev: 3, retentionDays: 0 });
    expect(changeCount(draft)).toBe(1);
    expect(changeCount(changeNumber(draft, "share", "5", stored))).toBe(0);
  });

  test("sends the delete policy and the approval of first syncs", () => {
    const draft = changeApproval(changeDeletePolicy(emptyDraft, "keep", stored), true, stored);
    expect(toPatch(draft, stored)).toEqual({ rev: 3, deletePolicy: "keep", approveFirstSync: true });
    expect(changeCount(draft)).toBe(2);
    expect(changeCount(changeApproval(changeDeletePolicy(draft, "propagate", stored), false, stored))).toBe(0);
    expect(changedBetween(stored, { ...stored, deletePolicy: "keep", retentionDays: 30 })).toEqual(["what follows a deletion", "how long logs are kept"]);
  });

  test("sends all choices of a field, as the server replaces them together", () => {
    const draft = changeField(emptyDraft, "tier", edited(tier, { policy: null }), stored);
    expect(toPatch(draft, stored).fields).toEqual({
      tier: { label: "Tier", policy: null, remotes: { hubspot: { remote: "tier", direction: "both" } } },
    });
  });

  test("leaves the label of a standard field to the server", () => {
    const draft = changeField(emptyDraft, "phone", edited(phone, { policy: "app_wins" }), stored);
    expect(toPatch(draft, stored).fields?.phone).not.toHaveProperty("label");
  });

  test("a CRM without a name for the field is left out", () => {
    const choice = edited(tier, { remotes: { hubspot: { remote: "  ", direction: "both" }, pipedrive: { remote: " Tier ", direction: "to_crm" } } });
    expect(toPatch(changeField(emptyDraft, "tier", choice, stored), stored).fields?.tier?.remotes).toEqual({
      pipedrive: { remote: "Tier", direction: "to_crm" },
    });
  });

  test("what is as stored again is no change", () => {
    let draft = changePolicy(emptyDraft, "app_wins", stored);
    draft = changeField(draft, "phone", edited(phone, { policy: "app_wins" }), stored);
    expect(changeCount(draft)).toBe(2);
    draft = changePolicy(draft, "crm_wins", stored);
    draft = changeField(draft, "phone", fieldDraft(phone), stored);
    expect(changeCount(draft)).toBe(0);
  });

  test("a removed custom field and a reset standard one are null", () => {
    const draft = changeField(changeField(emptyDraft, "tier", null, stored), "phone", null, stored);
    expect(toPatch(draft, stored).fields).toEqual({ tier: null, phone: null });
    expect(shownFields(draft, stored).map(({ field, change }) => [field, change])).toEqual([
      ["phone", "reset"],
      ["tier", "removed"],
    ]);
    expect(changeCount(undoField(draft, "tier"))).toBe(1);
  });

  test("an added field is shown last, and removing it leaves nothing behind", () => {
    const draft = changeField(emptyDraft, "vip", edited(tier, { label: "VIP" }), stored);
    expect(shownFields(draft, stored).at(-1)).toMatchObject({ field: "vip", custom: true, change: "added", stored: undefined });
    expect(changeCount(changeField(draft, "vip", null, stored))).toBe(0);
  });
});

describe("a field that a CRM lacks", () => {
  const missing = { ...tier, remotes: { hubspot: { ...remote("tier"), state: "missing" as const } } };
  const shown = (row: FieldSettings) => shownFields(emptyDraft, { ...stored, fields: [row] })[0]!;

  test("is looked for again by saving it as it is", () => {
    expect(lookAgainPatch(missing, stored)).toEqual({
      rev: 3,
      fields: { tier: { label: "Tier", policy: "app_wins", remotes: { hubspot: { remote: "tier", direction: "both" } } } },
    });
  });
  test("is a customer's own one, with nothing to save", () => {
    expect(isWanting(shown(missing))).toBe(true);
    expect(isWanting(shown(tier))).toBe(false);
    expect(isWanting(shown({ ...missing, custom: false }))).toBe(false);
    expect(isWanting({ ...shown(missing), change: "edited" })).toBe(false);
  });
});

test("changedBetween names what somebody else changed", () => {
  const after: Settings = { ...stored, rev: 4, region: "US", fields: [{ ...phone, policy: "app_wins" }] };
  expect(changedBetween(stored, after)).toEqual(["the phone region", "Phone", "Tier"]);
  expect(changedBetween(stored, { ...stored, rev: 4 })).toEqual([]);
});
