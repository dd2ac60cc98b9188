"use client";

import { StatusLabel } from "@/components/ui/status-label";
import { health, toneIcons } from "@/features/overview/health";
import { useSyncStatus } from "@/features/sync/use-sync-status";

/** The state of everything in two words, in sight on every page. */
export function SyncState() {
  const { data, error } = useSyncStatus();
  if (!data) return <span className="text-sm text-ink-3">{error ? "No answer" : ""}</span>;
  const { tone, short } = health(data);
  return (
    <StatusLabel tone={tone} icon={toneIcons[tone]}>
      {short}
    </StatusLabel>
  );
}
