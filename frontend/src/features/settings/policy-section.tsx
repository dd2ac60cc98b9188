"use client";

import { Panel, PanelHeader } from "@/components/ui/panel";
import { RadioCards } from "@/components/ui/radio-cards";
import type { Policy, PolicyChoice } from "@/lib/api-types";

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
      <div className="space-y-3.5 px-4 py-3.5">
        <p className="max-w-2xl text-ink-2">
          A conflict is one field of one contact that was changed on several sides between two syncs. Fields that only one side changed are
          never in conflict. Every decision is kept with all its values.
        </p>
        <RadioCards
          name="policy"
          legend="When a field was changed on several sides"
          choices={policies}
          value={value}
          problem={problem}
          onChange={onChange}
        />
      </div>
    </Panel>
  );
}
