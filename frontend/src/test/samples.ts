import type { Connection, Plan, Run, RunCounts } from "@/lib/api-types";

/** Whole objects of the API for unit tests, each with what a test says differently. */

export const noCounts: RunCounts = { pulled: 0, created: 0, updated: 0, deleted: 0, linked: 0, conflicts: 0, unchanged: 0, errors: 0 };

export function sampleRun(over: Partial<Run> = {}): Run {
  return {
    id: "r1",
    kind: "incremental",
    dryRun: false,
    state: "done",
    startedAt: "2026-01-01T00:00:00Z",
    progress: { done: 1, total: 2, phase: "reconcile" },
    counts: noCounts,
    calls: { hubspot: 0, pipedrive: 0, membrane: 0 },
    details: { app: noCounts, hubspot: noCounts, pipedrive: noCounts },
    ...over,
  };
}

export function samplePlan(over: Partial<Plan> = {}): Plan {
  const none = { app: 0, hubspot: 0, pipedrive: 0 };
  return {
    creates: none,
    updates: none,
    links: none,
    deletes: none,
    conflicts: 0,
    reviews: 0,
    calls: { hubspot: 0, pipedrive: 0, membrane: 0 },
    costs: {},
    seconds: 0,
    changed: false,
    sample: [],
    ...over,
  };
}

export function sampleConnection(over: Partial<Connection> = {}): Connection {
  return {
    provider: "hubspot",
    state: "active",
    lastSuccessAt: "2026-01-01T00:00:00Z",
    lagSeconds: 0,
    pending: 0,
    errors: 0,
    linked: 500,
    budget: null,
    credential: "entered",
    accountId: "62515",
    verifyWrites: false,
    webhookUrl: null,
    events: null,
    ...over,
  };
}
