"use client";

import { ErrorState, StaleNotice } from "@/components/ui/states";
import { ConflictList } from "@/features/conflicts/conflict-list";
import { isConnected } from "@/features/connections/connection-state";
import { ActivityList } from "@/features/activity/activity-list";
import { PlanPreview } from "@/features/plan/plan-preview";
import { usePlanPreview } from "@/features/plan/use-plan-preview";
import { WaitingPlan } from "@/features/plan/waiting-plan";
import { RunProgress } from "@/features/sync/run-progress";
import { useSyncStatus } from "@/features/sync/use-sync-status";
import { ConnectionCard, ConnectionCardSkeleton } from "./connection-card";
import { Headline, HeadlineSkeleton } from "./headline";
import { Figures, FiguresSkeleton } from "./figures";

export function OverviewPage() {
  const { data: status, error, mutate } = useSyncStatus();
  const preview = usePlanPreview();
  const retry = () => void mutate();
  if (!status && error) {
    return (
      <>
        <h1 className="sr-only">Overview</h1>
        <ErrorState title="The state of the sync could not be loaded" error={error} onRetry={retry} />
      </>
    );
  }
  return (
    <>
      {status && error && <StaleNotice error={error} onRetry={retry} />}
      {status ? <Headline status={status} previewing={preview.busy} onPreview={preview.show} /> : <HeadlineSkeleton />}
      <WaitingPlan run={status?.waiting} />
      <PlanPreview run={preview.run} onClose={preview.close} />
      <RunProgress run={status?.run} />
      {status ? <Figures status={status} /> : <FiguresSkeleton />}
      <section aria-labelledby="crms" className="mt-6">
        <h2 id="crms" className="sr-only">
          CRMs
        </h2>
        <div className="grid gap-4 lg:grid-cols-2">
          {status ? (
            status.connections.filter(isConnected).map((connection) => (
              <ConnectionCard key={connection.provider} connection={connection} contacts={status.contacts} />
            ))
          ) : (
            <>
              <ConnectionCardSkeleton />
              <ConnectionCardSkeleton />
            </>
          )}
        </div>
      </section>
      <div className="mt-6 grid items-start gap-4 lg:grid-cols-2">
        <ConflictList />
        <ActivityList />
      </div>
    </>
  );
}
