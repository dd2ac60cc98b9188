import { CircleAlert, CircleCheck, CircleDashed, CirclePause, ClipboardCheck, Hourglass, KeyRound, Unplug, type LucideIcon } from "lucide-react";
import type { Tone } from "@/components/ui/status-label";
import type { Connection, ConnectionState } from "@/lib/api-types";

export const connectionStates: Record<ConnectionState, { label: string; tone: Tone; icon: LucideIcon }> = {
  active: { label: "Connected", tone: "good", icon: CircleCheck },
  new: { label: "Not synced yet", tone: "quiet", icon: CircleDashed },
  waiting: { label: "Waiting for approval", tone: "warn", icon: ClipboardCheck },
  paused: { label: "Paused", tone: "warn", icon: CirclePause },
  throttled: { label: "Slowed down by the CRM", tone: "warn", icon: Hourglass },
  unauthorised: { label: "Credentials refused", tone: "bad", icon: KeyRound },
  error: { label: "Not reachable", tone: "bad", icon: CircleAlert },
  disconnected: { label: "Disconnected", tone: "quiet", icon: Unplug },
};

/** Whether it has a credential and, but for trouble, takes part in the sync. */
export function isConnected(connection: Connection): boolean {
  return connection.state !== "disconnected";
}
