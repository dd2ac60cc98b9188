"use client";

import { Field } from "@/components/ui/field";
import { ProviderMark } from "@/components/ui/provider-mark";
import { SelectField } from "@/components/ui/select";
import { StatusLabel } from "@/components/ui/status-label";
import type { Provider, RemoteField } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { remoteDraft, type RemoteDraft } from "./draft";
import { directionLooks, directions, hasFixedName, remoteLook } from "./field-looks";

interface Props {
  provider: Provider;
  field: string;
  custom: boolean;
  value: RemoteDraft;
  stored: RemoteField | undefined;
  onChange(value: RemoteDraft): void;
}

const nameLabels: Record<Provider, string> = { hubspot: "Internal name of the property", pipedrive: "Name of the person field" };

/** Where a field is in one CRM, and which way it goes. */
export function RemoteEditor({ provider, field, custom, value, stored, onChange }: Props) {
  const name = providerName(provider);
  const fixed = hasFixedName(provider, field);
  const look = stored && stored.remote === value.remote ? remoteLook(stored) : undefined;
  return (
    <fieldset className="min-w-0 rounded-lg border px-3.5 pt-2.5 pb-3.5">
      <legend className="sr-only">{name}</legend>
      <div className="mb-2.5 flex items-center gap-2">
        <ProviderMark provider={provider} />
        <span aria-hidden className="font-medium">
          {name}
        </span>
        {look && (
          <StatusLabel tone={look.tone} icon={look.icon} className="ml-auto">
            {look.label}
          </StatusLabel>
        )}
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          label={nameLabels[provider]}
          value={value.remote}
          readOnly={fixed}
          placeholder={`Not in ${name}`}
          autoComplete="off"
          spellCheck={false}
          inputClassName="font-mono text-sm read-only:bg-subtle read-only:text-ink-2"
          onChange={(event) => onChange({ ...value, remote: event.target.value })}
          note={fixed ? `The same in every ${name} account.` : undefined}
        />
        <SelectField
          label="Direction"
          value={value.direction}
          disabled={!value.remote}
          choices={directions.map((direction) => ({ value: direction, label: directionLooks[direction].words(name) }))}
          onChange={(direction) => onChange({ ...value, direction })}
        />
      </div>
      <p className="mt-2 text-sm text-ink-2">{advice(name, value, stored, custom)}</p>
    </fieldset>
  );
}

/** What a person has to know about the field in the CRM; the server's words where it has some. */
function advice(name: string, value: RemoteDraft, stored: RemoteField | undefined, custom: boolean): string {
  if (!value.remote) return `Enter a name to keep it in ${name} too. It has to be a text field.`;
  if (stored?.remote !== value.remote) return `It is looked for in ${name} after you save. It has to be a text field.`;
  if (stored.state === "present") return remoteDraft(stored).direction === "none" ? "It is there, and left alone." : "";
  if (stored.state !== "missing") return stored.message ?? "";
  if (!stored.message) return "It is looked for by the next sync.";
  return custom ? `${stored.message} Create it there as a text field, then look again.` : stored.message;
}
