// Properties, groups and the account, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const client = clientOf(box);
const { coreApi: properties, batchApi: batch, groupsApi: groups } = client.crm.properties;
const contacts = client.crm.contacts.basicApi;

const definition = (name, more) => ({ name, label: name, groupName: "contactinformation", type: "string", fieldType: "text", ...more });
const options = [
  { label: "she/her", value: "she_her", displayOrder: 0, hidden: false },
  { label: "he/him", value: "he_him", displayOrder: 1, hidden: false },
];

test("the list holds what every account has", async () => {
  const { results } = await properties.getAll("contacts");
  const email = results.find((p) => p.name === "email");
  assert.deepEqual([email.type, email.fieldType, email.calculated, email.modificationMetadata.readOnlyValue], ["string", "text", false, false]);
  const computed = results.find((p) => p.name === "hs_email_domain");
  assert.deepEqual([computed.calculated, computed.modificationMetadata.readOnlyValue], [true, true]);
  assert.equal((await properties.getAll("0-1")).results.length, results.length);
});

test("create answers 201 with the whole definition; again is a 409", async () => {
  const answer = await properties.createWithHttpInfo("contacts", definition("pronouns", { label: "Pronouns", description: "How to refer to somebody", formField: true }));
  assert.equal(answer.httpStatusCode, 201);
  const p = answer.data;
  assert.deepEqual([p.name, p.label, p.type, p.fieldType, p.groupName, p.description], ["pronouns", "Pronouns", "string", "text", "contactinformation", "How to refer to somebody"]);
  assert.deepEqual([p.hidden, p.formField, p.hasUniqueValue, p.archived, p.calculated, p.displayOrder, p.options], [false, true, false, false, false, -1, []]);
  assert.deepEqual({ ...p.modificationMetadata }, { archivable: true, readOnlyDefinition: false, readOnlyValue: false });
  assert.deepEqual(envelope(await refused(properties.create("contacts", definition("pronouns")), 409)), {
    status: "error",
    message: "A property named 'pronouns' already exists.",
    category: "OBJECT_ALREADY_EXISTS",
    subCategory: "Properties.PROPERTY_WITH_NAME_EXISTS",
  });
});

test("definitions that do not fit are refused", async () => {
  const cases = [
    definition("Upper"),
    definition("hs_mine"),
    definition("nogroup", { groupName: "nowhere" }),
    definition("nolabel", { label: "" }),
    definition("mismatch", { type: "number", fieldType: "select" }),
    definition("sameoptions", { type: "enumeration", fieldType: "select", options: [options[0], options[0]] }),
  ];
  for (const each of cases) assert.equal(envelope(await refused(properties.create("contacts", each), 400)).category, "VALIDATION_ERROR", each.name);
});

test("get, and a missing one is a 404", async () => {
  assert.equal((await properties.getByName("contacts", "firstname")).label, "First Name");
  assert.equal(envelope(await refused(properties.getByName("contacts", "no_such"), 404)).category, "OBJECT_NOT_FOUND");
});

test("update replaces the options it is given and keeps those it is not", async () => {
  await properties.create("contacts", definition("choice", { type: "enumeration", fieldType: "select", options }));
  const renamed = await properties.update("contacts", "choice", { label: "Choice" });
  assert.deepEqual([renamed.label, renamed.options.map((o) => o.value)], ["Choice", ["she_her", "he_him"]]);
  const replaced = await properties.update("contacts", "choice", { options: [{ label: "they/them", value: "they_them", displayOrder: 0, hidden: false }] });
  assert.deepEqual(replaced.options.map((o) => o.value), ["they_them"]);
  const { body } = await refused(contacts.create(contact({ email: "choice@example.com", choice: "she/her" })), 400);
  assert.equal(body.errors[0].code, "INVALID_OPTION");
  const made = await contacts.create(contact({ email: "choice@example.com", choice: "they_them" }));
  assert.equal(made.properties.choice, "they_them");
});

test("an archived property is gone, and comes back as it was when created again", async () => {
  const first = await properties.create("contacts", definition("returning", { label: "First" }));
  const { id } = await contacts.create(contact({ email: "returning@example.com", returning: "value" }));
  await advance("5s");
  assert.equal((await properties.archiveWithHttpInfo("contacts", "returning")).httpStatusCode, 204);
  await refused(properties.getByName("contacts", "returning"), 404);
  assert.equal((await properties.getByName("contacts", "returning", true)).archived, true);
  assert.ok((await properties.getAll("contacts", true)).results.some((p) => p.name === "returning"));
  assert.ok(!("returning" in (await contacts.getById(id, ["returning"])).properties));
  const again = await properties.createWithHttpInfo("contacts", definition("returning", { label: "Second" }));
  assert.equal(again.httpStatusCode, 201);
  assert.equal(again.data.createdAt.getTime(), first.createdAt.getTime());
  assert.equal((await contacts.getById(id, ["returning"])).properties.returning, "value");
});

