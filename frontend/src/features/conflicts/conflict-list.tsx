"use client";

import { GitCompareArrows } from "lucide-react";
import { Panel, PanelHeader } from "@/components/ui/panel";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { formatNumber } from "@/lib/format";
import { ConflictItem } from "./conflict-item";
import { useConflicts } from "./use-conflicts";

const shown = 5;

/** The latest conflicts, each with what every side said and who won. */
export function ConflictList() {
  const { data, error, mutate } = useConflicts();
  return (
    <Panel aria-labelledby="conflicts">
      <PanelHeader id="conflicts" title="Latest conflicts">
        {data && data.total > 0 && <span className="text-sm text-ink-3 tabular-nums">{formatNumber(data.total)} in all</span>}
      </PanelHeader>
      {!data && error && <ErrorState compact title="Conflicts could not be loaded" error={error} onRetry={() => void mutate()} />}
      {!data && !error && <ConflictSkeleton />}
      {data?.conflicts.length === 0 && (
        <EmptyState compact icon={GitCompareArrows} title="No conflicts">
          When one field is changed on two sides between syncs, both values and the decision are kept here.
        </EmptyState>
      )}
      {data && data.conflicts.length > 0 && (
        <ul className="divide-y">
          {data.conflicts.slice(0, shown).map((conflict) => (
            <ConflictItem key={conflict.id} conflict={conflict} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ConflictSkeleton() {
  return (
    <Loading label="Loading conflicts" className="divide-y">
      {[0, 1].map((row) => (
        <div key={row} className="px-4 py-3.5">
          <Skeleton className="w-40" />
          <Skeleton className="mt-3 w-full" />
          <Skeleton className="mt-2 w-4/5" />
        </div>
      ))}
    </Loading>
  );
}
