import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel, PanelHeader } from "@/components/ui/panel";
import type { Run } from "@/lib/api-types";
import { PlanView } from "./plan-view";

/** What a full sync would do now. */
export function PlanPreview({ run, onClose }: { run: Run | undefined; onClose(): void }) {
  if (!run?.plan) return null;
  return (
    <Panel aria-labelledby="plan-preview" className="mb-6">
      <PanelHeader id="plan-preview" title="What a full sync would do now" />
      <div className="space-y-3 px-4 py-3.5">
        {run.error && (
          <Notice tone="warn" title="Not every CRM could be asked">
            {run.error}
          </Notice>
        )}
        <PlanView plan={run.plan} />
        <Button size="sm" onClick={onClose}>
          Close
        </Button>
      </div>
    </Panel>
  );
}
