import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import { fieldName } from "@/lib/names";
import type { FieldSettings, Settings } from "@/lib/api-types";

export const settingsPath = "/api/settings";

export function useSettings() {
  return useSWR<Settings, ApiError>(settingsPath);
}

/** What people call a field, the customer's own fields included. */
export function useFieldName(): (field: string) => string {
  const { data } = useSettings();
  return (field) => data?.fields.find((known) => known.field === field)?.label ?? fieldName(field);
}

/** The fields that the customer defined; none until the settings are here. */
export function useCustomFields(): FieldSettings[] {
  const { data } = useSettings();
  return data?.fields.filter((field) => field.custom) ?? [];
}
