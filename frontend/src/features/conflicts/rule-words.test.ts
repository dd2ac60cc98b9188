import { expect, test } from "vitest";
import type { Conflict } from "@/lib/api-types";
import { decision, standing } from "./rule-words";

const conflict = (over: Partial<Conflict>) => ({ winner: "hubspot", rule: "crm_wins", state: "decided", ...over }) as Conflict;

test.each<[Partial<Conflict>, string]>([
  [{}, "HubSpot won: a CRM outranks the app"],
  [{ winner: "app", rule: "app_wins" }, "Your app won: the app outranks the CRMs"],
  [{ rule: "source:hubspot" }, "HubSpot won: this field follows it"],
  [{ rule: "longest_first" }, "HubSpot won: longest first"],
  [{ winner: null, state: "open", rule: "manual" }, "It is left alone on every side until somebody decides"],
  [{ winner: null, state: "open", rule: "flipping" }, "It kept changing back and forth, so it is left alone until somebody decides"],
  [{ winner: null, state: "superseded", rule: "manual" }, "Nothing to decide any more: the values have changed since"],
  [{ winner: "app", state: "overridden" }, "Your app was chosen by a person"],
])("%j: %s", (over, words) => {
  expect(decision(conflict(over))).toBe(words);
});

test("of a decided conflict the winner's first value is kept, of an open one none is yet", () => {
  const values = [
    { source: "hubspot", value: "a", at: null },
    { source: "hubspot", value: "b", at: null },
    { source: "app", value: "c", at: null },
  ] as Conflict["values"];
  const standings = (over: Partial<Conflict>) => values.map((value) => standing(conflict({ values, ...over }), value));
  expect(standings({})).toEqual(["kept", "replaced", "replaced"]);
  expect(standings({ winner: "app", state: "overridden" })).toEqual(["replaced", "replaced", "kept"]);
  expect(standings({ winner: null, state: "open" })).toEqual(["open", "open", "open"]);
});
