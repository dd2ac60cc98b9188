import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { SyncStatus } from "@/lib/api-types";
import { every } from "@/lib/polling";

export const syncPath = "/api/sync";

const refresh = every<SyncStatus>((status) => (status?.run?.state === "running" ? 1_000 : 10_000));

/** The state of the sync and of its running or latest run; asked for each second while a run is under way. */
export function useSyncStatus() {
  return useSWR<SyncStatus, ApiError>(syncPath, refresh);
}
