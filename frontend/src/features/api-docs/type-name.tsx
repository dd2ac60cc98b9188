import { typeWords } from "./model";
import type { Schema } from "./openapi";

export const schemaId = (name: string) => `schema-${name}`;

/** A type in words; the name of a schema leads to it. */
export function TypeName({ schema }: { schema: Schema }) {
  const { before, ref, after } = typeWords(schema);
  return (
    <span className="text-sm text-ink-3">
      {before}
      {ref && (
        <a href={`#${schemaId(ref)}`} className="rounded-sm text-brand-ink underline decoration-brand/40 underline-offset-2 hover:decoration-current">
          {ref}
        </a>
      )}
      {after}
    </span>
  );
}
