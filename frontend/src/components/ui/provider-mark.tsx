import { cn } from "@/lib/cn";
import { providerName } from "@/lib/names";
import type { Source } from "@/lib/api-types";

const colours: Record<string, string> = {
  app: "bg-brand-soft text-brand-ink",
  hubspot: "bg-hubspot-soft text-hubspot",
  pipedrive: "bg-pipedrive-soft text-pipedrive",
};

/** The first letter of a CRM on its colour; always beside its name. */
export function ProviderMark({ provider, className }: { provider: Source; className?: string }) {
  return (
    <span
      aria-hidden
      className={cn(
        "grid size-5 shrink-0 place-items-center rounded-sm text-[0.6875rem] font-bold",
        colours[provider] ?? "bg-subtle text-ink-2",
        className,
      )}
    >
      {provider === "app" ? "A" : providerName(provider).charAt(0)}
    </span>
  );
}
