import { constraints, membersOf } from "./model";
import type { Schema } from "./openapi";
import { Prose } from "./prose";
import { TypeName } from "./type-name";

/** What is pointed out: what has to be sent, or what may be absent. */
export type Mark = "required" | "optional";

interface Row {
  name: string;
  schema: Schema;
  description?: string;
  required: boolean;
  /** Where it is sent, if that is not the body. */
  place?: string;
  example?: unknown;
}

/** The members of an object, those of inner ones indented below. */
export function Members({ schema, mark = "optional" }: { schema: Schema; mark?: Mark }) {
  return <Rows rows={rowsOf(schema)} mark={mark} />;
}

export function Rows({ rows, mark }: { rows: Row[]; mark: Mark }) {
  if (rows.length === 0) return null;
  return (
    <dl className="divide-y rounded-lg border bg-surface">
      {rows.map((row) => (
        <Member key={`${row.place} ${row.name}`} row={row} mark={mark} />
      ))}
    </dl>
  );
}

function Member({ row: { name, schema, description, required, place, example }, mark }: { row: Row; mark: Mark }) {
  const limits = constraints(schema);
  const inner = membersOf(schema);
  const text = description ?? schema.description;
  return (
    <div className="px-3.5 py-2.5">
      <dt className="flex flex-wrap items-baseline gap-x-2.5 gap-y-0.5">
        <code className="font-mono text-sm font-semibold break-all">{name}</code>
        <TypeName schema={schema} />
        {place && <span className="text-sm text-ink-3">in {place}</span>}
        {limits.length > 0 && <span className="text-sm text-ink-3">{limits.join(", ")}</span>}
        {required && mark === "required" && <span className="text-sm font-medium text-warn-ink">required</span>}
        {!required && mark === "optional" && <span className="text-sm text-ink-3 italic">optional</span>}
      </dt>
      <dd className="mt-0.5 space-y-1.5 text-sm text-ink-2">
        {text && <Prose text={text} />}
        <Choices schema={schema} />
        {example !== undefined && (
          <p className="text-ink-3">
            For instance <code className="font-mono break-all">{String(example)}</code>
          </p>
        )}
        {inner && (
          <div className="pt-1">
            <Members schema={inner} mark={mark} />
          </div>
        )}
      </dd>
    </div>
  );
}

/** The values there are to choose from. */
export function Choices({ schema }: { schema: Schema }) {
  const values = (schema.enum ?? schema.items?.enum ?? []).filter((value): value is string => Boolean(value));
  if (values.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-1">
      {values.map((value) => (
        <code key={value} className="rounded-sm bg-subtle px-1 py-px font-mono text-[0.92em]">
          {value}
        </code>
      ))}
    </p>
  );
}

function rowsOf({ properties = {}, required = [] }: Schema): Row[] {
  return Object.entries(properties).map(([name, schema]) => ({ name, schema, required: required.includes(name) }));
}
