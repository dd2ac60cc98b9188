import { describe, expect, test } from "vitest";
import { nameProblem, suggestName, suggestRemotes } from "./field-name";

test.each([
  ["Loyalty tier", "loyaltyTier"],
  ["VIP", "vip"],
  ["LinkedIn profile URL", "linkedInProfileUrl"],
  ["Größe (cm)", "grosseCm"],
  ["2nd phone", "ndPhone"],
  ["  ", ""],
  ["A".repeat(60), "a".repeat(40)],
])("suggestName(%j) = %j", (label, name) => {
  expect(suggestName(label)).toBe(name);
});

test("suggestRemotes writes a name as each CRM would", () => {
  expect(suggestRemotes(" Loyalty tier ")).toEqual({ hubspot: "loyalty_tier", pipedrive: "Loyalty tier" });
});

describe("nameProblem", () => {
  test.each([
    ["", "Enter a name."],
    ["Tier", "Use letters, digits and underscores, beginning with a small letter."],
    ["loyalty tier", "Use letters, digits and underscores, beginning with a small letter."],
    ["a".repeat(41), "Use 40 characters at most."],
    ["phone", "There is a field of this name already."],
  ])("%j: %s", (name, problem) => {
    expect(nameProblem(name, ["phone"])).toBe(problem);
  });
  test("a good name has none", () => {
    expect(nameProblem("loyaltyTier_2", ["phone"])).toBeUndefined();
  });
});
