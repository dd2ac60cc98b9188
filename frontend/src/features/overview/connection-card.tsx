import { ArrowUpRight } from "lucide-react";
import Link from "next/link";
import { cn } from "@/lib/cn";
import { Panel } from "@/components/ui/panel";
import { ProviderMark } from "@/components/ui/provider-mark";
import { RelativeTime } from "@/components/ui/relative-time";
import { Loading, Skeleton } from "@/components/ui/skeleton";
import { StatusLabel } from "@/components/ui/status-label";
import type { Connection } from "@/lib/api-types";
import { formatDuration, formatNumber } from "@/lib/format";
import { providerName } from "@/lib/names";
import { BudgetMeter } from "./budget-meter";
import { connectionStates } from "@/features/connections/connection-state";

export function ConnectionCard({ connection, contacts }: { connection: Connection; contacts: number }) {
  const { provider, state, message, lagSeconds, pending, errors, linked, budget, url } = connection;
  const name = providerName(provider);
  const look = connectionStates[state];
  return (
    <Panel aria-label={name} className="flex flex-col">
      <header className="flex flex-wrap items-center gap-x-2.5 gap-y-1 px-4 pt-3.5">
        <ProviderMark provider={provider} className="size-6 text-xs" />
        <h3 className="text-lg font-semibold">{name}</h3>
        <StatusLabel tone={look.tone} icon={look.icon} filled className="ml-1">
          {look.label}
        </StatusLabel>
        {url && (
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="ml-auto inline-flex items-center gap-0.5 rounded-sm text-sm text-ink-2 hover:text-ink"
          >
            Open<span className="sr-only"> {name} in a new tab</span>
            <ArrowUpRight aria-hidden className="size-3.5" />
          </a>
        )}
      </header>
      {message && state !== "active" && <p className="px-4 pt-1.5 text-sm text-ink-2">{message}</p>}
      <dl className="grid grid-cols-4 gap-x-3 px-4 pt-4 pb-4">
        <Cell label="Linked" title={`${formatNumber(linked)} of ${formatNumber(contacts)} contacts`}>
          {formatNumber(linked)}
        </Cell>
        <Cell label="Lag" title="Whatever was changed there longer ago than this has been noticed">
          {lagSeconds === null ? "–" : formatDuration(lagSeconds)}
        </Cell>
        <Cell label="Waiting">
          <Quantity value={pending} href={`/contacts?status=syncing&provider=${provider}`} />
        </Cell>
        <Cell label="Failing">
          <Quantity value={errors} href={`/contacts?status=error&provider=${provider}`} alarming />
        </Cell>
      </dl>
      <footer className="mt-auto flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5 border-t px-4 py-2.5 text-sm text-ink-2">
        <span>
          Last success <RelativeTime at={connection.lastSuccessAt} />
        </span>
        {budget && <BudgetMeter budget={budget} />}
      </footer>
    </Panel>
  );
}

function Cell({ label, title, children }: { label: string; title?: string; children: React.ReactNode }) {
  return (
    <div title={title}>
      <dt className="text-sm text-ink-2">{label}</dt>
      <dd className="mt-0.5 text-lg font-semibold tabular-nums">{children}</dd>
    </div>
  );
}

function Quantity({ value, href, alarming }: { value: number; href: string; alarming?: boolean }) {
  if (value === 0) return <span className="text-ink-3">0</span>;
  return (
    <Link href={href} className={cn("rounded-sm underline decoration-line-strong underline-offset-4 hover:decoration-current", alarming && "text-bad-ink")}>
      {formatNumber(value)}
    </Link>
  );
}

export function ConnectionCardSkeleton() {
  return (
    <Panel>
      <Loading label="Loading a CRM" className="px-4 py-4">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="mt-6 h-9 w-full" />
        <Skeleton className="mt-7 mb-0.5 w-32" />
      </Loading>
    </Panel>
  );
}
