import { Notice } from "@/components/ui/notice";
import { ProviderMark } from "@/components/ui/provider-mark";
import { useFieldName } from "@/features/settings/use-settings";
import type { Plan, PlanItem, Source } from "@/lib/api-types";
import { count, formatNumber } from "@/lib/format";
import { providerName } from "@/lib/names";
import { budgetWarnings, costWords, examplesByKind, openWords, planRows } from "./plan-words";

const sides: readonly Source[] = ["app", "hubspot", "pipedrive"];

/** What a run would do: its numbers, its cost, and examples. */
export function PlanView({ plan }: { plan: Plan }) {
  const rows = planRows(plan);
  return (
    <div className="space-y-3">
      {budgetWarnings(plan).map((warning) => (
        <Notice key={warning} tone="warn" title="The daily budget does not last">
          {warning}
        </Notice>
      ))}
      {rows.length === 0 ? (
        <p>Everything is equal already: nothing would be written.</p>
      ) : (
        <table className="w-full max-w-xl text-left tabular-nums">
          <caption className="sr-only">What would be done on each side</caption>
          <thead className="text-sm text-ink-2">
            <tr>
              <th scope="col" className="py-1 font-normal">
                <span className="sr-only">What</span>
              </th>
              {sides.map((side) => (
                <th key={side} scope="col" className="py-1 pl-3 text-right font-normal">
                  {providerName(side)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.label} className="border-t">
                <th scope="row" className="py-1.5 font-normal">
                  {row.label}
                </th>
                {sides.map((side) => (
                  <td key={side} className="py-1.5 pl-3 text-right font-medium">
                    {row[side] === 0 ? <span className="text-ink-3">0</span> : formatNumber(row[side])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {openWords(plan) && <p>{openWords(plan)}</p>}
      {costWords(plan) && <p className="text-sm text-ink-2">{costWords(plan)}</p>}
      {examplesByKind(plan).map(({ kind, label, items }) => (
        <details key={kind} className="rounded-md border px-3 py-2">
          <summary className="cursor-pointer rounded-sm text-sm font-medium">
            {label}: {count(items.length, "example")}
          </summary>
          <ul className="mt-2 space-y-2.5">
            {items.map((item, i) => (
              <Example key={i} item={item} />
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}

function Example({ item }: { item: PlanItem }) {
  const fieldName = useFieldName();
  return (
    <li className="text-sm">
      <p className="flex items-center gap-2">
        <ProviderMark provider={item.side} />
        <span className="font-medium">{item.contactName || (item.externalIds ? `Record ${item.externalIds.join(", ")}` : "Unnamed contact")}</span>
        <span className="text-ink-2">{providerName(item.side)}</span>
      </p>
      {item.message && <p className="mt-0.5 text-ink-2">{item.message}</p>}
      {item.fields.length > 0 && (
        <ul className="mt-0.5 pl-6 text-ink-2">
          {item.fields.map(({ field, before, after }) => (
            <li key={field} className="wrap-anywhere">
              {fieldName(field)}: {before && <s className="text-ink-3">{before}</s>} <span className="text-ink">{after || "blank"}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
