import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { constraints, curl, groups, membersOf, typeWords } from "./model";
import { methods, type Document } from "./openapi";

const document = JSON.parse(readFileSync(new URL("../../../public/openapi.json", import.meta.url), "utf8")) as Document;
const all = groups(document).flatMap((group) => group.operations);

const one = (id: string) => {
  const found = all.find((operation) => operation.id === id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found;
};

describe("groups", () => {
  test("leaves out no route of the document", () => {
    const routes = Object.entries(document.paths).flatMap(([path, item]) => methods.flatMap((method) => (item[method] ? [`${method} ${path}`] : [])));
    expect(all.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort());
    const others = Object.values(document.paths).flatMap((item) => Object.keys(item).filter((key) => !methods.some((method) => method === key)));
    expect(others).toEqual([]);
  });

  test("gives every route an id of its own and every group a route", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(groups(document).filter((group) => group.operations.length === 0)).toEqual([]);
  });

  test("looks up shared parameters and tells shared answers from a route's own", () => {
    const { parameters, answers, errors } = one("updateContact");
    expect(parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual(["path id", "header If-Match"]);
    expect(answers.map(({ status }) => status)).toEqual(["200"]);
    expect(errors).toContainEqual({ status: "412", name: "Stale" });
  });

  test("knows who may ask", () => {
    expect(one("listContacts").access).toEqual(["sessionCookie", "apiKey", "hostToken"]);
    expect(one("cronSync").access).toEqual(["cronSecret"]);
    expect(one("signIn").access).toEqual([]);
    expect(one("getSession").access).toEqual([]);
  });
});

describe("typeWords", () => {
  test.each([
    [{ type: "string" }, { before: "string", after: "" }],
    [{ type: ["string", "null"], format: "date-time" }, { before: "string (date-time) or null", after: "" }],
    [{ $ref: "#/components/schemas/Run" }, { before: "", ref: "Run", after: "" }],
    [{ type: "array", items: { $ref: "#/components/schemas/Link" } }, { before: "list of ", ref: "Link", after: "" }],
    [{ oneOf: [{ $ref: "#/components/schemas/Budget" }, { type: "null" }] }, { before: "", ref: "Budget", after: " or null" }],
    [{ type: "object", additionalProperties: { type: "string" } }, { before: "map to string", after: "" }],
    [{ type: "object", additionalProperties: false }, { before: "object", after: "" }],
  ])("%j", (schema, words) => {
    expect(typeWords(schema)).toEqual(words);
  });
});

test("constraints says only what limits", () => {
  expect(constraints({ type: "integer", minimum: 1, maximum: 200, default: 50 })).toEqual(["1 to 200", "default 50"]);
  expect(constraints({ type: "integer", minimum: 0 })).toEqual([]);
  expect(constraints({ type: "string", minLength: 1, maxLength: 40 })).toEqual(["not empty", "at most 40 characters"]);
});

test("membersOf looks into lists, not behind names", () => {
  const properties = { line: { type: "integer" } };
  expect(membersOf({ type: "array", items: { type: "object", properties } })?.properties).toBe(properties);
  expect(membersOf({ type: "array", items: { $ref: "#/components/schemas/Link" } })).toBeUndefined();
});

describe("curl", () => {
  test("names what has to be filled in", () => {
    expect(curl(one("getRun"))).toBe('curl "$CONTACT_SYNC_URL/api/sync/$RUN_ID" \\\n  -H "Authorization: Bearer $API_KEY"');
    expect(curl(one("cronSync"))).toContain("Bearer $CRON_SECRET");
  });
  test("sends the document's example", () => {
    expect(curl(one("changeConnection"))).toContain(`-X PATCH "$CONTACT_SYNC_URL/api/connections/$PROVIDER"`);
    expect(curl(one("changeConnection"))).toContain(`-d '{"action":"test"}'`);
    expect(curl(one("importContacts"))).toContain("--data-binary @contacts.csv");
  });
});
