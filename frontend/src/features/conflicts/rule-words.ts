import type { Conflict } from "@/lib/api-types";
import { providerName } from "@/lib/names";

const rules: Record<string, string> = {
  crm_wins: "a CRM outranks the app",
  app_wins: "the app outranks the CRMs",
  latest_wins: "the latest change wins",
  manual: "a person decided",
  flipping: "a person decided",
  change_beats_delete: "a change outranks a deletion",
  merged: "it is the value of the contact that goes on after the merge",
};

/** What became of one of a conflict's values. */
export function standing(conflict: Conflict, value: Conflict["values"][number]): "kept" | "replaced" | "open" {
  if (conflict.winner === null || conflict.state === "superseded") return "open";
  return conflict.values.find(({ source }) => source === conflict.winner) === value ? "kept" : "replaced";
}

/** Why the winner won ("HubSpot won: a CRM outranks the app"), or why nobody has yet. */
export function decision(conflict: Conflict): string {
  if (conflict.state === "superseded") return "Nothing to decide any more: the values have changed since";
  if (conflict.winner === null) {
    return conflict.rule === "flipping"
      ? "It kept changing back and forth, so it is left alone until somebody decides"
      : "It is left alone on every side until somebody decides";
  }
  if (conflict.state === "overridden") return `${providerName(conflict.winner)} was chosen by a person`;
  const reason = conflict.rule.startsWith("source:") ? "this field follows it" : (rules[conflict.rule] ?? conflict.rule.replaceAll("_", " "));
  return `${providerName(conflict.winner)} won: ${reason}`;
}
