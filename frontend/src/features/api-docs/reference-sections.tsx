import { asText, Example } from "./example";
import { exampleOf } from "./model";
import type { Document, SecurityScheme } from "./openapi";
import { accessId, errorId } from "./operation-section";
import { Prose } from "./prose";
import { Shape } from "./shape";
import { schemaId } from "./type-name";

const heading = "scroll-mt-16 font-semibold md:scroll-mt-6";

/** How a request says on whose behalf it is made. */
export function AccessSection({ document, words }: { document: Document; words: Record<string, string> }) {
  return (
    <section aria-labelledby="access" className="pb-7">
      <h2 id="access" className="scroll-mt-16 text-xl font-semibold md:scroll-mt-6">
        Access
      </h2>
      <dl className="mt-3 divide-y rounded-lg border bg-surface">
        {Object.entries(document.components.securitySchemes).map(([name, scheme]) => (
          <div key={name} className="px-3.5 py-2.5">
            <dt id={accessId(name)} className={heading}>
              {words[name] ?? name}
            </dt>
            <dd className="mt-0.5 text-ink-2">
              <p>
                <code className="font-mono text-sm break-all">{sentAs(scheme)}</code>
              </p>
              <Prose text={scheme.description} className="mt-1 text-pretty" />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function sentAs(scheme: SecurityScheme): string {
  if (scheme.type === "http") return `Authorization: Bearer …`;
  return scheme.in === "cookie" ? `Cookie: ${scheme.name}=…` : `${scheme.name}: …`;
}

/** The answers that many routes share. */
export function ErrorsSection({ document, statuses }: { document: Document; statuses: Record<string, string> }) {
  return (
    <section aria-labelledby="errors" className="border-t py-7">
      <h2 id="errors" className="scroll-mt-16 text-xl font-semibold md:scroll-mt-6">
        Errors
      </h2>
      <p className="mt-1 text-ink-2">
        Every error is an{" "}
        <a href={`#${schemaId("Error")}`} className="rounded-sm text-brand-ink underline underline-offset-2">
          Error
        </a>{" "}
        whose message may be shown to people.
      </p>
      <ul className="mt-3 space-y-3">
        {Object.entries(document.components.responses).map(([name, response]) => {
          const example = Object.values(response.content ?? {}).map(exampleOf)[0];
          return (
            <li key={name} className="rounded-lg border bg-surface px-3.5 py-2.5">
              <h3 id={errorId(name)} className={heading}>
                <code className="mr-2 font-mono text-sm">{statuses[name]}</code>
                {name.replaceAll(/([a-z])([A-Z])/g, "$1 $2")}
              </h3>
              <Prose text={response.description} className="mt-0.5 mb-2.5 text-pretty text-ink-2" />
              {example !== undefined && <Example title="Example answer" text={asText(example)} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Every shape that has a name. */
export function SchemasSection({ document }: { document: Document }) {
  return (
    <section aria-labelledby="schemas" className="border-t py-7">
      <h2 id="schemas" className="scroll-mt-16 text-xl font-semibold md:scroll-mt-6">
        Schemas
      </h2>
      {Object.entries(document.components.schemas).map(([name, schema]) => (
        <div key={name} className="mt-6">
          <h3 id={schemaId(name)} className="scroll-mt-16 text-lg font-semibold md:scroll-mt-6">
            {name}
          </h3>
          {schema.description && <Prose text={schema.description} className="mt-0.5 max-w-2xl text-pretty text-ink-2" />}
          <div className="mt-2.5 space-y-2">
            <Shape schema={schema} />
            {schema.example !== undefined && <Example title="Example" text={asText(schema.example)} />}
          </div>
        </div>
      ))}
    </section>
  );
}
