"use client";

import { Check } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel, PanelHeader } from "@/components/ui/panel";
import { RelativeTime } from "@/components/ui/relative-time";
import { useSyncRunner } from "@/features/sync/sync-runner";
import { syncPath } from "@/features/sync/use-sync-status";
import { api, asApiError } from "@/lib/api";
import type { Run } from "@/lib/api-types";
import { useRevalidate } from "@/lib/polling";
import { PlanView } from "./plan-view";

/** The plan of a first sync, which goes on when a person has approved of it. */
export function WaitingPlan({ run }: { run: Run | undefined }) {
  const [doing, setDoing] = useState<"approve" | "cancel">();
  const revalidate = useRevalidate();
  const { start } = useSyncRunner();
  if (!run?.plan) return null;

  async function decide(what: "approve" | "cancel") {
    setDoing(what);
    try {
      const after = await api<Run>(`${syncPath}/${encodeURIComponent(run!.id)}/${what}`, { method: "POST" });
      if (after.state === "waiting") toast.warning("The plan has changed", { description: "Look at it again before you approve." });
      else if (what === "cancel") toast.success("The plan is dropped", { description: "Its connections are paused." });
      else toast.success("The first sync is approved");
      if (after.state === "partial") start();
    } catch (error) {
      toast.error(what === "approve" ? "The plan could not be approved" : "The plan could not be dropped", { description: asApiError(error).message });
    } finally {
      await revalidate(syncPath, "/api/connections", "/api/contacts", "/api/activity");
      setDoing(undefined);
    }
  }

  return (
    <Panel aria-labelledby="waiting-plan" className="mb-6">
      <PanelHeader id="waiting-plan" title="The first sync waits for your approval" />
      <div className="space-y-3 px-4 py-3.5">
        {run.plan.changed && (
          <Notice tone="warn" title="This is more than what was approved">
            The contacts changed since then, so the plan was made again.
          </Notice>
        )}
        <p className="text-ink-2">
          Nothing is written before you approve. The plan was made <RelativeTime at={run.startedAt} />; if contacts change, it is made again.
        </p>
        <PlanView plan={run.plan} />
        <div className="flex flex-wrap gap-2 pt-1">
          <Button variant="primary" busy={doing === "approve"} disabled={doing !== undefined} onClick={() => void decide("approve")}>
            {doing !== "approve" && <Check aria-hidden />}
            Approve and sync
          </Button>
          <Button busy={doing === "cancel"} disabled={doing !== undefined} onClick={() => void decide("cancel")}>
            Drop the plan
          </Button>
        </div>
      </div>
    </Panel>
  );
}