test("properties of HubSpot stay as they are", async () => {
  await refused(properties.archive("contacts", "firstname"), 400);
  await refused(properties.update("contacts", "firstname", { label: "Mine" }), 400);
});

test("a new property is not readable at once where the knob says so", async () => {
  await box.knobs({ propertyLagMs: 700 });
  await properties.create("contacts", definition("slow_property"));
  await refused(properties.getByName("contacts", "slow_property"), 404);
  await advance("700ms");
  assert.equal((await properties.getByName("contacts", "slow_property")).name, "slow_property");
  await box.knobs({ propertyLagMs: 0 });
});

test("batches of properties", async () => {
  const made = await batch.createWithHttpInfo("contacts", { inputs: [definition("batch_a"), definition("batch_b")] });
  assert.equal(made.httpStatusCode, 201);
  assert.deepEqual(made.data.results.map((p) => p.name), ["batch_a", "batch_b"]);
  const again = await batch.createWithHttpInfo("contacts", { inputs: [definition("batch_a"), definition("batch_c")] });
  assert.equal(again.httpStatusCode, 207);
  assert.deepEqual(again.data.results.map((p) => p.name), ["batch_c"]);
  const [error] = again.data.errors;
  assert.deepEqual([error.category, error.context], ["OBJECT_ALREADY_EXISTS", { name: ["batch_a"] }]);
  const read = await batch.readWithHttpInfo("contacts", { archived: false, inputs: [{ name: "batch_a" }, { name: "batch_z" }], dataSensitivity: "non_sensitive" });
  assert.equal(read.httpStatusCode, 207);
  assert.deepEqual(read.data.results.map((p) => p.name), ["batch_a"]);
  assert.equal((await batch.archiveWithHttpInfo("contacts", { inputs: [{ name: "batch_a" }, { name: "batch_b" }] })).httpStatusCode, 204);
  await refused(properties.getByName("contacts", "batch_a"), 404);
});

test("groups of properties", async () => {
  const made = await groups.createWithHttpInfo("contacts", { name: "peers", label: "Peers", displayOrder: 3 });
  assert.equal(made.httpStatusCode, 201);
  assert.deepEqual({ ...made.data }, { name: "peers", label: "Peers", displayOrder: 3, archived: false });
  await refused(groups.create("contacts", { name: "peers", label: "Peers" }), 409);
  assert.equal((await groups.update("contacts", "peers", { label: "Renamed" })).label, "Renamed");
  assert.equal((await groups.getByName("contacts", "peers")).displayOrder, 3);
  await properties.create("contacts", definition("in_group", { groupName: "peers" }));
  assert.ok((await groups.getAll("contacts")).results.some((g) => g.name === "contactinformation"));
  await refused(groups.archive("contacts", "peers"), 400);
  await properties.archive("contacts", "in_group");
  assert.equal((await groups.archiveWithHttpInfo("contacts", "peers")).httpStatusCode, 204);
  await refused(groups.getByName("contacts", "peers"), 404);
});

test("types of values: dates, numbers, flags", async () => {
  for (const [name, type, fieldType] of [["a_day", "date", "date"], ["a_time", "datetime", "date"], ["a_number", "number", "number"]]) {
    await properties.create("contacts", definition(name, { type, fieldType }));
  }
  await properties.create("contacts", definition("a_flag", { type: "bool", fieldType: "booleancheckbox", options: [{ label: "Yes", value: "true", displayOrder: 0, hidden: false }, { label: "No", value: "false", displayOrder: 1, hidden: false }] }));
  const { id } = await contacts.create(contact({ email: "types@example.com", a_day: "1764028800000", a_time: "2026-11-25T10:00:00Z", a_number: "12.5", a_flag: "true" }));
  const p = (await contacts.getById(id, ["a_day", "a_time", "a_number", "a_flag"])).properties;
  assert.deepEqual([p.a_day, p.a_number, p.a_flag], ["2025-11-25", "12.5", "true"]);
  assert.equal(new Date(p.a_time).getTime(), Date.parse("2026-11-25T10:00:00Z"));
  for (const wrong of [{ a_day: "1764028800001" }, { a_number: "x" }, { a_flag: "maybe" }]) await refused(contacts.update(id, contact(wrong)), 400);
});

test("the account tells its id and its zone", async () => {
  for (const version of ["v3", "2026-03", "2026-09"]) {
    const answer = await client.apiRequest({ path: `/account-info/${version}/details` });
    assert.equal(answer.status, 200);
    const { portalId, timeZone, utcOffset } = await answer.json();
    assert.deepEqual([portalId, timeZone], [62515, "US/Eastern"]);
    assert.match(utcOffset, /^-0[45]:00$/);
  }
});
