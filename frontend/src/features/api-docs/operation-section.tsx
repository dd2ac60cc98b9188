import { AnswerItem } from "./answer-item";
import { Example } from "./example";
import { Rows } from "./members";
import { MethodBadge } from "./method-badge";
import { curl, type Operation } from "./model";
import { Prose } from "./prose";
import { Shape } from "./shape";

export const errorId = (name: string) => `error-${name}`;
export const accessId = (name: string) => `access-${name}`;

interface Props {
  operation: Operation;
  accessWords: Record<string, string>;
}

/** One route: what it does, what it takes, what it answers. */
export function OperationSection({ operation, accessWords }: Props) {
  const { id, method, path, summary, description, access, parameters, body, answers, errors } = operation;
  return (
    <article aria-labelledby={id} className="border-t py-7 first-of-type:border-t-0">
      <h3 id={id} className="scroll-mt-16 text-lg font-semibold md:scroll-mt-6">
        {summary}
      </h3>
      <p className="mt-1.5 flex items-baseline gap-2.5">
        <MethodBadge method={method} />
        <code className="font-mono text-base break-all">{path}</code>
      </p>
      <Prose text={description} className="mt-2.5 max-w-2xl text-pretty text-ink-2" />
      <p className="mt-2 text-sm text-ink-3">
        {access.length === 0 ? (
          "Needs no sign-in."
        ) : (
          <>
            {access.length > 1 ? "Needs one of: " : "Needs: "}
            {access.map((name, index) => (
              <span key={name}>
                {index > 0 && ", "}
                <a href={`#${accessId(name)}`} className="rounded-sm underline underline-offset-2 hover:text-ink">
                  {accessWords[name] ?? name}
                </a>
              </span>
            ))}
            .
          </>
        )}
      </p>
      <div className="mt-4 space-y-5">
        {parameters.length > 0 && (
          <Part title="Parameters">
            <Rows mark="required" rows={parameters.map(({ in: place, ...parameter }) => ({ ...parameter, place, required: parameter.required ?? false }))} />
          </Part>
        )}
        {body && (
          <Part title={`Body, ${body.type}${body.required ? "" : ", optional"}`}>
            {body.description && <Prose text={body.description} className="mb-2 text-ink-2" />}
            <Shape schema={body.media.schema} mark="required" />
          </Part>
        )}
        <Part title="Answers">
          <ul className="space-y-3">
            {answers.map((answer) => (
              <AnswerItem key={answer.status} answer={answer} />
            ))}
          </ul>
          {errors.length > 0 && (
            <p className="mt-3 flex flex-wrap items-center gap-1.5 text-sm text-ink-3">
              Errors
              {errors.map(({ status, name }) => (
                <a key={status} href={`#${errorId(name)}`} className="rounded-sm bg-subtle px-1.5 py-0.5 font-mono text-xs text-ink-2 hover:text-ink hover:underline">
                  {status}
                </a>
              ))}
            </p>
          )}
        </Part>
        <Example title="Example request" text={curl(operation)} />
      </div>
    </article>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <h4 className="mb-2 text-sm font-medium text-ink-2">{title}</h4>
      {children}
    </div>
  );
}
