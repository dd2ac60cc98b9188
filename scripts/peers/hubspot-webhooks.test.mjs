// Webhooks: subscribed with HubSpot's own client, signatures judged by its Signature.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import hubspotClient from "@hubspot/api-client";
import { Client, clientOf, contact, refused } from "./hubspot.mjs";
import { startInbox, startSandboxes } from "./sandboxes.mjs";

const { Signature } = hubspotClient;
const { hubspot: box, advance, flush } = await startSandboxes();
const inbox = await startInbox();
const target = `${inbox.url}/hooks/hubspot?tenant=acme&next=%2Fa%2Fb`;
const { settingsApi, subscriptionsApi } = new Client({ developerApiKey: box.developerKey, basePath: box.url }).webhooks;
const contacts = clientOf(box).crm.contacts.basicApi;

/** The events that arrived by now, in the order of the requests. */
async function events() {
  await flush();
  return inbox.take().flatMap((request) => request.json);
}
const told = (list) => list.map((e) => [e.subscriptionType, e.objectId, e.propertyName, e.propertyValue].filter((v) => v !== undefined).join(" "));

test("the published signatures come out of the client as published", () => {
  const vectors = JSON.parse(readFileSync(new URL("testdata/hubspot-signatures.json", import.meta.url), "utf8"));
  assert.equal(vectors.length, 8);
  for (const { name, method, version, signature, ...options } of vectors) assert.equal(Signature.getSignature(method, version, options), signature, name);
});

test("settings need the developer's key, an address, and more than five at once", async () => {
  const { settingsApi: stranger } = new Client({ developerApiKey: "wrong", basePath: box.url }).webhooks;
  await refused(stranger.getAll(box.appId), 401);
  await refused(settingsApi.getAll(box.appId), 404);
  await refused(settingsApi.configure(box.appId, { targetUrl: "http://plain.example.com/", throttling: { maxConcurrentRequests: 10 } }), 400);
  await refused(settingsApi.configure(box.appId, { targetUrl: target, throttling: { maxConcurrentRequests: 5 } }), 400);
  const made = await settingsApi.configure(box.appId, { targetUrl: target, throttling: { maxConcurrentRequests: 10 } });
  assert.deepEqual([made.targetUrl, made.throttling.maxConcurrentRequests], [target, 10]);
  assert.equal((await settingsApi.getAll(box.appId)).targetUrl, target);
});

test("subscriptions are made inactive unless asked, changed, and deleted", async () => {
  const made = await subscriptionsApi.createWithHttpInfo(box.appId, { eventType: "contact.propertyChange", propertyName: "email" });
  assert.equal(made.httpStatusCode, 201);
  assert.deepEqual([made.data.eventType, made.data.propertyName, made.data.active], ["contact.propertyChange", "email", false]);
  const id = Number(made.data.id);
  await refused(subscriptionsApi.create(box.appId, { eventType: "contact.propertyChange", propertyName: "email" }), 409);
  await refused(subscriptionsApi.create(box.appId, { eventType: "contact.propertyChange" }), 400);
  await refused(subscriptionsApi.create(box.appId, { eventType: "contact.propertyChange", propertyName: "hs_lastmodifieddate" }), 400);
  assert.equal((await subscriptionsApi.update(id, box.appId, { active: true })).active, true);
  assert.equal((await subscriptionsApi.getById(id, box.appId)).active, true);
  await subscriptionsApi.archive(id, box.appId);
  await refused(subscriptionsApi.getById(id, box.appId), 404);
  assert.deepEqual((await subscriptionsApi.getAll(box.appId)).results, []);
});

test("only what is subscribed arrives", async () => {
  for (const each of [{ eventType: "contact.creation" }, { eventType: "contact.propertyChange", propertyName: "email" }, { eventType: "contact.propertyChange", propertyName: "city" }]) {
    await subscriptionsApi.create(box.appId, { ...each, active: true });
  }
  const { id } = await contacts.create(contact({ email: "sub@example.com", city: "Oslo", firstname: "Unheard" }));
  assert.deepEqual(told(await events()).sort(), [`contact.creation ${id}`, `contact.propertyChange ${id} city Oslo`, `contact.propertyChange ${id} email sub@example.com`]);
  const city = (await subscriptionsApi.getAll(box.appId)).results.find((s) => s.propertyName === "city");
  const { results } = await subscriptionsApi.updateBatch(box.appId, { inputs: [{ id: Number(city.id), active: false }] });
  assert.equal(results[0].active, false);
  await contacts.update(id, contact({ city: "Rome", email: "" }));
  assert.deepEqual(told(await events()), [`contact.propertyChange ${id} email `]);
});

