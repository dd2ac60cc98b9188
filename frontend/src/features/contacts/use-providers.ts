import { isConnected } from "@/features/connections/connection-state";
import { useSyncStatus } from "@/features/sync/use-sync-status";
import type { Contact, Provider } from "@/lib/api-types";
import { providers } from "@/lib/names";

/** The CRMs to show: the connected ones, and any that a listed contact is linked to. */
export function useProviders(contacts: Contact[]): Provider[] {
  const { data } = useSyncStatus();
  const linked = contacts.flatMap((contact) => contact.links.map((link) => link.provider));
  const all = new Set([...(data?.connections.filter(isConnected).map((connection) => connection.provider) ?? []), ...linked]);
  return providers.filter((provider) => all.has(provider));
}
