// Lists and the search of persons, driven by Pipedrive's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, invalid, raw, refused, walk } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance } = await startSandboxes();
const { persons } = clientsOf(box);

const list = (request = {}) => persons.getPersons(request);
const ids = (answer) => answer.data.map((p) => p.id);
const all = (request) => walk((cursor) => list({ ...request, cursor })).then((rows) => rows.map((p) => p.id));
const find = async (term, more) => (await persons.searchPersons({ term, ...more })).data.items;
const update = (id, change) => persons.updatePerson({ id, UpdatePersonRequest: change });
const stamp = (time) => time.toISOString().replace(".000", "");

const crowd = (await box.load(Array.from({ length: 250 }, (_, i) => ({ first_name: `First${i}`, last_name: "Crowd", emails: `p${i}@example.com` })))).map(Number);

test("pages of 100 by a cursor that names the last row", async () => {
  const first = await list();
  assert.deepEqual(ids(first), crowd.slice(0, 100));
  const mark = JSON.parse(Buffer.from(first.additional_data.next_cursor, "base64url"));
  assert.deepEqual(mark, { field: "id", fieldValue: crowd[99], sortDirection: "asc", id: crowd[99] });
  assert.deepEqual(await all(), crowd);
  assert.equal((await list({ limit: 500 })).additional_data.next_cursor, null);
  assert.deepEqual(await all({ limit: 7, sort_direction: "desc" }), crowd.toReversed());
});

test("a walk by id misses nobody who comes or changes meanwhile", async () => {
  const first = await list({ limit: 200 });
  await update(crowd[0], { name: "Changed Meanwhile" });
  const { data: late } = await persons.addPerson({ AddPersonRequest: { name: "Late Comer" } });
  const second = await list({ limit: 200, cursor: first.additional_data.next_cursor });
  assert.deepEqual([...ids(first), ...ids(second)], [...crowd, late.id]);
  await persons.deletePerson({ id: late.id });
});

test("changes of a time: from the first second on, up to the last but not with it", async () => {
  const from = await advance("10s");
  await update(crowd[3], { name: "Changed Three" });
  const until = await advance("1s");
  await update(crowd[4], { name: "Changed Four" });
  const since = (a, b) => all({ updated_since: a && stamp(a), updated_until: b && stamp(b), sort_by: "update_time" });
  assert.deepEqual(await since(from), [crowd[3], crowd[4]]);
  assert.deepEqual(await since(from, until), [crowd[3]]);
  assert.deepEqual(await since(until), [crowd[4]]);
  assert.match(await invalid(list({ updated_since: from.toISOString() })), /updated_since: .* is not a valid datetime/);
  await invalid(list({ updated_since: "yesterday" }));
});

test("sorted by time of change, a row edited during the walk comes again at the end", async () => {
  const page = await list({ sort_by: "update_time", limit: 100 });
  await advance("1s");
  await update(page.data[5].id, { name: "Edited Midway" });
  const rest = await walk((cursor) => list({ sort_by: "update_time", limit: 100, cursor: cursor ?? page.additional_data.next_cursor }));
  assert.equal(rest.at(-1).id, page.data[5].id);
  assert.equal(new Set([...ids(page), ...rest.map((p) => p.id)]).size, 250);
});

test("up to 100 ids at once; unknown ones are left out", async () => {
  assert.deepEqual(ids(await list({ ids: [crowd[5], 999_999, crowd[2]].join(",") })), [crowd[2], crowd[5]]);
  await invalid(list({ ids: Array.from({ length: 101 }, (_, i) => i + 1).join(",") }));
  await invalid(list({ ids: "1,x" }));
});

test("filters by owner and organization", async () => {
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Org Member", org_id: 77 } });
  assert.deepEqual(await all({ org_id: 77 }), [person.id]);
  assert.equal((await all({ owner_id: person.owner_id })).length, 251);
  assert.deepEqual(await all({ deal_id: 5 }), []);
  assert.equal((await refused(list({ filter_id: 3 }))).error, "Filter not found");
  await persons.deletePerson({ id: person.id });
});

test("deleted persons are not listed, unless the knob says so", async () => {
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Soon Gone" } });
  await persons.deletePerson({ id: person.id });
  assert.ok(!(await all()).includes(person.id));
  assert.deepEqual(await all({ ids: String(person.id) }), []);
  await box.knobs({ listDeleted: true });
  const [shown] = (await list({ ids: String(person.id) })).data;
  assert.equal(shown.is_deleted, true);
  await box.knobs({ listDeleted: false });
});

test("unknown and wrongly typed parameters are refused", async () => {
  for (const query of ["status=open", "limit=x", "limit=0", "limit=501", "sort_by=name", "sort_direction=up", "owner_id=me", "include_labels=1", "limit=5&limit=6", "cursor=nonsense", "custom_fields=" + "a,".repeat(16)]) {
    const { status, json } = await raw(box, "GET", `/api/v2/persons?${query}`);
    assert.deepEqual([status, json.code, json.success], [400, "ERR_SCHEMA_VALIDATION_FAILED", false], query);
  }
  const { next_cursor: cursor } = (await list()).additional_data;
  await invalid(list({ cursor, sort_by: "update_time" }));
  await box.knobs({ clampLimit: true });
  assert.equal((await list({ limit: 501 })).data.length, 250);
  await box.knobs({ clampLimit: false });
});

test("an empty list is an empty list", async () => {
  assert.deepEqual(await list({ updated_since: "2099-01-01T00:00:00Z" }), { success: true, data: [], additional_data: { next_cursor: null } });
});

test("search finds parts of values, whole ones first", async () => {
  const hits = await find("first24");
  assert.deepEqual(hits.map((h) => h.item.id).sort((a, b) => a - b), [24, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249].map((i) => crowd[i]));
  const [{ item, result_score: score }] = await find("P33@EXAMPLE.COM", { exact_match: true, fields: "email" });
  assert.ok(score > 0);
  assert.deepEqual(
    [item.id, item.type, item.emails, item.phones, item.organization, item.custom_fields],
    [crowd[33], "person", ["p33@example.com"], [], null, []],
  );
  assert.equal(typeof item.owner.id, "number");
  assert.deepEqual(await find("p33@example.com", { fields: "phone" }), []);
  assert.deepEqual(await find("p3", { exact_match: true }), []);
});

test("search pages, at most 100 at a time", async () => {
  const rows = await walk((cursor) => persons.searchPersons({ term: "crowd", limit: 60, cursor }));
  assert.ok(rows.length > 200);
  assert.equal(new Set(rows.map((r) => r.item.id)).size, rows.length);
  await invalid(persons.searchPersons({ term: "crowd", limit: 101 }));
});

test("a term has two characters, or one when exact", async () => {
  const empty = await raw(box, "GET", "/api/v2/persons/search?term=");
  assert.deepEqual([empty.status, empty.json.code, empty.json.error], [400, "ERR_INVALID_INPUT", 'Invalid input: "term" is not allowed to be empty']);
  assert.equal((await refused(persons.searchPersons({ term: "x" }))).code, "ERR_INVALID_INPUT");
  assert.deepEqual(await find("x", { exact_match: true }), []);
});

test("the search lags where the knob says so; reading by id does not", async () => {
  await box.knobs({ searchLagSeconds: 5 });
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Lagging Behind" } });
  assert.deepEqual(await find("Lagging Behind"), []);
  assert.equal((await persons.getPerson({ id: person.id })).data.name, "Lagging Behind");
  await advance("5s");
  assert.equal((await find("Lagging Behind")).length, 1);
  await box.knobs({ searchLagSeconds: 0 });
});
