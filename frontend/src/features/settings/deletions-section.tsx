"use client";

import { Field } from "@/components/ui/field";
import { Panel, PanelHeader } from "@/components/ui/panel";
import { RadioCards } from "@/components/ui/radio-cards";
import type { Settings } from "@/lib/api-types";
import { storedNumber } from "./draft";
import type { SettingsForm } from "./use-settings-form";

/** What follows a deletion, and how many of them are believed without a person. */
export function DeletionsSection({ form, stored }: { form: SettingsForm; stored: Settings }) {
  const { draft, problem } = form;
  const number = (choice: "least" | "share") => ({
    name: choice,
    inputMode: "numeric" as const,
    autoComplete: "off",
    value: draft.numbers?.[choice] ?? storedNumber(choice, stored),
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => form.setNumber(choice, event.target.value.trim()),
    error: problem[choice],
  });
  return (
    <Panel aria-labelledby="deletions">
      <PanelHeader id="deletions" title="Deletions" />
      <div className="px-4 py-3.5">
        <RadioCards
          name="delete-policy"
          legend="When a contact is deleted somewhere"
          choices={stored.deletePolicies}
          value={draft.deletePolicy ?? stored.deletePolicy}
          problem={problem.deletePolicy}
          onChange={form.setDeletePolicy}
        />
        <p className="mt-4 max-w-2xl text-ink-2">
          When more records than this are gone from a CRM within an hour, deletions wait until you confirm them. The larger of the two limits counts.
        </p>
        <div className="mt-3 grid max-w-md grid-cols-2 gap-4">
          <Field label="Records" {...number("least")} />
          <Field label="Percent of the linked records" {...number("share")} />
        </div>
      </div>
    </Panel>
  );
}
