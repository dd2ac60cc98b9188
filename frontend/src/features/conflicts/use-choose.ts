import { useState } from "react";
import { toast } from "sonner";
import { api, asApiError } from "@/lib/api";
import type { Conflict } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { useRevalidate } from "@/lib/polling";

type Value = Conflict["values"][number];

/** Lets one of a conflict's values stand. It travels to the other sides like an edit made in the app. */
export function useChoose(conflict: Conflict) {
  const [choosing, setChoosing] = useState<Value>();
  const revalidate = useRevalidate();

  async function choose(value: Value) {
    if (choosing) return;
    setChoosing(value);
    const path = `/api/conflicts/${encodeURIComponent(conflict.id)}`;
    try {
      await api<Conflict>(path, { method: "POST", body: { choose: value.source, value: value.value } });
      toast.success(`${providerName(value.source)}’s value stands now`);
    } catch (error) {
      toast.error("The value could not be chosen", { description: asApiError(error).message });
    } finally {
      await revalidate("/api/conflicts", "/api/contacts", "/api/sync", "/api/activity");
      setChoosing(undefined);
    }
  }

  return { choosing, choose };
}
