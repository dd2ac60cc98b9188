"use client";

import { ChevronDown } from "lucide-react";
import { useId, type ComponentProps } from "react";

interface Props<T extends string> extends Omit<ComponentProps<"select">, "id" | "value" | "onChange"> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  onChange(value: T): void;
}

/** A labelled choice of one; the browser's own list, which every keyboard and phone knows. */
export function SelectField<T extends string>({ label, value, choices, onChange, className, ...select }: Props<T>) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-ink-2">
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          value={value}
          onChange={(event) => onChange(event.target.value as T)}
          className="h-8.5 w-full min-w-0 appearance-none truncate rounded-md border border-line-strong/80 bg-surface pr-8 pl-2.5 text-base text-ink shadow-panel transition-colors hover:border-line-strong focus-visible:border-brand focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-60 pointer-coarse:h-10"
          {...select}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
        <ChevronDown aria-hidden className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-ink-3" />
      </div>
    </div>
  );
}
