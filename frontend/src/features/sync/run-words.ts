import type { Run, RunCounts } from "@/lib/api-types";
import { count, listWords } from "@/lib/format";

/** "12 created, 3 updated and 1 conflict", or "" when the run changed nothing. */
export function countWords(counts: RunCounts): string {
  const parts = [
    counts.created > 0 && `${count(counts.created, "record")} created`,
    counts.updated > 0 && `${count(counts.updated, "record")} updated`,
    counts.deleted > 0 && `${count(counts.deleted, "record")} deleted`,
    counts.linked > 0 && `${count(counts.linked, "record")} linked`,
    counts.conflicts > 0 && `${count(counts.conflicts, "conflict")} decided`,
    counts.errors > 0 && `${count(counts.errors, "error")}`,
  ].filter((part): part is string => Boolean(part));
  return listWords(parts);
}

/** One line that tells how a run ended. */
export function runResult(run: Run): { title: string; detail?: string } {
  const changes = countWords(run.counts);
  switch (run.state) {
    case "failed":
      return { title: "The sync failed", detail: run.error ?? "The activity log tells more." };
    case "partial":
      return { title: "The sync is waiting", detail: "It goes on by itself with the next scheduled run." };
    case "waiting":
      return { title: "The first sync waits for approval", detail: "Nothing is written before you have looked at its plan." };
    case "cancelled":
      return { title: "The first sync was not approved", detail: "Its connections are paused." };
    case "running":
      return { title: "Syncing", detail: changes || undefined };
    case "done":
      return run.counts.errors > 0
        ? { title: "Synced, with errors", detail: changes }
        : { title: changes ? "Sync finished" : "Everything was already in sync", detail: changes || undefined };
  }
}

const phases: Record<string, string> = {
  list: "Reading the CRMs",
  join: "Matching records with contacts",
  reconcile: "Comparing and sending changes",
  missing: "Looking for deleted records",
  work: "Sending changes",
  done: "Finishing",
};

/** What a run is doing; a phase not known here is shown as the server names it. */
export function phaseWords(phase: string): string {
  if (phases[phase]) return phases[phase];
  const text = phase.replaceAll(/[_-]+/g, " ").trim();
  return text ? text.charAt(0).toUpperCase() + text.slice(1) : "Working";
}
