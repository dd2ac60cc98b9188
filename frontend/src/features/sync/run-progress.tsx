"use client";

import { Panel } from "@/components/ui/panel";
import { Progress } from "@/components/ui/progress";
import { RelativeTime } from "@/components/ui/relative-time";
import type { Run } from "@/lib/api-types";
import { formatNumber } from "@/lib/format";
import { useSyncRunner } from "./sync-runner";
import { countWords, phaseWords } from "./run-words";

/** A run that is under way, or one that stopped half-way and will go on. */
export function RunProgress({ run }: { run: Run | undefined }) {
  const { driving } = useSyncRunner();
  if (!run || run.dryRun) return null;
  const running = driving || run.state === "running";
  if (!running && run.state !== "partial") return null;
  const { done, total, phase } = run.progress;
  const changes = countWords(run.counts);
  return (
    <Panel aria-label="Sync progress" className="mb-6 px-4 py-3.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <p className="font-medium" aria-live="polite">
          {running ? phaseWords(phase) : "Waiting to go on"}
        </p>
        <p className="text-sm text-ink-2 tabular-nums">
          {total ? `${formatNumber(done)} of ${formatNumber(total)}` : formatNumber(done)}
        </p>
      </div>
      <Progress label="Sync progress" value={done} max={total} className="mt-2.5" />
      <p className="mt-2.5 text-sm text-ink-2">
        {changes || "Nothing changed so far"}
        <span aria-hidden> · </span>
        started <RelativeTime at={run.startedAt} />
        {running ? ". You can leave this page; the sync goes on." : ". It goes on by itself with the next scheduled run."}
      </p>
    </Panel>
  );
}
