import type { Plan, PlanItem, Provider } from "@/lib/api-types";
import { count, formatDuration, formatNumber, listWords } from "@/lib/format";
import { providerName, providers } from "@/lib/names";

/** What a plan does on each side, one row per kind of work; kinds with nothing to do are left out. */
export function planRows(plan: Plan): { label: string; app: number; hubspot: number; pipedrive: number }[] {
  const rows = [
    { label: "Create", ...plan.creates },
    { label: "Update", ...plan.updates },
    { label: "Link to what exists", ...plan.links },
    { label: "Delete", ...plan.deletes },
  ];
  return rows.filter(({ app, hubspot, pipedrive }) => app + hubspot + pipedrive > 0);
}

/** "3 conflicts are decided by the policy, and 2 records wait for you.", or "". */
export function openWords({ conflicts, reviews }: Plan): string {
  const parts = [
    conflicts > 0 && `${count(conflicts, "conflict")} ${conflicts === 1 ? "is" : "are"} decided by the policy`,
    reviews > 0 && `${count(reviews, "record")} ${reviews === 1 ? "waits" : "wait"} for a decision of yours`,
  ].filter((part): part is string => Boolean(part));
  return parts.length > 0 ? `${listWords(parts)}.` : "";
}

/** "About 2 min at the present limits: 3 calls to HubSpot, and 131 calls to Pipedrive (660 tokens of its daily budget)." */
export function costWords(plan: Plan): string {
  const parts = providers.flatMap((provider) => {
    const calls = plan.calls[provider];
    if (calls === 0) return [];
    const cost = plan.costs[provider];
    const tokens = cost?.unit === "tokens" ? ` (${count(cost.units, "token")} of its daily budget)` : "";
    return [`${count(calls, "call")} to ${providerName(provider)}${tokens}`];
  });
  const time = plan.seconds > 0 ? `About ${formatDuration(plan.seconds)} at the present limits` : "As fast as the CRMs answer";
  return parts.length > 0 ? `${time}: ${listWords(parts)}.` : "";
}

/** A sentence for each CRM whose daily budget does not last. */
export function budgetWarnings({ costs }: Plan): string[] {
  return providers.flatMap((provider: Provider) => {
    const cost = costs[provider];
    if (!cost?.exceeds || cost.left === null) return [];
    const name = providerName(provider);
    return [
      `It takes ${count(cost.units, cost.unit === "tokens" ? "token" : "call")} of ${name}'s daily budget, and ${formatNumber(cost.left)} are left today. The rest goes on when the budget starts anew.`,
    ];
  });
}

const kindLabels: Record<PlanItem["kind"], string> = {
  create: "New",
  update: "Changed",
  link: "Linked",
  delete: "Deleted",
  conflict: "Conflicts",
  review: "To decide",
};

/** The examples of a plan by kind, in a fixed order. */
export function examplesByKind({ sample }: Plan): { kind: PlanItem["kind"]; label: string; items: PlanItem[] }[] {
  const kinds = Object.keys(kindLabels) as PlanItem["kind"][];
  return kinds
    .map((kind) => ({ kind, label: kindLabels[kind], items: sample.filter((item) => item.kind === kind) }))
    .filter(({ items }) => items.length > 0);
}
