import { useState } from "react";
import { toast } from "sonner";
import { useSyncRunner } from "@/features/sync/sync-runner";
import { api, asApiError } from "@/lib/api";
import type { DeletePolicy, FieldSettings, Policy, Settings, SettingsPatch } from "@/lib/api-types";
import {
  changeApproval,
  changeCount,
  changeDeletePolicy,
  changedBetween,
  changeField,
  changeNumber,
  changePolicy,
  changeRegion,
  emptyDraft,
  lookAgainPatch,
  shownFields,
  toPatch,
  undoField,
  type FieldDraft,
  type NumberChoice,
  type SettingsDraft,
} from "./draft";
import { noProblem, settingsProblem, type SettingsProblem } from "./problems";
import { settingsPath } from "./use-settings";

/** What a person changed, what the server said to it, and the way to save it. */
export function useSettingsForm(stored: Settings, onStored: (settings?: Settings) => Promise<unknown>) {
  const [draft, setDraft] = useState<SettingsDraft>(emptyDraft);
  const [base, setBase] = useState(stored);
  const [problem, setProblem] = useState<SettingsProblem>(noProblem);
  const [saving, setSaving] = useState(false);
  const [refusals, setRefusals] = useState(0);
  const { start } = useSyncRunner();
  const count = changeCount(draft);
  const overtaken = count > 0 && stored.rev !== base.rev;

  function change(next: SettingsDraft) {
    if (count === 0) setBase(stored);
    setDraft(next);
  }

  function reset() {
    setDraft(emptyDraft);
    setProblem(noProblem);
  }

  async function send(patch: SettingsPatch, onSaved: () => void) {
    setSaving(true);
    setProblem(noProblem);
    try {
      const saved = await api<Settings>(settingsPath, { method: "PATCH", body: patch });
      await onStored(saved);
      onSaved();
    } catch (error) {
      const refused = asApiError(error);
      if (refused.status === 412) await onStored();
      else setProblem(settingsProblem(refused));
      setRefusals((before) => before + 1);
    } finally {
      setSaving(false);
    }
  }

  async function save() {
    const patch = toPatch(draft, stored);
    await send(patch, () => {
      reset();
      const description = patch.fields ? "A sync applies them to every contact now." : "They count from the next change on.";
      toast.success("Settings are saved", { description });
      if (patch.fields) start();
    });
  }

  return {
    draft,
    problem,
    saving,
    /** How often saving failed; rises when there is something new to read. */
    refusals,
    count,
    /** What somebody else changed since the draft was begun; undefined: nothing was saved. */
    overtakenBy: overtaken ? changedBetween(base, stored) : undefined,
    fields: shownFields(draft, stored),
    setPolicy: (policy: Policy) => change(changePolicy(draft, policy, stored)),
    setRegion: (region: string) => change(changeRegion(draft, region, stored)),
    setDeletePolicy: (policy: DeletePolicy) => change(changeDeletePolicy(draft, policy, stored)),
    setNumber: (choice: NumberChoice, text: string) => change(changeNumber(draft, choice, text, stored)),
    setApproval: (approve: boolean) => change(changeApproval(draft, approve, stored)),
    setField: (field: string, choice: FieldDraft | null) => {
      change(changeField(draft, field, choice, stored));
      if (problem.fields[field]) setProblem({ ...problem, fields: { ...problem.fields, [field]: "" } });
    },
    undoField: (field: string) => change(undoField(draft, field)),
    lookAgain: (field: FieldSettings) => send(lookAgainPatch(field, stored), start),
    save,
    reset,
  };
}

export type SettingsForm = ReturnType<typeof useSettingsForm>;
