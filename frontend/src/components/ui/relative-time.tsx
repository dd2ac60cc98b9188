"use client";

import { cn } from "@/lib/cn";
import { exactTime, relativeTime } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** A time as "5 min ago", with the exact one on hover. `never` stands for a time that is not there. */
export function RelativeTime({ at, never = "never", className }: { at: string | null | undefined; never?: string; className?: string }) {
  const now = useNow();
  if (!at) return <span className={className}>{never}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={exactTime(date)} className={cn("whitespace-nowrap", className)} suppressHydrationWarning>
      {relativeTime(date, now)}
    </time>
  );
}
