import Link from "next/link";
import { cn } from "@/lib/cn";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import type { SyncStatus } from "@/lib/api-types";
import { formatNumber } from "@/lib/format";

const strip = "grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line shadow-panel sm:grid-cols-4";

export function Figures({ status }: { status: SyncStatus }) {
  return (
    <dl className={strip}>
      <Figure label="Contacts" value={status.contacts} href="/contacts" />
      <Figure label="Waiting" value={status.pending} href="/contacts?status=syncing" />
      <Figure label="Failing" value={status.errors} href="/contacts?status=error" alarming />
      <Figure label="Conflicts decided" value={status.conflicts} href="#conflicts" />
    </dl>
  );
}

function Figure({ label, value, href, alarming }: { label: string; value: number; href: string; alarming?: boolean }) {
  return (
    <div className="relative bg-surface px-4 py-3 transition-colors hover:bg-subtle">
      <dt className="text-sm text-ink-2">
        <Link href={href} className="outline-offset-[-2px] after:absolute after:inset-0">
          {label}
        </Link>
      </dt>
      <dd className={cn("mt-0.5 text-xl font-semibold tabular-nums", alarming && value > 0 && "text-bad-ink", value === 0 && "text-ink-3")}>
        {formatNumber(value)}
      </dd>
    </div>
  );
}

export function FiguresSkeleton() {
  return (
    <Loading label="Loading figures" className={strip}>
      {["Contacts", "Waiting", "Failing", "Conflicts decided"].map((label) => (
        <div key={label} className="bg-surface px-4 py-3">
          <p className="text-sm text-ink-2">{label}</p>
          <Skeleton className="mt-2 mb-1.5 h-4.5 w-12" />
        </div>
      ))}
    </Loading>
  );
}
