import { cn } from "@/lib/cn";

interface Props<T extends string> {
  name: string;
  /** The question, for screen readers. */
  legend: string;
  choices: readonly { value: T; label: string; description: string }[];
  value: T;
  problem: string | undefined;
  onChange(value: T): void;
}

/** One of a few choices that need a sentence each. */
export function RadioCards<T extends string>({ name, legend, choices, value, problem, onChange }: Props<T>) {
  return (
    <>
      {problem && (
        <p role="alert" tabIndex={-1} className="mb-2 text-bad-ink outline-none">
          {problem}
        </p>
      )}
      <fieldset>
        <legend className="sr-only">{legend}</legend>
        <div className="grid gap-2 md:grid-cols-2">
          {choices.map((choice) => (
            <label
              key={choice.value}
              className={cn(
                "flex cursor-pointer gap-3 rounded-md border px-3 py-2.5 transition-colors hover:bg-subtle has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand",
                choice.value === value && "border-brand/60 bg-brand-soft hover:bg-brand-soft",
              )}
            >
              <input
                type="radio"
                name={name}
                value={choice.value}
                checked={choice.value === value}
                onChange={() => onChange(choice.value)}
                className="mt-0.5 size-4 shrink-0 accent-brand outline-none"
              />
              <span>
                <span className="block font-medium">{choice.label}</span>
                <span className="mt-0.5 block text-sm text-ink-2">{choice.description}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
    </>
  );
}
