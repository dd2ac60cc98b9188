// Single persons, driven by Pipedrive's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, invalid, notFound, raw, refused } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance } = await startSandboxes();
const { persons, fields } = clientsOf(box);

const add = async (person) => (await persons.addPerson({ AddPersonRequest: person })).data;
const update = async (id, change) => (await persons.updatePerson({ id, UpdatePersonRequest: change })).data;
const get = async (id, more) => (await persons.getPerson({ id, ...more })).data;
const second = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

test("create answers 200 with the whole person", async () => {
  const body = { name: "Ada King Lovelace", emails: [{ value: "ada@example.com" }], phones: [{ value: "12345", label: "mobile" }] };
  const answer = await raw(box, "POST", "/api/v2/persons", body);
  assert.equal(answer.status, 200);
  const { id, add_time, update_time, owner_id, ...person } = answer.json.data;
  assert.deepEqual(person, {
    name: "Ada King Lovelace",
    first_name: "Ada",
    last_name: "King Lovelace",
    org_id: null,
    emails: [{ value: "ada@example.com", primary: true, label: "work" }],
    phones: [{ value: "12345", primary: true, label: "mobile" }],
    is_deleted: false,
    visible_to: 3,
    label_ids: [],
    picture_id: null,
    custom_fields: null,
  });
  assert.ok(Number.isInteger(id) && Number.isInteger(owner_id));
  assert.match(add_time, second);
  assert.equal(update_time, add_time);
  assert.deepEqual(await get(id), answer.json.data);
});

test("names: split at the first space, or joined from two parts", async () => {
  const cases = [
    [{ name: "Sample" }, ["Sample", "Sample", null]],
    [{ name: "  Test Person " }, ["Test Person", "Test", "Person"]],
    [{ first_name: "Grace", last_name: "Hopper" }, ["Grace Hopper", "Grace", "Hopper"]],
    [{ first_name: "", last_name: "Only" }, ["Only", "", "Only"]],
    [{ name: "Wins Always", first_name: "Loses", last_name: "Out" }, ["Wins Always", "Wins", "Always"]],
  ];
  for (const [person, expected] of cases) {
    const { name, first_name, last_name } = await add(person);
    assert.deepEqual([name, first_name, last_name], expected, JSON.stringify(person));
  }
  await box.knobs({ nameTogether400: true });
  await invalid(add({ name: "A B", first_name: "A", last_name: "B" }));
  await box.knobs({ nameTogether400: false });
  assert.match(await invalid(add({ emails: [{ value: "x@example.com" }] })), /Name must be given/);
  await invalid(add({ first_name: "", last_name: "" }));
});

test("several addresses: the first is primary unless another is, and labels are free", async () => {
  const emails = [{ value: "a@example.com" }, { value: "b@example.com", primary: true, label: "whatever I like" }];
  assert.deepEqual((await add({ name: "Many", emails })).emails, [
    { value: "a@example.com", primary: false, label: "work" },
    { value: "b@example.com", primary: true, label: "whatever I like" },
  ]);
  await invalid(add({ name: "Two", emails: emails.map((e) => ({ ...e, primary: true })) }));
  await invalid(add({ name: "None", emails: [{ label: "work" }] }));
});

test("an address may belong to several persons", async () => {
  const [one, two] = [await add({ name: "Twin", emails: [{ value: "same@example.com" }] }), await add({ name: "Twin", emails: [{ value: "same@example.com" }] })];
  assert.notEqual(one.id, two.id);
});

test("bodies are strict: unknown and wrongly typed properties are refused", async () => {
  const wrong = [{ nickname: "x" }, { visible_to: "3" }, { owner_id: "1" }, { emails: "a@example.com" }, { emails: [{ value: 5 }] }, { label_ids: [99] }, { visible_to: 4 }, { owner_id: 1 }];
  for (const each of wrong) await invalid(add({ name: "Strict", ...each }));
  await invalid(update((await add({ name: "Strict" })).id, { add_time: "2026-01-01T00:00:00Z" }));
  await box.knobs({ lenientBodies: true });
  await add({ name: "Lenient", nickname: "x" });
  await box.knobs({ lenientBodies: false });
});

test("update leaves what is absent, replaces lists, and clears with an empty one", async () => {
  const { id } = await add({ name: "Grace Hopper", emails: [{ value: "1@example.com" }, { value: "2@example.com" }], phones: [{ value: "1" }], org_id: 7 });
  await advance("2s");
  const changed = await update(id, { emails: [{ value: "3@example.com" }], org_id: null });
  assert.deepEqual([changed.name, changed.org_id, changed.phones.length], ["Grace Hopper", null, 1]);
  assert.deepEqual(changed.emails, [{ value: "3@example.com", primary: true, label: "work" }]);
  assert.equal(Date.parse(changed.update_time) - Date.parse(changed.add_time), 2000);
  assert.deepEqual((await update(id, { phones: [] })).phones, []);
  assert.deepEqual([(await update(id, { first_name: "Amazing", last_name: "Grace" })).name, (await update(id, { name: "G H J" })).last_name], ["Amazing Grace", "H J"]);
  await box.knobs({ placeholderEmpty: true });
  assert.deepEqual((await get(id)).phones, [{ value: "", primary: true, label: "" }]);
  await box.knobs({ placeholderEmpty: false });
});

