import { StatusLabel } from "@/components/ui/status-label";
import type { Contact, Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { linkLooks, linkOf, linkStatus } from "./link-state";

/** How a contact stands with one CRM. The quiet states are plain text, the loud ones have a background, and their reason on hover. */
export function LinkBadge({ contact, provider, named = false }: { contact: Contact; provider: Provider; named?: boolean }) {
  const status = linkStatus(contact, provider);
  const { label, tone, icon } = linkLooks[status];
  const error = linkOf(contact, provider)?.error;
  const loud = status === "error" || status === "conflict";
  return (
    <StatusLabel tone={tone} icon={icon} filled={loud} title={error} className={loud ? "-ml-1.5" : undefined}>
      {named ? `${providerName(provider)}: ${label.toLowerCase()}` : label}
    </StatusLabel>
  );
}
