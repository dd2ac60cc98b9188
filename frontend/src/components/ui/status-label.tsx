import { cva } from "class-variance-authority";
import type { LucideIcon } from "lucide-react";
import { cn } from "@/lib/cn";

export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

const label = cva("inline-flex max-w-full align-middle items-center gap-1.5 rounded-sm text-sm font-medium whitespace-nowrap", {
  variants: {
    tone: { good: "text-ink-2 [&_svg]:text-good", busy: "text-busy-ink", warn: "text-warn-ink", bad: "text-bad-ink", quiet: "text-ink-3" },
    filled: { true: "px-1.5 py-0.5", false: "" },
  },
  compoundVariants: [
    { filled: true, tone: "good", class: "bg-good-soft text-good-ink [&_svg]:text-current" },
    { filled: true, tone: "busy", class: "bg-busy-soft" },
    { filled: true, tone: "warn", class: "bg-warn-soft" },
    { filled: true, tone: "bad", class: "bg-bad-soft" },
    { filled: true, tone: "quiet", class: "bg-subtle" },
  ],
});

interface Props {
  tone: Tone;
  icon: LucideIcon;
  filled?: boolean;
  title?: string;
  className?: string;
  children: React.ReactNode;
}

/** A state in words, with an icon and a colour beside them; never the colour alone. */
export function StatusLabel({ tone, icon: Icon, filled = false, title, className, children }: Props) {
  return (
    <span title={title} className={cn(label({ tone, filled }), className)}>
      <Icon aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
      <span className="truncate">{children}</span>
    </span>
  );
}