test("a generic subscription sends the same with the type of the object", async () => {
  const made = await subscriptionsApi.create(box.appId, { eventType: "object.deletion", objectTypeId: "0-1", active: true });
  const { id } = await contacts.create(contact({ firstname: "Generic" }));
  await contacts.archive(id);
  const deletion = (await events()).find((e) => e.subscriptionType === "object.deletion");
  assert.deepEqual([deletion.objectTypeId, deletion.objectId, deletion.changeFlag, deletion.subscriptionId], ["0-1", Number(id), "DELETED", Number(made.id)]);
});

test("an event has the documented parts, and tells our own writes from a person's", async () => {
  for (const eventType of ["contact.deletion", "contact.merge", "contact.restore", "contact.privacyDeletion"]) await subscriptionsApi.create(box.appId, { eventType, active: true });
  const { id } = await contacts.create(contact({ email: "parts@example.com" }));
  await box.edit(id, { email: "person@example.com" });
  const [creation, ours, theirs] = (await events()).filter((e) => e.subscriptionType !== "object.deletion");
  assert.deepEqual(Object.keys(creation).sort(), ["appId", "attemptNumber", "changeFlag", "changeSource", "eventId", "objectId", "occurredAt", "portalId", "sourceId", "subscriptionId", "subscriptionType"]);
  assert.deepEqual([creation.changeFlag, creation.portalId, creation.appId, creation.attemptNumber], ["CREATED", 62515, box.appId, 0]);
  assert.deepEqual([ours.changeSource, ours.sourceId, ours.propertyValue], ["INTEGRATION", String(box.appId), "parts@example.com"]);
  assert.deepEqual([theirs.changeSource, theirs.sourceId, theirs.propertyValue], ["CRM_UI", "userId:77", "person@example.com"]);
  for (const name of ["eventId", "subscriptionId", "portalId", "appId", "occurredAt", "objectId"]) assert.equal(typeof theirs[name], "number", name);
  assert.equal(new Set([creation, ours, theirs].map((e) => e.eventId)).size, 3);
});

test("what a person does on the page: delete, restore, merge, erase", async () => {
  const ids = [];
  for (const name of ["one", "two"]) ids.push(Number(await box.create({ email: `${name}@page.example` })));
  await events();
  const contactEvents = async () => (await events()).filter((e) => e.subscriptionType.startsWith("contact."));
  await box.remove(ids[0]);
  assert.deepEqual(told(await contactEvents()), [`contact.deletion ${ids[0]}`]);
  await box.restore(ids[0]);
  const [restored] = await contactEvents();
  assert.deepEqual([restored.subscriptionType, restored.objectId, restored.changeSource], ["contact.restore", ids[0], "CRM_UI"]);
  const survivor = Number(await box.join(ids[0], ids[1]));
  const merge = await contactEvents();
  assert.deepEqual(told(merge), [`contact.merge ${survivor}`, `contact.deletion ${ids[0]}`, `contact.deletion ${ids[1]}`]);
  assert.deepEqual([merge[0].primaryObjectId, merge[0].mergedObjectIds, merge[0].newObjectId], [ids[0], [ids[1]], survivor]);
  assert.equal(typeof merge[0].numberOfPropertiesMoved, "number");
  await box.erase(survivor);
  assert.deepEqual(told(await contactEvents()), [`contact.privacyDeletion ${survivor}`, `contact.deletion ${survivor}`]);
});

