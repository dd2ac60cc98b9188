"use client";

import { Plus } from "lucide-react";
import { lazy, useState } from "react";
import { Button } from "@/components/ui/button";
import { OnceOpen } from "@/components/ui/once-open";
import { Panel, PanelHeader } from "@/components/ui/panel";
import type { Policy, PolicyChoice } from "@/lib/api-types";
import { isWanting } from "./draft";
import { FieldRow } from "./field-row";
import type { SettingsForm } from "./use-settings-form";

const AddFieldDialog = lazy(() => import("./add-field-dialog"));

interface Props {
  form: SettingsForm;
  policies: PolicyChoice[];
  policy: Policy;
}

export function FieldsSection({ form, policies, policy }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [adding, setAdding] = useState(false);
  const toggle = (field: string) => setOpen((before) => (before.has(field) ? new Set([...before].filter((name) => name !== field)) : new Set([...before, field])));
  return (
    <Panel aria-labelledby="fields">
      <PanelHeader id="fields" title="Fields">
        <Button size="sm" onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Add field
        </Button>
      </PanelHeader>
      <ul className="divide-y">
        {form.fields.map((shown) => {
          const problem = form.problem.fields[shown.field] || undefined;
          return (
            <FieldRow
              key={shown.field}
              shown={shown}
              policies={policies}
              policy={policy}
              problem={problem}
              open={open.has(shown.field) || problem !== undefined}
              onToggle={() => toggle(shown.field)}
              onChange={(choice) => form.setField(shown.field, choice)}
              onUndo={() => form.undoField(shown.field)}
              onLookAgain={shown.stored && isWanting(shown) ? () => void form.lookAgain(shown.stored!) : undefined}
            />
          );
        })}
      </ul>
      <OnceOpen open={adding}>
        <AddFieldDialog
          open={adding}
          taken={form.fields.map(({ field }) => field)}
          onClose={() => setAdding(false)}
          onAdd={(field, choice) => {
            form.setField(field, choice);
            toggle(field);
            setAdding(false);
          }}
        />
      </OnceOpen>
    </Panel>
  );
}
