import { cn } from "@/lib/cn";

interface Props {
  label: string;
  /** Done so far. Without `max` the bar shows that something moves, not how far. */
  value: number;
  max?: number;
  className?: string;
}

export function Progress({ label, value, max, className }: Props) {
  const known = max !== undefined && max > 0;
  const percent = known ? Math.min(100, Math.round((value / max) * 100)) : undefined;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={cn("h-1.5 overflow-hidden rounded-full bg-hover", className)}
    >
      <div
        className={cn("h-full rounded-full bg-brand transition-[width] duration-500 ease-out", !known && "w-1/3 animate-pulse")}
        style={known ? { width: `${Math.max(percent ?? 0, 2)}%` } : undefined}
      />
    </div>
  );
}