test("times have whole seconds, whenever the write", async () => {
  await advance("400ms");
  const { id } = await add({ name: "Clock" });
  const before = await get(id);
  await advance("300ms");
  assert.equal((await update(id, { name: "Clock Again" })).update_time, before.update_time);
  await box.knobs({ postCreateBump: true });
  const fresh = await add({ name: "Bumped" });
  await advance("1s");
  const bumped = await get(fresh.id);
  assert.equal(Date.parse(bumped.update_time) - Date.parse(fresh.update_time), 1000);
  await box.knobs({ postCreateBump: false });
});

test("custom values: every field is there, null when unset, and cleared with null", async () => {
  const field = async (name, type, options) => (await fields.addPersonField({ AddPersonFieldRequest: { field_name: name, field_type: type, ...(options && { options: options.map((label) => ({ label })) }) } })).data;
  const text = await field("Pronouns", "varchar");
  const choice = await field("Choice", "enum", ["one", "two"]);
  const several = await field("Several", "set", ["x", "y"]);
  const amount = await field("Amount", "monetary");
  const number = await field("Number", "double");
  const plain = await add({ name: "Custom" });
  assert.deepEqual(Object.values(plain.custom_fields), [null, null, null, null, null]);
  const values = {
    [text.field_code]: "they/them",
    [choice.field_code]: choice.options[1].id,
    [several.field_code]: several.options.map((o) => o.id),
    [amount.field_code]: { value: 12.5, currency: "EUR" },
    [number.field_code]: 3.25,
  };
  const full = await update(plain.id, { custom_fields: values });
  assert.deepEqual(full.custom_fields, values);
  assert.deepEqual((await update(plain.id, { custom_fields: { [text.field_code]: null } })).custom_fields, { ...values, [text.field_code]: null });
  const labelled = await get(plain.id, { include_option_labels: true });
  assert.deepEqual(labelled.custom_fields[choice.field_code], { id: choice.options[1].id, label: "two" });
  assert.deepEqual(Object.keys((await get(plain.id, { custom_fields: number.field_code })).custom_fields), [number.field_code]);
  for (const [code, value] of [[several.field_code, []], [choice.field_code, 999], [choice.field_code, "1"], [number.field_code, "3"], [text.field_code, "x".repeat(256)], ["0".repeat(40), "x"]]) {
    const error = await invalid(update(plain.id, { custom_fields: { [code]: value } }));
    assert.ok(error.includes(code), error);
  }
});

test("optional parts are shown when asked", async () => {
  const { id } = await add({ name: "Parts", label_ids: [] });
  const person = await get(id, { include_fields: "open_deals_count", include_labels: true });
  assert.deepEqual([person.open_deals_count, person.labels], [0, []]);
  await invalid(get(id, { include_fields: "shoe_size" }));
});

test("fields of Contact Sync are a 403 unless it is on", async () => {
  const body = { name: "Synced", job_title: "Engineer" };
  assert.equal((await raw(box, "POST", "/api/v2/persons", body)).status, 403);
  await box.knobs({ contactSync: true });
  assert.equal((await add(body)).job_title, "Engineer");
  await box.knobs({ contactSync: false });
});

test("a deleted person stays readable for 30 days, cannot be edited, and is then gone", async () => {
  const { id } = await add({ name: "Deleted" });
  await advance("1s");
  const gone = await persons.deletePerson({ id });
  assert.deepEqual(gone, { success: true, data: { id } });
  const shown = await get(id);
  assert.ok(shown.is_deleted && shown.update_time > shown.add_time);
  const refusal = await refused(update(id, { name: "Edited" }));
  assert.deepEqual([refusal.code, refusal.error], ["ERR_PERSON_DELETED", "Entity is deleted. You must first restore it before you can edit"]);
  const again = await raw(box, "DELETE", `/api/v2/persons/${id}`);
  assert.deepEqual([again.status, again.json], [410, { success: true, data: { id } }]);
  await box.knobs({ secondDelete404: true, deletedGet404: true });
  assert.deepEqual(await refused(persons.deletePerson({ id })), notFound);
  assert.deepEqual(await refused(get(id)), notFound);
  await box.knobs({ secondDelete404: false, deletedGet404: false });
  await advance("719h");
  assert.ok((await get(id)).is_deleted);
  await advance("1h");
  assert.deepEqual(await refused(get(id)), notFound);
});

test("a person restores a deleted person on the page", async () => {
  const { id } = await add({ name: "Back Again" });
  await persons.deletePerson({ id });
  await box.restore(id);
  const back = await get(id);
  assert.deepEqual([back.is_deleted, back.name], [false, "Back Again"]);
  assert.equal((await update(id, { name: "Edited" })).name, "Edited");
});

test("who is not there is a 404", async () => {
  assert.deepEqual(await refused(get(999_999)), notFound);
  assert.deepEqual(await refused(update(999_999, { name: "x" })), notFound);
  assert.equal((await raw(box, "GET", "/api/v2/persons/999999")).status, 404);
  assert.equal((await raw(box, "PUT", "/api/v2/persons/1", {})).status, 405);
  assert.equal((await raw(box, "GET", "/api/v2/unicorns")).status, 404);
});

test("both addresses of a version serve the same", async () => {
  const { id } = await add({ name: "Paths" });
  for (const prefix of ["/api/v2", "/v2"]) assert.equal((await raw(box, "GET", `${prefix}/persons/${id}`)).json.data.name, "Paths");
});

test("text comes back as it was sent", async () => {
  const text = "Zoë 😀 O'Brien & Söhne <b>\"x\"</b> \\ \u202Eabc";
  const { id } = await add({ first_name: text, last_name: "日本" });
  const { first_name, last_name } = await get(id);
  assert.deepEqual([first_name, last_name], [text, "日本"]);
});
