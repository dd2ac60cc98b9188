import { CircleAlert, CircleCheck, CircleDashed, CloudOff, Clock3, GitCompareArrows, type LucideIcon } from "lucide-react";
import type { Tone } from "@/components/ui/status-label";
import type { Contact, ContactStatus, LinkStatus, Provider } from "@/lib/api-types";

interface Look {
  label: string;
  tone: Tone;
  icon: LucideIcon;
}

export const linkLooks: Record<LinkStatus, Look> = {
  synced: { label: "Synced", tone: "good", icon: CircleCheck },
  pending: { label: "Waiting", tone: "busy", icon: Clock3 },
  error: { label: "Failing", tone: "bad", icon: CircleAlert },
  conflict: { label: "Conflict", tone: "warn", icon: GitCompareArrows },
  unlinked: { label: "Not linked", tone: "quiet", icon: CircleDashed },
};

export const statusLooks: Record<ContactStatus, Look> = {
  synced: { label: "Synced", tone: "good", icon: CircleCheck },
  syncing: { label: "Waiting", tone: "busy", icon: Clock3 },
  error: { label: "Failing", tone: "bad", icon: CircleAlert },
  conflict: { label: "Conflict", tone: "warn", icon: GitCompareArrows },
  local_only: { label: "Only here", tone: "quiet", icon: CloudOff },
};

export function linkOf(contact: Contact, provider: Provider) {
  return contact.links.find((link) => link.provider === provider);
}

/** A contact without a link to a connected CRM is not there yet. */
export function linkStatus(contact: Contact, provider: Provider): LinkStatus {
  return linkOf(contact, provider)?.syncStatus ?? "unlinked";
}
