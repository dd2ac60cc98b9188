import { Choices, Members, type Mark } from "./members";
import { membersOf } from "./model";
import type { Schema } from "./openapi";
import { TypeName } from "./type-name";

/** A named shape as a link to it, any other as a table. */
export function Shape({ schema, mark }: { schema: Schema; mark?: Mark }) {
  const members = membersOf(schema);
  return (
    <>
      {(!members || schema.type === "array") && <TypeName schema={schema} />}
      <Choices schema={schema} />
      {members && <Members schema={members} mark={mark} />}
    </>
  );
}
