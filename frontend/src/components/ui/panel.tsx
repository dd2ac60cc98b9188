import { cn } from "@/lib/cn";

/** A bordered surface. */
export function Panel({ className, children, ...props }: React.ComponentProps<"section">) {
  return (
    <section className={cn("rounded-lg border bg-surface shadow-panel", className)} {...props}>
      {children}
    </section>
  );
}

export function PanelHeader({ id, title, children }: { id?: string; title: string; children?: React.ReactNode }) {
  return (
    <header className="flex min-h-11 items-center justify-between gap-3 border-b px-4">
      <h2 id={id} className="text-base font-semibold">
        {title}
      </h2>
      {children}
    </header>
  );
}
