import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { ConflictPage } from "@/lib/api-types";
import { every } from "@/lib/polling";

export function useConflicts() {
  return useSWR<ConflictPage, ApiError>("/api/conflicts", every(15_000));
}
