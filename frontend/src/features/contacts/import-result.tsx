import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ImportResult } from "@/lib/api-types";
import { count, formatNumber } from "@/lib/format";

export function ImportResultView({ file, result }: { file: string; result: ImportResult }) {
  const { created, updated, unchanged, rejected } = result;
  const taken = created + updated + unchanged;
  return (
    <div>
      <p className="flex items-center gap-2 font-medium" role="status">
        {rejected.length === 0 ? (
          <CircleCheck aria-hidden className="size-4.5 text-good" />
        ) : (
          <TriangleAlert aria-hidden className="size-4.5 text-warn" />
        )}
        {rejected.length === 0
          ? `All ${count(taken, "contact")} of ${file} are in`
          : `${formatNumber(taken)} of ${count(taken + rejected.length, "line")} of ${file} are in`}
      </p>
      <dl className="mt-4 grid grid-cols-4 gap-px overflow-hidden rounded-lg border bg-line text-center">
        <Count label="Created" value={created} />
        <Count label="Updated" value={updated} />
        <Count label="Unchanged" value={unchanged} />
        <Count label="Rejected" value={rejected.length} />
      </dl>
      {rejected.length > 0 && (
        <div className="mt-5 max-h-64 overflow-y-auto rounded-lg border" tabIndex={0} role="region" aria-label="Rejected lines">
          <table className="w-full text-left">
            <caption className="sr-only">Rejected lines</caption>
            <thead className="sticky top-0 bg-subtle text-sm text-ink-2">
              <tr>
                <th scope="col" className="w-20 px-3 py-1.5 font-medium">
                  Line
                </th>
                <th scope="col" className="px-3 py-1.5 font-medium">
                  Why it was left out
                </th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {rejected.map(({ line, message }) => (
                <tr key={`${line} ${message}`}>
                  <td className="px-3 py-1.5 align-top tabular-nums">{formatNumber(line)}</td>
                  <td className="px-3 py-1.5">{message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {created + updated > 0 && (
        <p className="mt-4 text-sm text-ink-2">What is not in the CRMs yet goes there with the next scheduled run, or right away with “Sync now”.</p>
      )}
    </div>
  );
}

function Count({ label, value }: { label: string; value: number }) {
  return (
    <div className="bg-surface px-2 py-2.5">
      <dt className="text-sm text-ink-2">{label}</dt>
      <dd className="text-xl font-semibold tabular-nums">{formatNumber(value)}</dd>
    </div>
  );
}