test("both signatures of every request convince the client's own check", async () => {
  const { id } = await contacts.create(contact({ email: "sign@example.com" }));
  await box.edit(id, { email: "zoë+😀@example.com" }).catch(() => {});
  await box.edit(id, { email: "o'brien@example.com" });
  await flush();
  const [request] = inbox.take();
  const { headers, body } = request;
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["x-hubspot-signature-version"], "v1");
  const common = { clientSecret: box.clientSecret, requestBody: body };
  assert.ok(Signature.isValid({ ...common, signature: headers["x-hubspot-signature"], signatureVersion: "v1" }));
  const timestamp = Number(headers["x-hubspot-request-timestamp"]);
  const url = target.replaceAll("%2F", "/"); // the documented escapes are signed as the characters they stand for
  const v3 = { ...common, signature: headers["x-hubspot-signature-v3"], signatureVersion: "v3", method: "POST", url, timestamp };
  assert.ok(Signature.isValid(v3));
  assert.ok(!Signature.isValid({ ...v3, requestBody: body + " " }));
  assert.ok(!Signature.isValid({ ...v3, clientSecret: "other" }));
  assert.ok(!Signature.isValid({ ...v3, url: target }));
});

test("a refused delivery is tried again with its number and a fresh timestamp", async () => {
  await box.knobs({ retrySeconds: [60, 180] });
  inbox.statuses.push(500, 302);
  await contacts.create(contact({ email: "retry@example.com" }));
  const attempts = [];
  for (const wait of ["0s", "59s", "1s", "180s", "600s"]) {
    await advance(wait);
    attempts.push(...inbox.take().map((r) => ({ number: r.json[0].attemptNumber, event: r.json[0].eventId, time: Number(r.headers["x-hubspot-request-timestamp"]), request: r })));
  }
  assert.deepEqual(attempts.map((a) => a.number), [0, 1, 2]);
  assert.equal(new Set(attempts.map((a) => a.event)).size, 1);
  assert.deepEqual([attempts[1].time - attempts[0].time, attempts[2].time - attempts[1].time], [60_000, 180_000]);
  for (const { request, time } of attempts) {
    const options = { clientSecret: box.clientSecret, requestBody: request.body, url: target.replaceAll("%2F", "/"), timestamp: time };
    assert.equal(Signature.getSignature("POST", "v3", options), request.headers["x-hubspot-signature-v3"]);
  }
  await box.knobs({ retrySeconds: null });
});

test("ten retries in a day at most, then the event is lost", async () => {
  inbox.statuses.push(...Array(20).fill(503));
  await contacts.create(contact({ email: "lost@example.com" }));
  for (let i = 0; i < 6 * 27; i++) await advance("10m");
  const attempts = inbox.take();
  assert.deepEqual(attempts.map((r) => r.json[0].attemptNumber), [...Array(11).keys()]);
  const [first, last] = [attempts[0], attempts[10]].map((r) => Number(r.headers["x-hubspot-request-timestamp"]));
  assert.ok(last - first > 16 * 3_600_000 && last - first < 26 * 3_600_000, `${last - first} ms`);
  inbox.statuses.length = 0;
});

test("a request carries at most 100 events", async () => {
  for (let i = 0; i < 130; i++) await box.create({ firstname: `Many ${i}` });
  await flush();
  assert.deepEqual(inbox.take().map((r) => r.json.length), [100, 30]);
});

test("events may be doubled, shuffled, late or lost", async () => {
  await flush();
  inbox.take();
  await box.knobs({ duplicatePercent: 100 });
  await contacts.create(contact({ firstname: "Doubled" }));
  const doubled = await events();
  assert.deepEqual([doubled.length, doubled[0].eventId], [2, doubled[1].eventId]);
  await box.knobs({ duplicatePercent: 0, shuffleEvents: true });
  const order = [];
  for (let i = 0; i < 20; i++) order.push(Number((await contacts.create(contact({ firstname: `S${i}` }))).id));
  const shuffled = (await events()).map((e) => e.objectId);
  assert.notDeepEqual(shuffled, order);
  assert.deepEqual(shuffled.toSorted(), order);
  await box.knobs({ shuffleEvents: false, dropPercent: 100 });
  await contacts.create(contact({ firstname: "Lost" }));
  assert.deepEqual(await events(), []);
  await box.knobs({ dropPercent: 0, webhookDelayMs: 60_000 });
  await contacts.create(contact({ firstname: "Late" }));
  assert.deepEqual(await events(), []);
  await advance("60s");
  assert.equal(inbox.take().length, 1);
  await box.knobs({ webhookDelayMs: 0 });
});

test("without settings nothing is sent", async () => {
  await settingsApi.clear(box.appId);
  await contacts.create(contact({ email: "quiet@example.com" }));
  assert.deepEqual(await events(), []);
});
