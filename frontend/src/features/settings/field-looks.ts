import { ArrowLeft, ArrowLeftRight, ArrowRight, Ban, CircleAlert, CircleCheck, CircleDashed, Unplug, type LucideIcon } from "lucide-react";
import type { Tone } from "@/components/ui/status-label";
import type { ContactField, Direction, FieldState, Provider, RemoteField } from "@/lib/api-types";

/** Which way a field goes, seen from the app. */
export const directionLooks: Record<Direction, { icon: LucideIcon; words(crm: string): string }> = {
  both: { icon: ArrowLeftRight, words: () => "Both ways" },
  to_crm: { icon: ArrowRight, words: (crm) => `Only to ${crm}` },
  from_crm: { icon: ArrowLeft, words: (crm) => `Only from ${crm}` },
  none: { icon: Ban, words: () => "Left alone" },
};

export const directions = Object.keys(directionLooks) as Direction[];

/** Whether a CRM has the field. */
const stateLooks: Record<FieldState, { label: string; tone: Tone; icon: LucideIcon }> = {
  present: { label: "Found", tone: "good", icon: CircleCheck },
  missing: { label: "Not there", tone: "warn", icon: CircleAlert },
  ambiguous: { label: "Can't be used", tone: "bad", icon: CircleAlert },
  forbidden: { label: "Not allowed", tone: "bad", icon: CircleAlert },
  unreachable: { label: "No answer", tone: "warn", icon: CircleDashed },
  not_connected: { label: "Not connected", tone: "quiet", icon: Unplug },
};

/** Fields that every record has under one name, so that there is nothing to choose. */
const fixed: Record<Provider, readonly ContactField[]> = {
  hubspot: ["email"],
  pipedrive: ["email", "firstName", "lastName", "phone"],
};

/** How a field stands in a CRM. Without a word of the CRM it was not looked for yet. */
export function remoteLook({ state, message }: RemoteField) {
  return state === "missing" && !message ? notLooked : stateLooks[state];
}

const notLooked = { label: "Not looked for yet", tone: "quiet", icon: CircleDashed } as const;

export function hasFixedName(provider: Provider, field: string): boolean {
  return fixed[provider].some((candidate) => candidate === field);
}
