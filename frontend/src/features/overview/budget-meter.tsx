import { cn } from "@/lib/cn";
import type { Budget } from "@/lib/api-types";
import { formatDuration, formatNumber } from "@/lib/format";

/** How many of the calls that the CRM allows in its window are used. */
export function BudgetMeter({ budget }: { budget: Budget }) {
  const { used, limit, windowSeconds } = budget;
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  return (
    <span
      className="inline-flex items-center gap-2"
      title={`${formatNumber(used)} of the ${formatNumber(limit)} calls the CRM allows in ${formatDuration(windowSeconds)}`}
    >
      <span aria-hidden className="h-1.5 w-16 overflow-hidden rounded-full bg-hover">
        <span
          className={cn("block h-full rounded-full", share > 0.95 ? "bg-bad" : share > 0.8 ? "bg-warn" : "bg-good")}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      <span className="tabular-nums">
        {formatNumber(used)} of {formatNumber(limit)} calls / {formatDuration(windowSeconds)}
      </span>
    </span>
  );
}
