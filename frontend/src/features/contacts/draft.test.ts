import { describe, expect, test } from "vitest";
import type { Contact } from "@/lib/api-types";
import { blankContact, changes, isDirty, movedMeanwhile, shownValue, type, type Draft } from "./draft";

const stored = { ...blankContact, email: "ada@example.com", phone: "+1 555 0100" };
const contact = (over: Partial<Contact>) => ({ ...stored, ...over }) as Contact;

describe("a draft", () => {
  test("sends only what was typed, trimmed", () => {
    let draft: Draft = {};
    draft = type(draft, "phone", " +1 555 0199 ", stored);
    draft = type(draft, "company", "Engines", stored);
    expect(changes(draft)).toEqual({ phone: "+1 555 0199", company: "Engines" });
  });

  test("the customer's own fields go where the API has them", () => {
    const own = { ...stored, custom: { tier: "gold" } };
    let draft = type({}, "custom.tier", "silver", own);
    draft = type(draft, "custom.region", " North ", own);
    expect(changes(draft)).toEqual({ custom: { tier: "silver", region: "North" } });
    expect(shownValue({}, "custom.tier", own)).toBe("gold");
    expect(movedMeanwhile(draft, "custom.tier", contact({ custom: { tier: "bronze" } }))).toBe(true);
    expect(isDirty(type(draft, "custom.region", "", own))).toBe(true);
    expect(isDirty(type(type({}, "custom.region", "x", own), "custom.region", "", own))).toBe(false);
  });

  test("clearing a field is a change to blank", () => {
    expect(changes(type({}, "phone", "", stored))).toEqual({ phone: "" });
  });

  test("typing the stored value again leaves nothing to save", () => {
    const draft = type(type({}, "phone", "1", stored), "phone", stored.phone, stored);
    expect(isDirty(draft)).toBe(false);
  });

  test("untouched fields follow the server while others are being edited", () => {
    const draft = type({}, "phone", "1", stored);
    expect(shownValue(draft, "company", contact({ company: "New Co" }))).toBe("New Co");
    expect(shownValue(draft, "phone", contact({ phone: "2" }))).toBe("1");
  });
});

describe("a field that moved meanwhile", () => {
  const draft = type({}, "phone", "1", stored);
  test("is noticed", () => {
    expect(movedMeanwhile(draft, "phone", contact({ phone: "2" }))).toBe(true);
  });
  test("is no concern when both typed the same, or when it was not edited", () => {
    expect(movedMeanwhile(draft, "phone", contact({ phone: "1" }))).toBe(false);
    expect(movedMeanwhile(draft, "email", contact({ email: "x@example.com" }))).toBe(false);
  });
  test("stays marked while the person types on, until the values agree", () => {
    const further = type(draft, "phone", "12", contact({ phone: "2" }));
    expect(movedMeanwhile(further, "phone", contact({ phone: "2" }))).toBe(true);
    expect(isDirty(type(further, "phone", "2", contact({ phone: "2" })))).toBe(false);
  });
});
