"use client";

import { Field } from "@/components/ui/field";
import { Panel, PanelHeader } from "@/components/ui/panel";
import type { Settings } from "@/lib/api-types";
import { storedNumber } from "./draft";
import type { SettingsForm } from "./use-settings-form";

/** Whether first syncs are approved by a person, and how long logs are kept. */
export function SafetySection({ form, stored }: { form: SettingsForm; stored: Settings }) {
  const { draft, problem } = form;
  return (
    <Panel aria-labelledby="safety">
      <PanelHeader id="safety" title="First syncs and logs" />
      <div className="space-y-4 px-4 py-3.5">
        <label className="flex max-w-2xl cursor-pointer items-start gap-3">
          <input
            type="checkbox"
            name="approveFirstSync"
            checked={draft.approveFirstSync ?? stored.approveFirstSync}
            onChange={(event) => form.setApproval(event.target.checked)}
            className="mt-0.5 size-4 shrink-0 accent-brand"
          />
          <span>
            <span className="block font-medium">Approve the first sync of a connection</span>
            <span className="mt-0.5 block text-sm text-ink-2">
              It stops before it writes anything, and shows what it would do and what that costs. Other connections go on meanwhile.
            </span>
          </span>
        </label>
        <Field
          className="max-w-52"
          label="Days that logs are kept"
          name="retentionDays"
          inputMode="numeric"
          autoComplete="off"
          value={draft.numbers?.retentionDays ?? storedNumber("retentionDays", stored)}
          onChange={(event) => form.setNumber("retentionDays", event.target.value.trim())}
          error={problem.retentionDays}
        />
      </div>
    </Panel>
  );
}
