import { useSyncStatus } from "@/features/sync/use-sync-status";
import type { Contact, Provider } from "@/lib/api-types";

const order = ["hubspot", "pipedrive"];

/** The CRMs to show: the connected ones, and any that a listed contact is linked to. */
export function useProviders(contacts: Contact[]): Provider[] {
  const { data } = useSyncStatus();
  const linked = contacts.flatMap((contact) => contact.links.map((link) => link.provider));
  const all = new Set([...(data?.connections.map((connection) => connection.provider) ?? []), ...linked]);
  return [...all].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

function rank(provider: Provider): number {
  const index = order.indexOf(provider);
  return index < 0 ? order.length : index;
}
