import { describe, expect, test } from "vitest";
import type { Plan } from "@/lib/api-types";
import { samplePlan } from "@/test/samples";
import { budgetWarnings, costWords, examplesByKind, openWords, planRows } from "./plan-words";

const cost = (over: Partial<NonNullable<Plan["costs"]["hubspot"]>>) => ({ units: 0, unit: "calls" as const, seconds: 0, left: null, exceeds: false, ...over });

describe("a plan in words", () => {
  test("leaves out what there is nothing of", () => {
    const rows = planRows(samplePlan({ creates: { app: 0, hubspot: 2, pipedrive: 0 }, deletes: { app: 1, hubspot: 0, pipedrive: 0 } }));
    expect(rows.map(({ label, app, hubspot }) => [label, app, hubspot])).toEqual([
      ["Create", 0, 2],
      ["Delete", 1, 0],
    ]);
    expect(planRows(samplePlan())).toEqual([]);
    expect(openWords(samplePlan())).toBe("");
    expect(costWords(samplePlan())).toBe("");
  });

  test("tells calls, tokens and time", () => {
    const plan = samplePlan({
      calls: { hubspot: 1, pipedrive: 131, membrane: 0 },
      costs: { hubspot: cost({ units: 1 }), pipedrive: cost({ units: 660, unit: "tokens" }) },
      seconds: 14,
    });
    expect(costWords(plan)).toBe("About 14 s at the present limits: 1 call to HubSpot and 131 calls to Pipedrive (660 tokens of its daily budget).");
    expect(costWords({ ...plan, seconds: 0 })).toMatch(/^As fast as the CRMs answer: /);
  });

  test("tells what a person has to know", () => {
    expect(openWords(samplePlan({ conflicts: 1, reviews: 2 }))).toBe("1 conflict is decided by the policy and 2 records wait for a decision of yours.");
  });

  test("warns only of a budget that is known and does not last", () => {
    expect(budgetWarnings(samplePlan({ costs: { pipedrive: cost({ units: 50_000, unit: "tokens", left: 30_000, exceeds: true }) } }))).toEqual([
      "It takes 50,000 tokens of Pipedrive's daily budget, and 30,000 are left today. The rest goes on when the budget starts anew.",
    ]);
    expect(budgetWarnings(samplePlan({ costs: { pipedrive: cost({ units: 50, left: 30_000 }), hubspot: cost({ units: 50 }) } }))).toEqual([]);
  });

  test("groups the examples", () => {
    const item = (kind: "create" | "link") => ({ kind, side: "hubspot" as const, fields: [] });
    expect(examplesByKind(samplePlan({ sample: [item("link"), item("create"), item("link")] })).map(({ label, items }) => [label, items.length])).toEqual([
      ["New", 1],
      ["Linked", 2],
    ]);
  });
});
