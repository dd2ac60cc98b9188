"use client";

import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Modal, PanelBody, PanelFooter } from "@/components/ui/sheet";
import type { FieldDraft } from "./draft";
import { nameProblem, suggestName, suggestRemotes } from "./field-name";

interface Props {
  open: boolean;
  /** Names that exist already. */
  taken: string[];
  onClose(): void;
  onAdd(field: string, choice: FieldDraft): void;
}

/** Defines a further field of every contact. It becomes part of the draft; nothing is saved yet. */
export default function AddFieldDialog({ open, taken, onClose, onAdd }: Props) {
  return (
    <Modal
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Add a field"
      description="Every contact gets it. Where it goes in the CRMs can be changed afterwards."
    >
      <NewField taken={taken} onAdd={onAdd} />
    </Modal>
  );
}

function NewField({ taken, onAdd }: Pick<Props, "taken" | "onAdd">) {
  const [label, setLabel] = useState("");
  const [typed, setTyped] = useState<string>();
  const [tried, setTried] = useState(false);
  const name = typed ?? suggestName(label);
  const problem = nameProblem(name, taken);
  function submit() {
    setTried(true);
    if (problem || label.trim() === "") return;
    const { hubspot, pipedrive } = suggestRemotes(label);
    onAdd(name, {
      label: label.trim(),
      policy: null,
      remotes: { hubspot: { remote: hubspot, direction: "both" }, pipedrive: { remote: pipedrive, direction: "both" } },
    });
  }
  return (
    <form
      noValidate
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <PanelBody className="space-y-4">
        <Field
          label="Label"
          autoFocus
          maxLength={255}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
          error={tried && label.trim() === "" ? "Enter a label." : undefined}
          note="What people read, such as Loyalty tier."
        />
        <Field
          label="Name"
          value={name}
          autoComplete="off"
          spellCheck={false}
          inputClassName="font-mono text-sm"
          onChange={(event) => setTyped(event.target.value)}
          error={(tried || typed !== undefined) && label.trim() !== "" ? problem : undefined}
          note="What the API calls it. It cannot be changed later."
        />
      </PanelBody>
      <PanelFooter>
        <Button variant="primary" type="submit">
          Add field
        </Button>
      </PanelFooter>
    </form>
  );
}
