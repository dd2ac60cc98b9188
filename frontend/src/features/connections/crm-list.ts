import type { AvailableCrm, Connection, Connections } from "@/lib/api-types";
import { isConnected } from "./connection-state";

/** A CRM that can be connected, and its connection if it ever was. */
export interface Crm {
  crm: AvailableCrm;
  connection?: Connection;
}

/** Every CRM, the connected ones first, otherwise as the server orders them. */
export function crmList({ available, connections }: Connections): Crm[] {
  const all = available.map((crm) => ({ crm, connection: connections.find(({ provider }) => provider === crm.provider) }));
  return [...all.filter(isUp), ...all.filter((entry) => !isUp(entry))];
}

export function isUp({ connection }: Crm): boolean {
  return connection !== undefined && isConnected(connection);
}
