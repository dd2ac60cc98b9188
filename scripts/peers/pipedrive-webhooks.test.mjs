// Webhooks v2: made with Pipedrive's own client, received by a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, raw, refused } from "./pipedrive.mjs";
import { startInbox, startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance, flush } = await startSandboxes();
const inbox = await startInbox();
const { persons, fields, personsV1, users, webhooks } = clientsOf(box);

const add = async (person) => (await persons.addPerson({ AddPersonRequest: person })).data;
const update = async (id, change) => (await persons.updatePerson({ id, UpdatePersonRequest: change })).data;
const hook = (more) => ({ subscription_url: `${inbox.url}/hooks/pipedrive`, event_action: "*", event_object: "person", name: "Peers", version: "2.0", ...more });
const subscribe = async (more) => (await webhooks.addWebhook({ AddWebhookRequest: hook(more) })).data;
const active = async () => (await webhooks.getWebhooks()).data;
const unsubscribeAll = async () => {
  for (const { id } of await active()) await webhooks.deleteWebhook({ id });
};
/** What arrived by now. */
async function arrived() {
  await flush();
  return inbox.take();
}

test("a webhook is made with 201, listed and deleted", async () => {
  const { status, json } = await raw(box, "POST", "/api/v1/webhooks", hook({ http_auth_user: "u", http_auth_password: "p" }));
  assert.deepEqual([status, json.status, json.success], [201, "ok", true]);
  const made = json.data;
  assert.deepEqual([made.is_active, made.version, made.event_action, made.event_object, made.name, made.http_auth_user, made.remove_time, made.last_http_status], [1, "2.0", "*", "person", "Peers", "u", null, null]);
  assert.deepEqual((await active()).map((w) => w.id), [made.id]);
  assert.equal((await webhooks.deleteWebhook({ id: made.id })).status, "ok");
  assert.deepEqual(await active(), []);
  assert.equal((await refused(webhooks.deleteWebhook({ id: made.id }))).message, "Webhook not found");
});

test("what is refused", async () => {
  const { errors, status } = await refused(subscribe({ subscription_url: "nowhere" }));
  assert.deepEqual([status, errors], ["error", { subscription_url: ["invalid or non-reachable URL"] }]);
  for (const wrong of [{ event_action: "updated" }, { event_object: "unicorn" }, { name: "" }, { version: "1.0" }]) await refused(subscribe(wrong));
  for (let i = 0; i < 40; i++) await subscribe({ name: `Hook ${i}` });
  assert.equal((await raw(box, "POST", "/api/v1/webhooks", hook())).status, 422);
  await unsubscribeAll();
  await box.knobs({ regularUser: true });
  assert.equal((await refused(webhooks.getWebhooks())).message, "Forbidden");
  await box.knobs({ regularUser: false });
});

test("create, change and delete, with Basic auth and the documented shape", async () => {
  const made = await subscribe({ http_auth_user: "hook-user", http_auth_password: "hook-password" });
  const { data: me } = await users.getCurrentUser();
  const { id } = await add({ name: "Sample Person", emails: [{ value: "s@example.com" }] });
  await advance("2s");
  inbox.take();
  await update(id, { name: "Sample", phones: [{ value: "5" }] });
  await persons.deletePerson({ id });
  const requests = await arrived();
  assert.deepEqual(requests.map((r) => r.json.meta.action), ["change", "delete"]);
  for (const { headers, method, url } of requests) {
    assert.deepEqual([method, url, headers["content-type"]], ["POST", "/hooks/pipedrive", "application/json"]);
    assert.equal(headers.authorization, `Basic ${Buffer.from("hook-user:hook-password").toString("base64")}`);
  }
  const [{ meta, data, previous }, deletion] = requests.map((r) => r.json);
  const { correlation_id, id: eventID, timestamp, ...known } = meta;
  assert.ok(correlation_id && eventID !== deletion.meta.id);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(known.permitted_user_ids.every((u) => typeof u === "string"));
  delete known.permitted_user_ids;
  assert.deepEqual(known, {
    action: "change",
    entity: "person",
    entity_id: String(id),
    company_id: String(me.company_id),
    user_id: String(me.id),
    webhook_id: String(made.id),
    webhook_owner_id: String(me.id),
    host: "sandbox.pipedrive.com",
    version: "2.0",
    type: "general",
    change_source: "api",
    is_bulk_edit: false,
    attempt: 1,
  });
  assert.deepEqual([data.id, data.name, data.last_name, data.visible_to, data.phones[0].value], [id, "Sample", null, "3", "5"]);
  assert.deepEqual(previous, { name: "Sample Person", last_name: "Person", phones: [] });
  assert.deepEqual([deletion.data, deletion.previous.name], [null, "Sample"]);
  await unsubscribeAll();
});

test("a webhook hears of its own action only", async () => {
  await subscribe({ event_action: "delete", event_object: "*" });
  await subscribe({ event_object: "deal" });
  const { id } = await add({ name: "Quiet" });
  await persons.deletePerson({ id });
  assert.deepEqual((await arrived()).map((r) => r.json.meta.action), ["delete"]);
  await unsubscribeAll();
});

