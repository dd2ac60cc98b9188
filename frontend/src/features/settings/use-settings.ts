import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { FieldSettings, Settings } from "@/lib/api-types";

export const settingsPath = "/api/settings";

export function useSettings() {
  return useSWR<Settings, ApiError>(settingsPath);
}

/** The fields that the customer defined; none until the settings are here. */
export function useCustomFields(): FieldSettings[] {
  const { data } = useSettings();
  return data?.fields.filter((field) => field.custom) ?? [];
}
