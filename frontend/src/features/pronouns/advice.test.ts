import { describe, expect, test } from "vitest";
import type { PronounsSetup, FieldState } from "@/lib/api-types";
import { advice, canSetUp, headline } from "./advice";

function setup(hubspot: FieldState, pipedrive: FieldState): PronounsSetup {
  return {
    ready: hubspot === "present" && pipedrive === "present",
    fields: [
      { provider: "hubspot", field: "pronouns", state: hubspot },
      { provider: "pipedrive", field: "Pronouns", state: pipedrive },
    ],
  };
}

describe("headline", () => {
  test("names the CRMs that lack the field", () => {
    expect(headline(setup("missing", "missing"))).toBe("Pronouns don't sync with HubSpot and Pipedrive yet");
    expect(headline(setup("present", "missing"))).toBe("Pronouns don't sync with Pipedrive yet");
    expect(headline(setup("missing", "not_connected"))).toBe("Pronouns don't sync with HubSpot yet");
  });
  test("asks for help when no click can do it", () => {
    expect(headline(setup("forbidden", "present"))).toBe("Pronouns need your help in HubSpot");
  });
});

describe("canSetUp", () => {
  test.each([
    ["missing", "present", true],
    ["unreachable", "present", true],
    ["forbidden", "missing", true],
    ["forbidden", "ambiguous", false],
    ["not_connected", "not_connected", false],
  ] as const)("%s and %s: %s", (hubspot, pipedrive, expected) => {
    expect(canSetUp(setup(hubspot, pipedrive))).toBe(expected);
  });
});

describe("advice", () => {
  test("prefers the server's words", () => {
    expect(advice({ provider: "hubspot", field: "pronouns", state: "forbidden", message: "Grant the scope." })).toBe("Grant the scope.");
    expect(advice({ provider: "pipedrive", field: "Pronouns", state: "ambiguous" })).toMatch(/^Pipedrive has more than one/);
  });
  test("says nothing where nothing is wrong", () => {
    expect(advice({ provider: "hubspot", field: "pronouns", state: "present" })).toBeUndefined();
    expect(advice({ provider: "hubspot", field: "pronouns", state: "missing" })).toBeUndefined();
  });
});
