"use client";

import { Panel, PanelHeader } from "@/components/ui/panel";
import type { Policy, PolicyChoice } from "@/lib/api-types";
import { cn } from "@/lib/cn";

interface Props {
  policies: PolicyChoice[];
  value: Policy;
  problem: string | undefined;
  onChange(policy: Policy): void;
}

export function PolicySection({ policies, value, problem, onChange }: Props) {
  return (
    <Panel aria-labelledby="policy">
      <PanelHeader id="policy" title="Conflicts" />
      <div className="px-4 py-3.5">
        <p className="max-w-2xl text-ink-2">
          A conflict is one field of one contact that was changed on several sides between two syncs. Fields that only one side changed are
          never in conflict. Every decision is kept with all its values.
        </p>
        {problem && (
          <p role="alert" tabIndex={-1} className="mt-2 text-bad-ink outline-none">
            {problem}
          </p>
        )}
        <fieldset className="mt-3.5">
          <legend className="sr-only">When a field was changed on several sides</legend>
          <div className="grid gap-2 md:grid-cols-2">
            {policies.map((policy) => (
              <label
                key={policy.value}
                className={cn(
                  "flex cursor-pointer gap-3 rounded-md border px-3 py-2.5 transition-colors hover:bg-subtle has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand",
                  policy.value === value && "border-brand/60 bg-brand-soft hover:bg-brand-soft",
                )}
              >
                <input
                  type="radio"
                  name="policy"
                  value={policy.value}
                  checked={policy.value === value}
                  onChange={() => onChange(policy.value)}
                  className="mt-0.5 size-4 shrink-0 accent-brand outline-none"
                />
                <span>
                  <span className="block font-medium">{policy.label}</span>
                  <span className="mt-0.5 block text-sm text-ink-2">{policy.description}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </Panel>
  );
}
