// Histories of properties, and what cannot be undone, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const { basicApi: contacts, batchApi: batch } = clientOf(box).crm.contacts;
const told = (list) => list.map((v) => [v.value, v.sourceType]);

test("a history has every value, newest first, with its time and who gave it", async () => {
  const { id, createdAt } = await contacts.create(contact({ email: "history@example.com", phone: "1" }));
  await advance("2s");
  await contacts.update(id, contact({ phone: "2", city: "Oslo" }));
  await advance("2s");
  await box.edit(id, { phone: "3" });
  await contacts.update(id, contact({ phone: "3" }));
  const single = await contacts.getById(id, ["email"], ["phone", "company"]);
  assert.deepEqual(told(single.propertiesWithHistory.phone), [["3", "CRM_UI"], ["2", "INTEGRATION"], ["1", "INTEGRATION"]]);
  assert.deepEqual(single.propertiesWithHistory.phone.map((v) => (v.timestamp - createdAt) / 1000), [4, 2, 0]);
  assert.deepEqual(single.propertiesWithHistory.phone.map((v) => v.sourceId), ["userId:77", String(box.appId), String(box.appId)]);
  assert.ok(!("city" in single.propertiesWithHistory));
  const read = await batch.read({ properties: ["email"], propertiesWithHistory: ["phone", "city"], inputs: [{ id }] });
  assert.deepEqual(told(read.results[0].propertiesWithHistory.phone), told(single.propertiesWithHistory.phone));
  assert.deepEqual(told(read.results[0].propertiesWithHistory.city), [["Oslo", "INTEGRATION"]]);
  const [listed] = (await contacts.getPage(50, undefined, undefined, ["phone"])).results;
  assert.deepEqual(told(listed.propertiesWithHistory.phone), told(single.propertiesWithHistory.phone));
});

test("pages with histories hold 50, batches as many as the account allows", async () => {
  await refused(contacts.getPage(51, undefined, undefined, ["phone"]), 400);
  const list = await box.load(Array.from({ length: 100 }, (_, i) => ({ email: `h${i}@example.com` })));
  const read = (n) => batch.read({ properties: [], propertiesWithHistory: ["email"], inputs: list.slice(0, n).map((id) => ({ id })) });
  assert.equal((await read(100)).results.length, 100);
  await box.knobs({ historyInputs: 50 });
  await refused(read(51), 400);
  assert.equal((await read(50)).results.length, 50);
  await box.knobs({ historyInputs: 0 });
});

test("a merge keeps the history of the first", async () => {
  const first = await contacts.create(contact({ email: "m1@example.com", phone: "1" }));
  const second = await contacts.create(contact({ email: "m2@example.com", city: "Rome" }));
  await contacts.update(first.id, contact({ phone: "2" }));
  const merged = await contacts.merge({ primaryObjectId: first.id, objectIdToMerge: second.id });
  const { propertiesWithHistory: history } = await contacts.getById(merged.id, [], ["phone", "city"]);
  assert.deepEqual(history.phone.map((v) => v.value), ["2", "1"]);
  assert.deepEqual(told(history.city), [["Rome", "MERGE_CONTACTS"]]);
});

test("a contact has 250 identities at most", async () => {
  const list = await box.load(Array.from({ length: 127 }, (_, i) => ({ email: `id${i}@example.com` })));
  let survivor = list[0];
  for (const other of list.slice(1, 126)) survivor = (await contacts.merge({ primaryObjectId: survivor, objectIdToMerge: other })).id;
  const { message } = envelope(await refused(contacts.merge({ primaryObjectId: survivor, objectIdToMerge: list[126] }), 414));
  assert.equal(message, "Cannot have more than 250 identities on a profile");
});

test("an archived contact is kept for 90 days", async () => {
  const { id } = await contacts.create(contact({ email: "ninety@example.com" }));
  await contacts.archive(id);
  const read = () => contacts.getById(id, undefined, undefined, undefined, true);
  await advance(`${90 * 24 - 1}h`);
  assert.equal((await read()).id, id);
  await advance("1h");
  await refused(read(), 404);
});

test("reads may be behind a write where the knob says so", async () => {
  const { id } = await contacts.create(contact({ email: "stale@example.com", phone: "1" }));
  await advance("10s");
  await box.knobs({ staleReadMs: 3000 });
  await contacts.update(id, contact({ phone: "2" }));
  const phone = async () => (await contacts.getById(id, ["phone"])).properties.phone;
  assert.equal(await phone(), "1");
  await advance("3s");
  assert.equal(await phone(), "2");
  await box.knobs({ staleReadMs: 0 });
});

test("a write may take effect after its connection dropped", async () => {
  const { id } = await contacts.create(contact({ email: "late@example.com" }));
  await box.faults({ method: "PATCH", drop: "late", late: "30s" });
  await assert.rejects(contacts.update(id, contact({ city: "Late" })));
  const city = async () => (await contacts.getById(id, ["city"])).properties.city;
  assert.equal(await city(), null);
  await advance("30s");
  assert.equal(await city(), "Late");
});
