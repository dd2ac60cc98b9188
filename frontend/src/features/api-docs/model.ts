import { methods, type Document, type Media, type Method, type Parameter, type RawOperation, type Ref, type Requirement, type Response, type Schema } from "./openapi";

/** An address and a method, with every reference of it looked up. */
export interface Operation {
  id: string;
  method: Method;
  path: string;
  summary: string;
  description: string;
  /** Names of the schemes of which one is needed; none: nobody has to be signed in. */
  access: string[];
  parameters: Parameter[];
  body?: { type: string; required: boolean; description: string; media: Media };
  answers: Answer[];
  /** Answers that many routes share. */
  errors: { status: string; name: string }[];
}

export interface Answer {
  status: string;
  description: string;
  media?: Media;
}

export interface Group {
  name: string;
  description: string;
  operations: Operation[];
}

/** The routes, in the groups and the order of the document. */
export function groups(document: Document): Group[] {
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const raw = item[method];
      return raw ? [{ tag: raw.tags[0], operation: operation(document, path, method, raw) }] : [];
    }),
  );
  return document.tags.map(({ name, description }) => ({
    name,
    description,
    operations: all.filter(({ tag }) => tag === name).map(({ operation }) => operation),
  }));
}

function operation(document: Document, path: string, method: Method, raw: RawOperation): Operation {
  const { operationId: id, summary, description, requestBody } = raw;
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const responses = Object.entries(raw.responses);
  return {
    id,
    method,
    path,
    summary,
    description,
    access: accessOf(raw.security ?? document.security),
    parameters: (raw.parameters ?? []).map((parameter) => lookUp<Parameter>(document.components.parameters, parameter)),
    ...(requestBody && type && media && { body: { type, required: requestBody.required ?? false, description: requestBody.description ?? "", media } }),
    answers: responses.flatMap(([status, response]) => (isRef(response) ? [] : [answer(status, response)])),
    errors: responses.flatMap(([status, response]) => (isRef(response) ? [{ status, name: refName(response.$ref) }] : [])),
  };
}

function accessOf(security: Requirement[]): string[] {
  return security.some((requirement) => Object.keys(requirement).length === 0) ? [] : security.flatMap(Object.keys);
}

function answer(status: string, { description, content }: Response): Answer {
  return { status, description, media: Object.values(content ?? {})[0] };
}

function lookUp<T extends object>(named: Record<string, T>, value: T | Ref): T {
  if (!isRef(value)) return value;
  const found = named[refName(value.$ref)];
  if (!found) throw new Error(`the API's document refers to ${value.$ref}, which it does not have`);
  return found;
}

function isRef(value: object): value is Ref {
  return "$ref" in value;
}

/** The last part of a reference: "#/components/schemas/Run" is "Run". */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

/** What stands in for a type: words around at most one name of a schema. */
export interface TypeWords {
  before: string;
  ref?: string;
  after: string;
}

export function typeWords(schema: Schema): TypeWords {
  if (schema.$ref) return { before: "", ref: refName(schema.$ref), after: "" };
  if (schema.oneOf) {
    const [first, ...others] = schema.oneOf.filter((option) => option.type !== "null");
    const inner = typeWords(first ?? {});
    const rest = others.map((option) => ` or ${plain(typeWords(option))}`).join("");
    return { ...inner, after: inner.after + rest + (schema.oneOf.some((option) => option.type === "null") ? " or null" : "") };
  }
  const types = [schema.type ?? "any"].flat();
  const orNull = types.includes("null") ? " or null" : "";
  const type = types.find((candidate) => candidate !== "null") ?? "any";
  if (type === "array" && schema.items) {
    const inner = typeWords(schema.items);
    return { ...inner, before: `list of ${inner.before}`, after: inner.after + orNull };
  }
  if (type === "object" && schema.additionalProperties && typeof schema.additionalProperties === "object" && !schema.properties) {
    const inner = typeWords(schema.additionalProperties);
    return { ...inner, before: `map to ${inner.before}`, after: inner.after + orNull };
  }
  return { before: (schema.format ? `${type} (${schema.format})` : type) + orNull, after: "" };
}

function plain({ before, ref = "", after }: TypeWords): string {
  return before + ref + after;
}

/** Limits and choices of a value, in words. */
export function constraints(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, pattern, default: usual } = schema;
  return [
    minimum !== undefined && maximum !== undefined && `${minimum} to ${maximum}`,
    minimum !== undefined && maximum === undefined && minimum !== 0 && `at least ${minimum}`,
    minimum === undefined && maximum !== undefined && `at most ${maximum}`,
    minLength === 1 && "not empty",
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern !== undefined && `matches ${pattern}`,
    usual !== undefined && `default ${JSON.stringify(usual)}`,
  ].filter((words): words is string => Boolean(words));
}

/** The members of an object that are worth a table: its own, or those of the objects it is a list of. */
export function membersOf(schema: Schema): Schema | undefined {
  if (schema.properties) return schema;
  if (schema.items && !schema.items.$ref) return membersOf(schema.items);
  return undefined;
}

/** The request as a command line, with names of variables where one's own values go. */
export function curl({ method, path, access, body }: Operation): string {
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.replaceAll(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()}`);
  const parts = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} "$CONTACT_SYNC_URL${address}"`];
  if (access.includes("apiKey")) parts.push(`-H "Authorization: Bearer $API_KEY"`);
  if (access.includes("cronSecret")) parts.push(`-H "Authorization: Bearer $CRON_SECRET"`);
  if (body) {
    parts.push(`-H "Content-Type: ${body.type}"`);
    parts.push(body.type === "application/json" ? `-d '${JSON.stringify(exampleOf(body.media) ?? {}).replaceAll("'", "'\\''")}'` : "--data-binary @contacts.csv");
  }
  return parts.join(" \\\n  ");
}

export function exampleOf({ example, examples }: Media): unknown {
  return example ?? Object.values(examples ?? {})[0]?.value;
}
