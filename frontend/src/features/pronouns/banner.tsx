"use client";

import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, type LucideIcon } from "lucide-react";
import { Button } from "@/components/ui/button";
import { StatusLabel, type Tone } from "@/components/ui/status-label";
import type { PronounsField, FieldState } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { advice, canSetUp, connected, headline, stateWords } from "./advice";
import { bannerId, usePronouns } from "./use-pronouns";

/** Stays on every page until the pronouns field exists in every connected CRM. */
export function PronounsBanner() {
  const { setup, working, problem, setUp } = usePronouns();
  if (!setup || setup.ready || connected(setup).length === 0) return null;
  const hints = connected(setup).flatMap((field) => advice(field) ?? []);
  const possible = canSetUp(setup);
  return (
    <section id={bannerId} aria-label="Pronouns set-up" className="border-b bg-brand-soft">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-2 px-4 py-2.5 md:flex-nowrap md:px-8">
        <div className="min-w-0 basis-full md:flex-1 md:basis-0">
          <p className="font-medium text-ink">{headline(setup)}</p>
          <div aria-live="polite" className="mt-0.5 space-y-1 text-sm text-ink-2">
            {hints.length === 0 && !problem && <p className="hidden md:block">One click adds the field there; nothing else changes.</p>}
            {hints.map((hint) => (
              <p key={hint}>{hint}</p>
            ))}
            {problem && <p className="text-bad-ink">{problem}</p>}
          </div>
        </div>
        <ul aria-label="Pronouns field by CRM" className="mr-auto flex flex-wrap gap-x-4 gap-y-1 md:mr-0">
          {connected(setup).map((field) => (
            <FieldState key={`${field.provider} ${field.field}`} field={field} working={working} />
          ))}
        </ul>
        <Button size="sm" busy={working} onClick={() => void setUp()}>
          {working ? "Setting up" : possible ? "Set up now" : "Try again"}
        </Button>
      </div>
    </section>
  );
}

const looks: Record<FieldState, [Tone, LucideIcon]> = {
  present: ["good", CircleCheck],
  missing: ["quiet", CircleDashed],
  ambiguous: ["warn", CircleAlert],
  forbidden: ["bad", CircleAlert],
  unreachable: ["warn", CircleAlert],
  not_connected: ["quiet", CircleDashed],
};

function FieldState({ field, working }: { field: PronounsField; working: boolean }) {
  const pending = working && field.state !== "present";
  const [tone, icon] = looks[field.state];
  return (
    <li className="flex items-center gap-1.5 text-sm">
      <span className="text-ink-2">{providerName(field.provider)}</span>
      {pending ? (
        <StatusLabel tone="busy" icon={LoaderCircle} className="[&_svg]:animate-spin">
          Adding
        </StatusLabel>
      ) : (
        <StatusLabel tone={tone} icon={icon}>
          {stateWords[field.state]}
        </StatusLabel>
      )}
    </li>
  );
}
