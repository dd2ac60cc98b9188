"use client";

import { LoaderCircle } from "lucide-react";
import { ProviderMark } from "@/components/ui/provider-mark";
import { StatusLabel } from "@/components/ui/status-label";
import { useSyncRunner } from "@/features/sync/sync-runner";
import type { Provider } from "@/lib/api-types";
import { cn } from "@/lib/cn";
import { providerName } from "@/lib/names";
import type { ShownField } from "./draft";
import { directionLooks, remoteLook } from "./field-looks";

/** Where the field is in one CRM: its name, its way, and whatever is wrong with it. */
export function FieldPlace({ provider, shown }: { provider: Provider; shown: ShownField }) {
  const { driving } = useSyncRunner();
  const { remote, direction } = shown.draft.remotes[provider];
  const stored = shown.stored?.remotes[provider];
  const name = providerName(provider);
  if (!remote) {
    return (
      <span className="flex items-center gap-2 text-sm text-ink-3">
        <ProviderMark provider={provider} />
        Not in {name}
      </span>
    );
  }
  const { icon: Icon, words } = directionLooks[direction];
  const known = stored && stored.remote === remote && stored.state !== "present" && direction !== "none";
  const look = known ? remoteLook(stored) : undefined;
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5 text-sm">
      <ProviderMark provider={provider} />
      <span className="sr-only">{name}: </span>
      <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      <span className="sr-only">{words(name)}, </span>
      <code className={cn("min-w-0 truncate font-mono", direction === "none" ? "text-ink-3 line-through" : "text-ink-2")}>{remote}</code>
      {look &&
        (driving && stored?.state === "missing" ? (
          <StatusLabel tone="busy" icon={LoaderCircle} className="[&_svg]:animate-spin">
            Looking
          </StatusLabel>
        ) : (
          <StatusLabel tone={look.tone} icon={look.icon}>
            {look.label}
          </StatusLabel>
        ))}
    </span>
  );
}
