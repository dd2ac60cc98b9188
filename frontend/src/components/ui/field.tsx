"use client";

import { CircleAlert } from "lucide-react";
import { useId, type ComponentProps } from "react";
import { Input } from "./input";

interface Props extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  error?: string;
  /** Shown below the input; is read out with it. */
  note?: React.ReactNode;
  inputClassName?: string;
}

/** A labelled input with its error and note tied to it for assistive technology. */
export function Field({ label, error, note, className, inputClassName, ...input }: Props) {
  const id = useId();
  const described = [error && `${id}-error`, note && `${id}-note`].filter(Boolean).join(" ");
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-ink-2">
        {label}
      </label>
      <Input id={id} className={inputClassName} aria-invalid={error ? true : undefined} aria-describedby={described || undefined} {...input} />
      {error && (
        <p id={`${id}-error`} className="mt-1.5 flex items-start gap-1.5 text-sm text-bad-ink">
          <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
          {error}
        </p>
      )}
      {note && (
        <div id={`${id}-note`} className="mt-1.5 text-sm text-ink-2">
          {note}
        </div>
      )}
    </div>
  );
}
