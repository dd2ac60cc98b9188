// Person fields in both versions, driven by Pipedrive's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, invalid, notFound, raw, refused, walk } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box } = await startSandboxes();
const { persons, fields, fieldsV1 } = clientsOf(box);
const code = /^[0-9a-f]{40}$/;

const add = async (field_name, field_type, more) => (await fields.addPersonField({ AddPersonFieldRequest: { field_name, field_type, ...more } })).data;
const get = async (field_code, more) => (await fields.getPersonField({ field_code, ...more })).data;

test("an account has its own fields from the start", async () => {
  const { data } = await fields.getPersonFields();
  const known = Object.fromEntries(data.map((f) => [f.field_code, f]));
  for (const each of ["name", "email", "phone", "org_id", "label_ids"]) assert.equal(known[each]?.is_custom_field, false, each);
});

test("a new field answers 200 with its code", async () => {
  const answer = await raw(box, "POST", "/api/v2/personFields", { field_name: "Pronouns", field_type: "varchar" });
  assert.equal(answer.status, 200);
  const { field_code, ui_visibility: visibility, ...field } = answer.json.data;
  assert.match(field_code, code);
  assert.deepEqual(field, { field_name: "Pronouns", description: null, field_type: "varchar", options: null, subfields: null, is_custom_field: true, is_optional_response_field: false });
  assert.equal((await get(field_code)).field_name, "Pronouns");
  assert.deepEqual(visibility, { add_visible_flag: false, details_visible_flag: true });
  assert.deepEqual((await get(field_code, { include_fields: "ui_visibility" })).ui_visibility, visibility);
});

test("names are not unique, codes are", async () => {
  const [one, two] = [await add("Same", "varchar"), await add("Same", "varchar")];
  assert.notEqual(one.field_code, two.field_code);
});

test("what a field needs", async () => {
  const wrong = [["", "varchar"], ["x".repeat(256), "varchar"], ["No type", undefined], ["Bad type", "emoji"], ["No options", "enum"], ["Description", "varchar", { description: "x" }], ["Label", "enum", { options: [{ label: "" }] }]];
  for (const each of wrong) await invalid(add(...each));
  assert.deepEqual(await refused(get("0".repeat(40))), notFound);
});

test("a field is renamed and deleted; its values go with it", async () => {
  const field = await add("Old name", "text");
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Has value", custom_fields: { [field.field_code]: "v" } } });
  const renamed = (await fields.updatePersonField({ field_code: field.field_code, UpdatePersonFieldRequest: { field_name: "New name" } })).data;
  assert.deepEqual([renamed.field_name, renamed.field_code, renamed.field_type], ["New name", field.field_code, "text"]);
  await fields.deletePersonField({ field_code: field.field_code });
  assert.deepEqual(await refused(get(field.field_code)), notFound);
  assert.ok(!(field.field_code in ((await persons.getPerson({ id: person.id })).data.custom_fields ?? {})));
  await invalid(persons.updatePerson({ id: person.id, UpdatePersonRequest: { custom_fields: { [field.field_code]: "w" } } }));
});

test("options are added, renamed and deleted all or none", async () => {
  const { field_code } = await add("Choice", "enum", { options: [{ label: "one" }, { label: "two" }] });
  const labels = async () => (await get(field_code)).options.map((o) => o.label);
  const { data: added } = await fields.addPersonFieldOptions({ field_code, AddDealFieldOptionsRequestInner: [{ label: "three" }] });
  assert.ok(added.some((o) => o.label === "three" && Number.isInteger(o.id)));
  assert.deepEqual(await labels(), ["one", "two", "three"]);
  const [{ id }] = (await get(field_code)).options;
  await fields.updatePersonFieldOptions({ field_code, UpdateDealFieldOptionsRequestInner: [{ id, label: "first" }] });
  assert.deepEqual(await labels(), ["first", "two", "three"]);
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Chooser", custom_fields: { [field_code]: id } } });
  await refused(fields.deletePersonFieldOptions({ field_code, DeleteDealFieldOptionsRequestInner: [{ id }, { id: 999_999 }] }));
  assert.deepEqual(await labels(), ["first", "two", "three"]);
  await fields.deletePersonFieldOptions({ field_code, DeleteDealFieldOptionsRequestInner: [{ id }] });
  assert.deepEqual(await labels(), ["two", "three"]);
  assert.equal((await persons.getPerson({ id: person.id })).data.custom_fields[field_code], null);
});

test("the list pages", async () => {
  for (let i = 0; i < 12; i++) await add(`Page ${i}`, "double");
  const walked = await walk((cursor) => fields.getPersonFields({ limit: 5, cursor }));
  const { data } = await fields.getPersonFields({ limit: 500 });
  assert.deepEqual(walked.map((f) => f.field_code), data.map((f) => f.field_code));
});

test("what only administrators may do, and what the plan caps", async () => {
  await box.knobs({ regularUser: true });
  assert.equal((await raw(box, "POST", "/api/v2/personFields", { field_name: "x", field_type: "varchar" })).status, 403);
  await box.knobs({ regularUser: false, customFieldCap: 1 });
  assert.equal((await refused(add("Over", "varchar"))).code, "feature_capping_custom_fields_limit");
  await box.knobs({ customFieldCap: 0 });
  assert.equal((await raw(box, "PATCH", "/api/v2/personFields/name", { field_name: "Mine" })).status, 403);
});

test("version 1 shows the same fields with numbers, and parts as rows of their own", async () => {
  const money = await add("Money", "monetary");
  const answer = await raw(box, "POST", "/api/v1/personFields", { name: "By v1", field_type: "enum", options: [{ label: "a" }] });
  assert.equal(answer.status, 201);
  const made = answer.json.data;
  assert.match(made.key, code);
  assert.deepEqual([made.name, made.field_type, made.edit_flag, made.active_flag, made.options[0].label], ["By v1", "enum", true, true, "a"]);
  assert.equal((await get(made.key)).field_name, "By v1");
  const { data, additional_data: additional } = await fieldsV1.getPersonFields({ limit: 500 });
  assert.equal(additional.pagination.more_items_in_collection, false);
  assert.ok(data.some((f) => f.key === `${money.field_code}_currency`));
  assert.equal((await fieldsV1.getPersonField({ id: made.id })).data.key, made.key);
  assert.equal((await fieldsV1.updatePersonField({ id: made.id, UpdateFieldRequest: { name: "Renamed" } })).data.name, "Renamed");
  assert.equal((await fieldsV1.deletePersonField({ id: made.id })).data.id, made.id);
  await refused(fieldsV1.getPersonField({ id: made.id }));
  const two = [await fieldsV1.addPersonField({ CreateFieldRequest: { name: "A", field_type: "varchar" } }), await fieldsV1.addPersonField({ CreateFieldRequest: { name: "B", field_type: "varchar" } })].map((f) => f.data.id);
  assert.deepEqual((await fieldsV1.deletePersonFields({ ids: two.join(",") })).data.id, two);
});

test("version 1 pages by offset", async () => {
  const seen = [];
  let start = 0;
  do {
    const { data, additional_data: { pagination } } = await fieldsV1.getPersonFields({ start, limit: 10 });
    seen.push(...data.map((f) => f.key));
    start = pagination.next_start;
  } while (start);
  const { data } = await fieldsV1.getPersonFields({ limit: 500 });
  assert.deepEqual(seen, data.map((f) => f.key));
});
