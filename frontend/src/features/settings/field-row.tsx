"use client";

import { ChevronDown, Undo2 } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import { Button } from "@/components/ui/button";
import type { Policy, PolicyChoice } from "@/lib/api-types";
import { cn } from "@/lib/cn";
import { providers } from "@/lib/names";
import type { FieldDraft, ShownField } from "./draft";
import { FieldEditor } from "./field-editor";
import { FieldPlace } from "./field-place";

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
  /** Absent where there is nothing to look for. */
  onLookAgain?(): void;
}

const changeWords = { none: "", edited: "Edited", added: "New", removed: "Removed when you save", reset: "Back to the defaults when you save" };

/** One field in a line; opened, everything that can be chosen for it. */
export function FieldRow({ shown, policies, policy, problem, open, onToggle, ...actions }: Props) {
  const id = useId();
  const { field, draft, change } = shown;
  const label = draft.label || field;
  const own = policies.find(({ value }) => value === draft.policy);
  const row = useRef<HTMLLIElement>(null);
  const added = change === "added";
  useEffect(() => {
    if (added) row.current?.scrollIntoView({ block: "center" });
  }, [added]);
  if (change === "removed" || change === "reset") {
    return (
      <li className="flex min-h-13 items-center gap-3 px-4 py-2">
        <span className="min-w-0 flex-1">
          <span className={cn("font-medium", change === "removed" && "text-ink-3 line-through")}>{label}</span>
          <span className="ml-2.5 text-sm text-warn-ink">{changeWords[change]}</span>
        </span>
        <Button size="sm" aria-label={`Undo the change of ${label}`} onClick={actions.onUndo}>
          <Undo2 aria-hidden />
          Undo
        </Button>
      </li>
    );
  }
  return (
    <li ref={row}>
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
              <span className="block text-sm text-ink-3">{own ? `Conflicts: ${own.label}` : shown.custom ? `Your own field, ${field}` : ""}</span>
            </span>
            {providers.map((provider) => (
              <FieldPlace key={provider} provider={provider} shown={shown} />
            ))}
          </span>
          <ChevronDown aria-hidden className={cn("mt-0.5 size-4 shrink-0 text-ink-3 transition-transform", open && "rotate-180")} />
        </button>
      </h3>
      <div id={id} hidden={!open}>
        {open && <FieldEditor shown={shown} policies={policies} policy={policy} problem={problem} {...actions} />}
      </div>
    </li>
  );
}