test("custom values come typed, and of the old ones only what changed", async () => {
  const field = async (name, type, options) => (await fields.addPersonField({ AddPersonFieldRequest: { field_name: name, field_type: type, ...(options && { options }) } })).data;
  const text = await field("Hook text", "varchar");
  const choice = await field("Hook choice", "enum", [{ label: "a" }]);
  const several = await field("Hook set", "set", [{ label: "x" }, { label: "y" }]);
  const money = await field("Hook money", "monetary");
  await subscribe();
  const { id } = await add({ name: "Typed", custom_fields: { [text.field_code]: "t" } });
  const [creation] = await arrived();
  assert.deepEqual([creation.json.previous, creation.json.data.custom_fields[text.field_code], creation.json.data.custom_fields[choice.field_code]], [null, { type: "varchar", value: "t" }, null]);
  await update(id, { custom_fields: { [choice.field_code]: choice.options[0].id, [several.field_code]: several.options.map((o) => o.id), [money.field_code]: { value: 5, currency: "EUR" } } });
  const [{ json }] = await arrived();
  const { custom_fields: custom } = json.data;
  assert.deepEqual(custom[choice.field_code], { type: "enum", id: choice.options[0].id });
  assert.deepEqual(custom[several.field_code], { type: "set", values: several.options.map((o) => ({ id: o.id })) });
  assert.deepEqual(custom[money.field_code], { type: "monetary", value: 5, currency: "EUR" });
  assert.deepEqual(json.previous.custom_fields, { [choice.field_code]: null, [several.field_code]: null, [money.field_code]: null });
  await unsubscribeAll();
});

test("what a person does on the page is told as from the app", async () => {
  await subscribe();
  const id = await box.create({ first_name: "Page", last_name: "Person" });
  await box.edit(id, { last_name: "Edited" });
  await box.remove(id);
  await box.restore(id);
  const requests = await arrived();
  assert.deepEqual(requests.map((r) => [r.json.meta.action, r.json.meta.change_source]), [["create", "app"], ["change", "app"], ["delete", "app"], ["change", "app"]]);
  await unsubscribeAll();
});

test("a merge sends a deletion and a change that name each other", async () => {
  const [loser, kept] = [await add({ name: "Loser", phones: [{ value: "1" }] }), await add({ name: "Kept" })];
  await subscribe();
  await personsV1.mergePersons({ id: loser.id, MergePersonsRequest: { merge_with_id: kept.id } });
  const metas = (await arrived()).map((r) => r.json.meta);
  assert.deepEqual(metas.map((m) => [m.action, m.entity_id, m.merged_to_id, m.merged_from_id]), [
    ["delete", String(loser.id), String(kept.id), undefined],
    ["change", String(kept.id), undefined, String(loser.id)],
  ]);
  await unsubscribeAll();
});

test("a refused delivery is tried again after 3, 30 and 150 seconds, then no more", async () => {
  await subscribe();
  inbox.statuses.push(500, 404, 302, 500);
  await add({ name: "Retried" });
  const attempts = [];
  for (const wait of ["0s", "2s", "1s", "29s", "1s", "149s", "1s", "1h"]) {
    await advance(wait);
    attempts.push(inbox.take().map((r) => r.json.meta));
  }
  assert.deepEqual(attempts.map((list) => list.map((m) => m.attempt)), [[1], [], [2], [], [3], [], [4], []]);
  assert.equal(new Set(attempts.flat().map((m) => m.id)).size, 1);
  const [shown] = await active();
  assert.equal(shown.last_http_status, 500);
  await unsubscribeAll();
});

test("ten failed first attempts ban a webhook for 30 minutes, whose events are lost", async () => {
  await subscribe();
  const fail = async (name) => {
    inbox.statuses.push(500);
    await add({ name });
    await flush();
    await advance("200s"); // the retry at 3 s succeeds
  };
  for (let i = 0; i < 10; i++) await fail(`Failing ${i}`);
  inbox.take();
  inbox.statuses.length = 0;
  await add({ name: "In the ban" });
  assert.deepEqual(await arrived(), []);
  await advance("30m");
  assert.deepEqual(inbox.take(), []);
  await add({ name: "After the ban" });
  assert.deepEqual((await arrived()).map((r) => r.json.data.name), ["After the ban"]);
  await unsubscribeAll();
});

test("three days without success delete a webhook", async () => {
  await subscribe();
  inbox.statuses.push(...Array(8).fill(500));
  await add({ name: "Day one" });
  await flush();
  for (const wait of ["3s", "30s", "150s", "72h"]) await advance(wait);
  await add({ name: "Day four" });
  inbox.take();
  assert.deepEqual(await arrived(), []);
  assert.deepEqual(await active(), []);
  inbox.statuses.length = 0;
});

test("events may be doubled, shuffled, late or lost", async () => {
  await subscribe();
  const names = async () => (await arrived()).map((r) => r.json.data.name);
  await box.knobs({ duplicatePercent: 100 });
  await add({ name: "Doubled" });
  assert.deepEqual(await names(), ["Doubled", "Doubled"]);
  await box.knobs({ duplicatePercent: 0, shuffleEvents: true });
  const order = Array.from({ length: 20 }, (_, i) => `Shuffled${i}`);
  for (const name of order) await add({ name });
  const shuffled = await names();
  assert.notDeepEqual(shuffled, order);
  assert.deepEqual(shuffled.toSorted(), order.toSorted());
  await box.knobs({ shuffleEvents: false, dropPercent: 100 });
  await add({ name: "Lost" });
  assert.deepEqual(await names(), []);
  await box.knobs({ dropPercent: 0, webhookDelayMs: 60_000 });
  await add({ name: "Late" });
  assert.deepEqual(await names(), []);
  await advance("60s");
  assert.deepEqual(inbox.take().map((r) => r.json.data.name), ["Late"]);
  await box.knobs({ webhookDelayMs: 0 });
});
