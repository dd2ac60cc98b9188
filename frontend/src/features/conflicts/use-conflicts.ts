import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { ConflictPage } from "@/lib/api-types";
import { every } from "@/lib/polling";

const refresh = every<ConflictPage>(15_000);

export function useConflicts() {
  return useSWR<ConflictPage, ApiError>("/api/conflicts", refresh);
}
