import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      className={cn(
        "h-8.5 w-full min-w-0 rounded-md border border-line-strong/80 bg-surface px-2.5 text-base text-ink shadow-panel transition-colors placeholder:text-ink-3 hover:border-line-strong focus-visible:border-brand focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-bad disabled:opacity-60 pointer-coarse:h-10",
        className,
      )}
      {...props}
    />
  );
}
