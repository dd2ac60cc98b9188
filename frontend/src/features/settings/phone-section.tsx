"use client";

import { Field } from "@/components/ui/field";
import { Panel, PanelHeader } from "@/components/ui/panel";

interface Props {
  value: string;
  problem: string | undefined;
  onChange(region: string): void;
}

export function PhoneSection({ value, problem, onChange }: Props) {
  const country = countryName(value);
  return (
    <Panel aria-labelledby="phones">
      <PanelHeader id="phones" title="Phone numbers" />
      <div className="grid gap-x-6 gap-y-3 px-4 py-3.5 md:grid-cols-[12rem_minmax(0,1fr)]">
        <Field
          label="Country"
          name="region"
          placeholder="Two letters, such as US"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={2}
          value={value}
          onChange={(event) => onChange(event.target.value.trim())}
          error={problem}
        />
        <p className="max-w-xl self-end pb-1.5 text-ink-2" aria-live="polite">
          {value === ""
            ? "Without a country, numbers that lack a country code stay as they were typed, and are compared as they are."
            : country
              ? `Numbers without a country code are compared as numbers of this country: ${country}. They stay as they were typed.`
              : "Numbers without a country code are compared as numbers of this country."}
        </p>
      </div>
    </Panel>
  );
}

/** The name of a country, if two letters are one. */
function countryName(code: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(code)) return undefined;
  return new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(code);
}
