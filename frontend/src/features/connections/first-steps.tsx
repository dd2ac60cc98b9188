import { Panel } from "@/components/ui/panel";

const steps = [
  ["Connect a CRM", "HubSpot, Pipedrive, or both: by agreeing there, or with a token."],
  ["Let the first sync run", "It begins by itself, matches people by e-mail, and doubles nobody."],
  ["Set up pronouns", "One click in the banner adds the field to every connected CRM."],
] as const;

/** What to do when nothing is connected yet. */
export function FirstSteps() {
  return (
    <Panel aria-labelledby="first-steps" className="mb-4 px-4 py-4">
      <h2 id="first-steps" className="text-lg font-semibold">
        Three steps, and your contacts are equal everywhere
      </h2>
      <ol className="mt-3 grid gap-x-6 gap-y-3 sm:grid-cols-3">
        {steps.map(([title, text], index) => (
          <li key={title} className="flex gap-3">
            <span aria-hidden className="grid size-6 shrink-0 place-items-center rounded-full bg-brand-soft text-sm font-semibold text-brand-ink">
              {index + 1}
            </span>
            <div>
              <p className="font-medium">{title}</p>
              <p className="mt-0.5 text-ink-2">{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
