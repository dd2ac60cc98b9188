import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { ActivityPage } from "@/lib/api-types";
import { every } from "@/lib/polling";

const refresh = every<ActivityPage>(10_000);

export function useActivity() {
  return useSWR<ActivityPage, ApiError>("/api/activity", refresh);
}
