import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { ActivityPage } from "@/lib/api-types";
import { every } from "@/lib/polling";

export function useActivity() {
  return useSWR<ActivityPage, ApiError>("/api/activity", every(10_000));
}
