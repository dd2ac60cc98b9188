"use client";

import { History } from "lucide-react";
import { Panel, PanelHeader } from "@/components/ui/panel";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { ActivityItem } from "./activity-item";
import { useActivity } from "./use-activity";

const shown = 10;

export function ActivityList() {
  const { data, error, mutate } = useActivity();
  return (
    <Panel aria-labelledby="activity">
      <PanelHeader id="activity" title="Recent activity" />
      {!data && error && <ErrorState compact title="Activity could not be loaded" error={error} onRetry={() => void mutate()} />}
      {!data && !error && <ActivitySkeleton />}
      {data?.entries.length === 0 && (
        <EmptyState compact icon={History} title="Nothing happened yet">
          Every change that travels between your app and the CRMs is listed here.
        </EmptyState>
      )}
      {data && data.entries.length > 0 && (
        <ol className="divide-y">
          {data.entries.slice(0, shown).map((entry) => (
            <ActivityItem key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function ActivitySkeleton() {
  return (
    <Loading label="Loading activity" className="divide-y">
      {[0, 1, 2, 3, 4].map((row) => (
        <div key={row} className="flex items-center gap-3 px-4 py-3">
          <Skeleton className="size-4 rounded-full" />
          <Skeleton className="flex-1" />
          <Skeleton className="w-14" />
        </div>
      ))}
    </Loading>
  );
}
