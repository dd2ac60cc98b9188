"use client";

import { ChevronDown, LoaderCircle, Undo2 } from "lucide-react";
import { useId } from "react";
import { Button } from "@/components/ui/button";
import { ProviderMark } from "@/components/ui/provider-mark";
import { StatusLabel } from "@/components/ui/status-label";
import { useSyncRunner } from "@/features/sync/sync-runner";
import type { Policy, PolicyChoice, Provider } from "@/lib/api-types";
import { cn } from "@/lib/cn";
import { providerName, providers } from "@/lib/names";
import type { FieldDraft, ShownField } from "./draft";
import { FieldEditor } from "./field-editor";
import { directionLooks, stateLooks } from "./field-looks";

interface Props {
  shown: ShownField;
  policies: PolicyChoice[];
  /** That of the settings as a whole. */
  policy: Policy;
  problem: string | undefined;
  open: boolean;
  onToggle(): void;
  onChange(choice: FieldDraft | null): void;
  onUndo(): void;
}

const changeWords = { none: "", edited: "Edited", added: "New", removed: "Removed when you save", reset: "Back to the defaults when you save" };

/** One field in a line; opened, everything that can be chosen for it. */
export function FieldRow({ shown, policies, policy, problem, open, onToggle, onChange, onUndo }: Props) {
  const id = useId();
  const { field, draft, change } = shown;
  const label = draft.label || field;
  const own = policies.find(({ value }) => value === draft.policy);
  if (change === "removed" || change === "reset") {
    return (
      <li className="flex min-h-13 items-center gap-3 px-4 py-2">
        <span className="min-w-0 flex-1">
          <span className={cn("font-medium", change === "removed" && "text-ink-3 line-through")}>{label}</span>
          <span className="ml-2.5 text-sm text-warn-ink">{changeWords[change]}</span>
        </span>
        <Button size="sm" aria-label={`Undo the change of ${label}`} onClick={onUndo}>
          <Undo2 aria-hidden />
          Undo
        </Button>
      </li>
    );
  }
  return (
    <li>
      <h3>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={onToggle}
          className="flex w-full items-start gap-3 px-4 py-3 text-left outline-offset-[-2px] transition-colors hover:bg-subtle/70"
        >
          <span className="grid min-w-0 flex-1 gap-x-4 gap-y-1 lg:grid-cols-[minmax(0,1.1fr)_minmax(0,1fr)_minmax(0,1fr)]">
            <span className="min-w-0">
              <span className="font-medium">{label}</span>
              {change !== "none" && <span className="ml-2 text-sm font-medium text-brand-ink">{changeWords[change]}</span>}
              <span className="block text-sm text-ink-3">{own ? `Conflicts: ${own.label.toLowerCase()}` : shown.custom ? `Your own field, ${field}` : ""}</span>
            </span>
            {providers.map((provider) => (
              <Place key={provider} provider={provider} shown={shown} />
            ))}
          </span>
          <ChevronDown aria-hidden className={cn("mt-0.5 size-4 shrink-0 text-ink-3 transition-transform", open && "rotate-180")} />
        </button>
      </h3>
      <div id={id} hidden={!open}>
        {open && <FieldEditor shown={shown} policies={policies} policy={policy} problem={problem} onChange={onChange} onUndo={onUndo} />}
      </div>
    </li>
  );
}

/** Where the field is in one CRM: its name, its way, and whatever is wrong with it. */
function Place({ provider, shown }: { provider: Provider; shown: ShownField }) {
  const { driving } = useSyncRunner();
  const { remote, direction } = shown.draft.remotes[provider];
  const state = shown.stored?.remotes[provider]?.state;
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
  const look = state && state !== "present" && direction !== "none" && shown.change !== "edited" ? stateLooks[state] : undefined;
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5 text-sm">
      <ProviderMark provider={provider} />
      <span className="sr-only">{name}: </span>
      <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      <span className="sr-only">{words(name)}, </span>
      <code className={cn("min-w-0 truncate font-mono", direction === "none" ? "text-ink-3 line-through" : "text-ink-2")}>{remote}</code>
      {look &&
        (driving && state === "missing" ? (
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
