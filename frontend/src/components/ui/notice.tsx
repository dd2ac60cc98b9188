import { cva } from "class-variance-authority";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { cn } from "@/lib/cn";

const notice = cva("flex gap-2.5 rounded-lg px-3.5 py-3 outline-none", {
  variants: { tone: { info: "bg-brand-soft text-ink", warn: "bg-warn-soft text-warn-ink", bad: "bg-bad-soft text-bad-ink" } },
});

const icons = { info: Info, warn: TriangleAlert, bad: CircleAlert };

interface Props {
  tone: "info" | "warn" | "bad";
  title?: string;
  className?: string;
  children?: React.ReactNode;
}

/** Something to read before going on. Bad news is read out at once. */
export function Notice({ tone, title, className, children }: Props) {
  const Icon = icons[tone];
  return (
    <div role={tone === "info" ? undefined : "alert"} tabIndex={-1} className={cn(notice({ tone }), className)}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        {title && <p className="font-medium">{title}</p>}
        {children}
      </div>
    </div>
  );
}
