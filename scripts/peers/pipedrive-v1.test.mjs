// What only version 1 has: users, recents, merge and changelog, driven by Pipedrive's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, invalid, notFound, raw, refused } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance } = await startSandboxes();
const { persons, personsV1, recents, users, fields } = clientsOf(box);

const add = async (person) => (await persons.addPerson({ AddPersonRequest: person })).data;
const update = (id, change) => persons.updatePerson({ id, UpdatePersonRequest: change });
const dated = (time) => time.toISOString().slice(0, 19).replace("T", " ");

test("who am I", async () => {
  const { data: me } = await users.getCurrentUser();
  assert.deepEqual([me.company_domain, me.active_flag, me.is_admin, typeof me.company_id], ["sandbox", true, 1, "number"]);
  const { data: everybody, additional_data: additional } = await users.getUsers();
  assert.deepEqual([everybody.length, everybody[0].id, additional.company_id], [2, me.id, me.company_id]);
  assert.equal((await users.getUser({ id: everybody[1].id })).data.name, everybody[1].name);
  assert.deepEqual((await users.findUsersByName({ term: "sam" })).data.map((u) => u.id), [everybody[1].id]);
  assert.deepEqual((await users.findUsersByName({ term: "robin@", search_by_email: 1 })).data.map((u) => u.id), [me.id]);
  await refused(users.getUser({ id: 5 }));
});

test("recents show what changed since a time, deleted persons too, oldest first", async () => {
  const early = await add({ name: "Early Bird" });
  const since = await advance("5s");
  const changed = await add({ name: "Changed Later", emails: [{ value: "c@example.com" }] });
  const gone = await add({ name: "Gone" });
  await advance("1s");
  await update(changed.id, { name: "Changed Twice" });
  await advance("1s");
  await persons.deletePerson({ id: gone.id });
  const ask = (more) => recents.getRecents({ since_timestamp: dated(since), items: "person", ...more });
  const { data, additional_data: additional } = await ask();
  assert.deepEqual(data.map((row) => [row.item, row.id, row.data.name, row.data.active_flag]), [["person", changed.id, "Changed Twice", true], ["person", gone.id, "Gone", false]]);
  const person = data[0].data;
  assert.deepEqual([person.email[0].value, person.phone, person.visible_to, person.delete_time], ["c@example.com", [{ value: "", primary: true, label: "" }], "3", null]);
  assert.match(data[1].data.delete_time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(
    [additional.since_timestamp, additional.last_timestamp_on_page, additional.pagination.more_items_in_collection],
    [dated(since), data[1].data.update_time, false],
  );
  const first = await ask({ limit: 1 });
  assert.deepEqual([first.data.length, first.additional_data.pagination.next_start], [1, 1]);
  assert.deepEqual((await ask({ start: 1 })).data.map((row) => row.id), [gone.id]);
  assert.ok(!data.some((row) => row.id === early.id));
  assert.deepEqual((await recents.getRecents({ since_timestamp: dated(since), items: "deal" })).data, []);
  for (const [knob, expected] of [["null", null], ["list", [person]]]) {
    await box.knobs({ recentsData: knob });
    assert.deepEqual((await ask()).data[0].data, expected);
  }
  await box.knobs({ recentsData: "" });
  await refused(recents.getRecents({ since_timestamp: "yesterday" }));
});

test("merge: the person of the path goes, the other keeps its values and fills its blanks", async () => {
  const loser = await add({ name: "Loser One", emails: [{ value: "l@example.com" }], phones: [{ value: "1" }], org_id: 4 });
  const kept = await add({ name: "Kept Two", emails: [{ value: "k@example.com" }] });
  await advance("1s");
  const { data } = await personsV1.mergePersons({ id: loser.id, MergePersonsRequest: { merge_with_id: kept.id } });
  assert.deepEqual([data.id, data.merge_what_id, data.name, data.active_flag], [kept.id, loser.id, "Kept Two", true]);
  const { data: after } = await persons.getPerson({ id: kept.id });
  assert.deepEqual([after.emails.map((e) => e.value), after.phones[0].value, after.org_id], [["k@example.com", "l@example.com"], "1", 4]);
  assert.ok(after.update_time > kept.update_time);
  assert.equal((await persons.getPerson({ id: loser.id })).data.is_deleted, true);
  const merge = (id, other) => refused(personsV1.mergePersons({ id, MergePersonsRequest: { merge_with_id: other } }));
  assert.deepEqual(await merge(loser.id, kept.id), notFound);
  assert.deepEqual(await merge(kept.id, 999_999), notFound);
  await merge(kept.id, kept.id);
});

test("the changelog tells each field's values, newest first, and whose they are", async () => {
  const { field_code: code } = (await fields.addPersonField({ AddPersonFieldRequest: { field_name: "Logged", field_type: "varchar" } })).data;
  const { id } = await add({ name: "Log Book" });
  await advance("2s");
  await update(id, { custom_fields: { [code]: "one" } });
  const time = await advance("2s");
  await box.edit(id, { last_name: "Edited" });
  const { data, additional_data: additional } = await personsV1.getPersonChangelog({ id });
  assert.equal(additional.next_cursor, null);
  const told = (rows) => rows.map((r) => [r.field_key, r.old_value, r.new_value, r.change_source]);
  const own = data.filter((r) => [code, "name", "last_name"].includes(r.field_key));
  assert.deepEqual(told(own), [["name", "Log Book", "Log Edited", "app"], ["last_name", "Book", "Edited", "app"], [code, null, "one", "api"]]);
  assert.deepEqual([own[0].time, typeof own[0].actor_user_id], [dated(time), "number"]);
  const first = await personsV1.getPersonChangelog({ id, limit: 1 });
  const second = await personsV1.getPersonChangelog({ id, limit: 1, cursor: first.additional_data.next_cursor });
  assert.deepEqual([...first.data, ...second.data], data.slice(0, 2));
  assert.deepEqual(await refused(personsV1.getPersonChangelog({ id: 999_999 })), notFound);
  await invalid(personsV1.getPersonChangelog({ id, cursor: "nonsense" }));
});

test("version 1 does not know persons otherwise", async () => {
  const { id } = await add({ name: "Only v2" });
  for (const [method, path] of [["GET", `/persons/${id}`], ["POST", "/persons"], ["DELETE", `/persons/${id}`]]) {
    const { status } = await raw(box, method, `/v1${path}`, method === "POST" ? { name: "x" } : undefined);
    assert.ok(status === 404 || status === 405, `${method} ${status}`);
  }
});
