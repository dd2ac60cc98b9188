import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { SyncStatus } from "@/lib/api-types";
import { hiddenAware } from "@/lib/polling";

export const syncPath = "/api/sync";

/** The state of the sync and of its running or latest run; asked for each second while a run is under way. */
export function useSyncStatus() {
  return useSWR<SyncStatus, ApiError>(syncPath, {
    refreshInterval: (status) => hiddenAware(status?.run?.state === "running" ? 1_000 : 10_000),
  });
}
