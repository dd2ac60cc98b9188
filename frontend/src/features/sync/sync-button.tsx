"use client";

import { RefreshCw } from "lucide-react";
import { Button } from "@/components/ui/button";
import { useSyncRunner } from "./sync-runner";
import { useSyncStatus } from "./use-sync-status";

export function SyncButton({ variant = "primary" }: { variant?: "primary" | "outline" }) {
  const { driving, start } = useSyncRunner();
  const { data: status } = useSyncStatus();
  const running = driving || status?.run?.state === "running";
  return (
    <Button variant={variant} busy={running} onClick={start}>
      {!running && <RefreshCw aria-hidden />}
      {running ? "Syncing" : status?.run?.state === "partial" ? "Continue sync" : "Sync now"}
    </Button>
  );
}
