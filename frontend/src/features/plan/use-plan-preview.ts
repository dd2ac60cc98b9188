import { useState } from "react";
import { toast } from "sonner";
import { driveRun } from "@/features/sync/drive-run";
import { syncPath } from "@/features/sync/use-sync-status";
import { api, asApiError } from "@/lib/api";
import type { Run } from "@/lib/api-types";

/** Asks what a full sync would do, without doing it. */
export function usePlanPreview() {
  const [run, setRun] = useState<Run>();
  const [busy, setBusy] = useState(false);

  async function show() {
    setBusy(true);
    try {
      const post = () => api<Run>(syncPath, { method: "POST", body: { dryRun: true } });
      const look = (id: string) => api<Run>(`${syncPath}/${encodeURIComponent(id)}`);
      const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
      const made = await driveRun({ post, look, wait });
      if (made.state === "done") setRun(made);
      else toast.error("The preview is not complete", { description: made.error ?? "A CRM asked us to wait. Try again later." });
    } catch (error) {
      toast.error("The preview could not be made", { description: asApiError(error).message });
    } finally {
      setBusy(false);
    }
  }

  return { run, busy, show: () => void show(), close: () => setRun(undefined) };
}
