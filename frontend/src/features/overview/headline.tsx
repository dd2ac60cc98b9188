import Link from "next/link";
import { cn } from "@/lib/cn";
import { RelativeTime } from "@/components/ui/relative-time";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import type { Tone } from "@/components/ui/status-label";
import { isConnected } from "@/features/connections/connection-state";
import { Button } from "@/components/ui/button";
import { SyncButton } from "@/features/sync/sync-button";
import type { SyncStatus } from "@/lib/api-types";
import { health, toneIcons } from "./health";

const badge: Record<Tone, string> = {
  good: "bg-good-soft text-good-ink",
  busy: "bg-busy-soft text-busy-ink",
  warn: "bg-warn-soft text-warn-ink",
  bad: "bg-bad-soft text-bad-ink",
  quiet: "bg-hover text-ink-2",
};

/** The page's heading is the answer: one sentence that says whether all is fine. */
interface Props {
  status: SyncStatus;
  previewing: boolean;
  onPreview(): void;
}

export function Headline({ status, previewing, onPreview }: Props) {
  const { tone, title, detail, link } = health(status);
  const Icon = toneIcons[tone];
  return (
    <header className="mb-6 flex flex-wrap items-start gap-x-6 gap-y-4">
      <div className="flex min-w-0 flex-1 basis-80 items-start gap-3 sm:gap-4">
        <span className={cn("mt-0.5 grid size-9 shrink-0 place-items-center rounded-lg sm:size-11 sm:rounded-xl", badge[tone])}>
          <Icon aria-hidden className={cn("size-5 sm:size-5.5", tone === "busy" && status.run?.state === "running" && "animate-spin")} strokeWidth={2} />
        </span>
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold text-balance">{title}</h1>
          <p className="mt-1 max-w-2xl text-lg text-pretty text-ink-2">
            {detail}
            {link && (
              <>
                {" "}
                <Link href={link.href} className="rounded-sm font-medium text-ink underline decoration-line-strong underline-offset-4 hover:decoration-current">
                  {link.label}
                </Link>
                .
              </>
            )}
            {status.lastSuccessAt && (
              <span className="text-ink-3">
                {" "}
                Last success <RelativeTime at={status.lastSuccessAt} />.
              </span>
            )}
          </p>
        </div>
      </div>
      {status.connections.some(isConnected) && (
        <div className="flex gap-2">
          <Button variant="outline" busy={previewing} onClick={onPreview}>
            Preview
          </Button>
          <SyncButton />
        </div>
      )}
    </header>
  );
}

export function HeadlineSkeleton() {
  return (
    <Loading label="Loading the state of the sync" className="mb-6 flex items-start gap-4">
      <Skeleton className="size-9 rounded-lg sm:size-11 sm:rounded-xl" />
      <div className="flex-1">
        <Skeleton className="mt-1 h-6 w-64" />
        <Skeleton className="mt-3.5 h-4 w-96 max-w-full" />
      </div>
    </Loading>
  );
}
