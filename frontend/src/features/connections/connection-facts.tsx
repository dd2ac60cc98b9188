import Link from "next/link";
import { RelativeTime } from "@/components/ui/relative-time";
import { cn } from "@/lib/cn";
import type { Connection } from "@/lib/api-types";
import { formatNumber } from "@/lib/format";

const sources = { environment: "Set in the deployment", entered: "Entered here", oauth: "Agreed in the CRM", membrane: "Held by Membrane" };

export function ConnectionFacts({ connection }: { connection: Connection }) {
  const { provider, accountId, credential, linked, pending, errors, lastSuccessAt } = connection;
  return (
    <dl className="grid grid-cols-3 gap-x-4 gap-y-3.5 px-4 py-4">
      <Fact label="Linked" number>
        <Quantity value={linked} />
      </Fact>
      <Fact label="Waiting" number>
        <Quantity value={pending} href={`/contacts?status=syncing&provider=${provider}`} />
      </Fact>
      <Fact label="Failing" number>
        <Quantity value={errors} href={`/contacts?status=error&provider=${provider}`} alarming />
      </Fact>
      <Fact label="Account">{accountId ?? <span className="text-ink-3">Not known yet</span>}</Fact>
      <Fact label="Credentials">{credential ? sources[credential] : <span className="text-bad-ink">None</span>}</Fact>
      <Fact label="Last success">
        <RelativeTime at={lastSuccessAt} never="Never" />
      </Fact>
    </dl>
  );
}

function Fact({ label, number, children }: { label: string; number?: boolean; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-ink-2">{label}</dt>
      <dd className={cn("mt-0.5", number ? "text-lg font-semibold tabular-nums" : "break-words")}>{children}</dd>
    </div>
  );
}

function Quantity({ value, href, alarming }: { value: number; href?: string; alarming?: boolean }) {
  if (value === 0) return <span className="text-ink-3">0</span>;
  if (!href) return formatNumber(value);
  return (
    <Link href={href} className={cn("rounded-sm underline decoration-line-strong underline-offset-4 hover:decoration-current", alarming && "text-bad-ink")}>
      {formatNumber(value)}
    </Link>
  );
}
