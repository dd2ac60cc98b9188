"use client";

import { useEffect, useRef } from "react";
import { Notice } from "@/components/ui/notice";
import type { Settings } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { DeletionsSection } from "./deletions-section";
import { FieldsSection } from "./fields-section";
import { LeaveGuard } from "./leave-guard";
import { PhoneSection } from "./phone-section";
import { PolicySection } from "./policy-section";
import { SafetySection } from "./safety-section";
import { SaveBar } from "./save-bar";
import { useSettingsForm } from "./use-settings-form";

interface Props {
  stored: Settings;
  /** Takes what was saved, or without it loads what is stored now. */
  onStored(settings?: Settings): Promise<unknown>;
}

export function SettingsForm({ stored, onStored }: Props) {
  const form = useSettingsForm(stored, onStored);
  const { draft, problem, overtakenBy, refusals } = form;
  const root = useRef<HTMLDivElement>(null);
  const overtaken = overtakenBy !== undefined;
  useEffect(() => {
    if (refusals > 0) root.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [refusals, overtaken]);
  return (
    <div ref={root} className="space-y-6">
      {problem.message && (
        <Notice tone="bad" title="The settings are not saved">
          {problem.message}
        </Notice>
      )}
      {overtakenBy && (
        <Notice tone="warn" title="Somebody else saved these settings in the meantime">
          {overtakenBy.length > 0 ? `They changed ${listWords(overtakenBy)}. ` : ""}The newest values are shown now, with your changes kept
          on top. Look again, then save.
        </Notice>
      )}
      <PolicySection policies={stored.policies} value={draft.policy ?? stored.policy} problem={problem.policy} onChange={form.setPolicy} />
      <DeletionsSection form={form} stored={stored} />
      <SafetySection form={form} stored={stored} />
      <PhoneSection value={draft.region ?? stored.region} problem={problem.region} onChange={form.setRegion} />
      <FieldsSection form={form} policies={stored.policies} policy={draft.policy ?? stored.policy} />
      <SaveBar count={form.count} saving={form.saving} onSave={() => void form.save()} onReset={form.reset} />
      <LeaveGuard active={form.count > 0} />
    </div>
  );
}
