import type { Conflict } from "@/lib/api-types";
import { providerName } from "@/lib/names";

const rules: Record<string, string> = {
  crm_wins: "a CRM outranks the app",
  app_wins: "the app outranks the CRMs",
  latest_wins: "the latest change wins",
  manual: "a person decides",
  change_beats_delete: "a change outranks a deletion",
};

/** Why the winner won: "HubSpot wins: a CRM outranks the app". */
export function decision(conflict: Conflict): string {
  if (conflict.state === "overridden") return `${providerName(conflict.winner)} was chosen by a person`;
  const reason = conflict.rule.startsWith("source:") ? "this field follows it" : (rules[conflict.rule] ?? conflict.rule.replaceAll("_", " "));
  return `${providerName(conflict.winner)} won: ${reason}`;
}
