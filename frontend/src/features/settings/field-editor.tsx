"use client";

import { RotateCcw, SearchCheck, Trash2, Undo2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { SelectField } from "@/components/ui/select";
import { useSyncRunner } from "@/features/sync/sync-runner";
import type { Policy, PolicyChoice } from "@/lib/api-types";
import { providers } from "@/lib/names";
import type { FieldDraft, ShownField } from "./draft";
import { RemoteEditor } from "./remote-editor";

interface Props {
  shown: ShownField;
  policies: PolicyChoice[];
  policy: Policy;
  problem: string | undefined;
  onChange(choice: FieldDraft | null): void;
  onUndo(): void;
  onLookAgain?(): void;
}

/** Everything that can be chosen for one field. */
export function FieldEditor({ shown, policies, policy, problem, onChange, onUndo, onLookAgain }: Props) {
  const { field, custom, draft, change, stored } = shown;
  const { driving } = useSyncRunner();
  const general = policies.find(({ value }) => value === policy)?.label ?? policy;
  return (
    <div className="space-y-4 px-4 pt-3 pb-4">
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div className="grid gap-4 sm:grid-cols-2">
        {custom && <Field label="Label" value={draft.label} onChange={(event) => onChange({ ...draft, label: event.target.value })} />}
        <SelectField
          label="When it was changed on several sides"
          value={draft.policy ?? ""}
          choices={[{ value: "", label: `As for all fields (${general})` }, ...policies]}
          onChange={(value) => onChange({ ...draft, policy: value === "" ? null : value })}
        />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        {providers.map((provider) => (
          <RemoteEditor
            key={provider}
            provider={provider}
            field={field}
            custom={custom}
            value={draft.remotes[provider]}
            stored={stored?.remotes[provider]}
            onChange={(remote) => onChange({ ...draft, remotes: { ...draft.remotes, [provider]: remote } })}
          />
        ))}
      </div>
      <div className="flex flex-wrap gap-2">
        {change === "edited" && (
          <Button size="sm" onClick={onUndo}>
            <Undo2 aria-hidden />
            Undo
          </Button>
        )}
        {onLookAgain && (
          <Button size="sm" busy={driving} onClick={onLookAgain}>
            {!driving && <SearchCheck aria-hidden />}
            Look again
          </Button>
        )}
        {custom ? (
          <Button size="sm" variant="ghost" className="text-bad-ink hover:bg-bad-soft hover:text-bad-ink" onClick={() => onChange(null)}>
            <Trash2 aria-hidden />
            Remove field
          </Button>
        ) : (
          <Button size="sm" variant="ghost" onClick={() => onChange(null)}>
            <RotateCcw aria-hidden />
            Back to the defaults
          </Button>
        )}
      </div>
    </div>
  );
}
