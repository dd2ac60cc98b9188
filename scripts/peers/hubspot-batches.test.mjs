// Batches of contacts, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, ids, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box } = await startSandboxes();
const client = clientOf(box).crm.contacts;
const { batchApi: batch, basicApi: contacts } = client;

const read = (list, more = {}) => batch.readWithHttpInfo({ properties: ["email"], propertiesWithHistory: [], inputs: list.map((id) => ({ id })), ...more });
const missing = (list) => ({
  status: "error",
  category: "OBJECT_NOT_FOUND",
  message: "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
  context: { ids: list },
});
/** An entry of errors[] as it was on the wire: the client adds fields without values. */
const plain = (errors) => JSON.parse(JSON.stringify(errors)).map(({ status, category, message, context }) => ({ status, category, message, context }));

test("create answers 201 with every row", async () => {
  const answer = await batch.createWithHttpInfo({ inputs: [contact({ email: "b1@example.com" }), contact({ email: "b2@example.com" })] });
  assert.equal(answer.httpStatusCode, 201);
  assert.equal(answer.data.status, "COMPLETE");
  assert.ok(answer.data.completedAt instanceof Date);
  assert.deepEqual(answer.data.results.map((r) => r.properties.email).sort(), ["b1@example.com", "b2@example.com"]);
});

test("without trace ids one bad row fails the batch, and the conflict names nobody", async () => {
  await contacts.create(contact({ email: "held@example.com" }));
  const inputs = [contact({ email: "fine@example.com" }), contact({ email: "held@example.com" })];
  assert.deepEqual(envelope(await refused(batch.create({ inputs }), 409)), { status: "error", message: "Contact already exists", category: "CONFLICT" });
  await refused(contacts.getById("fine@example.com", undefined, undefined, undefined, false, "email"), 404);
  await refused(batch.create({ inputs: [contact({ email: "twice@example.com" }), contact({ email: "Twice@example.com" })] }), 409);
  await refused(batch.create({ inputs: [contact({ email: "ok@example.com" }), contact({ email: "bad@" })] }), 400);
});

test("the conflict of a batch may name the first id", async () => {
  const { id } = await contacts.create(contact({ email: "named@example.com" }));
  await box.knobs({ batchConflictNamesId: true });
  const { body } = await refused(batch.create({ inputs: [contact({ email: "named@example.com" })] }), 409);
  assert.equal(body.message, `Contact already exists. Existing ID: ${id}`);
  await box.knobs({ batchConflictNamesId: false });
});

test("with trace ids each row stands for itself: 207", async () => {
  const { id } = await contacts.create(contact({ email: "traced@example.com" }));
  const inputs = [
    { ...contact({ email: "traced@example.com" }), objectWriteTraceId: "0" },
    { ...contact({ email: "new@example.com" }), objectWriteTraceId: "1" },
    { ...contact({ email: "bad@" }), objectWriteTraceId: "2" },
  ];
  const answer = await batch.createWithHttpInfo({ inputs });
  assert.equal(answer.httpStatusCode, 207);
  assert.deepEqual(answer.data.results.map((r) => [r.properties.email, r.objectWriteTraceId]), [["new@example.com", "1"]]);
  assert.equal(answer.data.numErrors, 2);
  const [conflict, invalid] = plain(answer.data.errors);
  assert.deepEqual(conflict, {
    status: "error",
    category: "CONFLICT",
    message: `Contact already exists. Existing ID: ${id}`,
    context: { objectWriteTraceId: ["0"], existingId: [id] },
  });
  assert.deepEqual([invalid.category, invalid.context], ["VALIDATION_ERROR", { objectWriteTraceId: ["2"] }]);
});

test("read answers each contact once and reports unknown ids in a 207", async () => {
  const made = ids(await batch.create({ inputs: [contact({ email: "r1@example.com" }), contact({ email: "r2@example.com" })] }));
  const whole = await read(made);
  assert.equal(whole.httpStatusCode, 200);
  assert.deepEqual(ids(whole.data).sort(), [...made].sort());
  const part = await read([made[0], "888"]);
  assert.equal(part.httpStatusCode, 207);
  assert.deepEqual(ids(part.data), [made[0]]);
  assert.deepEqual(plain(part.data.errors), [missing(["888"])]);
});

test("read by e-mail address finds secondary ones too", async () => {
  const [a, b] = ids(await batch.create({ inputs: [contact({ email: "prime@example.com" }), contact({ email: "second@example.com" })] }));
  const merged = await contacts.merge({ primaryObjectId: a, objectIdToMerge: b });
  const answer = await read(["SECOND@example.com", "nobody@example.com"], { idProperty: "email" });
  assert.deepEqual(ids(answer.data), [merged.id]);
  assert.deepEqual(plain(answer.data.errors), [missing(["nobody@example.com"])]);
  const bothAddresses = await read(["prime@example.com", "second@example.com"], { idProperty: "email" });
  assert.deepEqual([bothAddresses.httpStatusCode, ids(bothAddresses.data)], [200, [merged.id]]);
  const oldIDs = await read([a, b]);
  assert.deepEqual([oldIDs.httpStatusCode, ids(oldIDs.data)], [200, [merged.id]]);
});

test("read shows archived contacts when asked, and only those", async () => {
  const [id] = ids(await batch.create({ inputs: [contact({ email: "arch@example.com" })] }));
  await contacts.archive(id);
  assert.deepEqual(ids((await read([id])).data), []);
  const archived = await batch.read({ properties: ["email"], propertiesWithHistory: [], inputs: [{ id }] }, true);
  assert.deepEqual(archived.results.map((r) => [r.id, r.archived]), [[id, true]]);
});

test("an id may stand in a batch once only", async () => {
  const [id] = ids(await batch.create({ inputs: [contact({ email: "dup@example.com" })] }));
  const expected = { status: "error", message: `Duplicate IDs found in batch input: [${id}]. IDs must be unique`, context: { ids: [id] }, category: "VALIDATION_ERROR" };
  assert.deepEqual(envelope(await refused(read([id, id]), 400)), expected);
  const rows = [id, id].map((each) => ({ id: each, properties: { city: "x" } }));
  assert.deepEqual(envelope(await refused(batch.update({ inputs: rows }), 400)), expected);
});

test("a batch holds 100 inputs", async () => {
  const inputs = Array.from({ length: 101 }, (_, i) => contact({ email: `many${i}@example.com` }));
  await refused(batch.create({ inputs }), 400);
  assert.equal((await batch.create({ inputs: inputs.slice(0, 100) })).results.length, 100);
  await refused(read(Array.from({ length: 101 }, (_, i) => String(i))), 400);
});

test("update writes what exists and reports the rest", async () => {
  const [a, b] = ids(await batch.create({ inputs: [contact({ email: "u1@example.com" }), contact({ email: "u2@example.com" })] }));
  const answer = await batch.updateWithHttpInfo({
    inputs: [{ id: a, properties: { city: "Oslo" } }, { id: "777", properties: { city: "Rome" } }, { id: b, properties: { city: "Bern" } }],
  });
  assert.equal(answer.httpStatusCode, 207);
  assert.deepEqual(plain(answer.data.errors), [missing(["777"])]);
  assert.equal((await contacts.getById(a, ["city"])).properties.city, "Oslo");
  assert.equal((await contacts.getById(b, ["city"])).properties.city, "Bern");
});

test("update does not go by e-mail address: refused when asked, ignored when not", async () => {
  await contacts.create(contact({ email: "silent@example.com", city: "Before" }));
  const row = { id: "silent@example.com", properties: { city: "After" } };
  const { message } = envelope(await refused(batch.update({ inputs: [{ ...row, idProperty: "email" }] }), 400));
  assert.equal(message, "Unable to perform update/upsert by non-unique 0-1 property");
  assert.deepEqual((await batch.update({ inputs: [row] })).results, []);
  const found = await contacts.getById("silent@example.com", ["city"], undefined, undefined, false, "email");
  assert.equal(found.properties.city, "Before");
});

test("upsert by e-mail address says which are new, finds secondary ones, and is all or nothing", async () => {
  const [a, b] = ids(await batch.create({ inputs: [contact({ email: "up1@example.com" }), contact({ email: "up2@example.com" })] }));
  const merged = await contacts.merge({ primaryObjectId: a, objectIdToMerge: b });
  const row = (id, properties) => ({ id, idProperty: "email", properties });
  const answer = await batch.upsert({ inputs: [row("up2@example.com", { city: "Turku" }), row("fresh@example.com", { city: "Lund" })] });
  assert.deepEqual(answer.results.map((r) => [r.properties.city, r._new]), [["Turku", false], ["Lund", true]]);
  assert.equal((await contacts.getById(merged.id, ["city"])).properties.city, "Turku");
  const traced = [row("whole@example.com", { city: "x" }), row("bad@", { city: "x" })].map((r, i) => ({ ...r, objectWriteTraceId: String(i) }));
  await refused(batch.upsert({ inputs: traced }), 400);
  await refused(contacts.getById("whole@example.com", undefined, undefined, undefined, false, "email"), 404);
});

test("upsert by a unique property of the account, row by row", async () => {
  const { coreApi: properties } = clientOf(box).crm.properties;
  await properties.create("contacts", { name: "peer_key", label: "Key", groupName: "contactinformation", type: "string", fieldType: "text", hasUniqueValue: true });
  const row = (key, email, trace) => ({ id: key, idProperty: "peer_key", properties: { email }, objectWriteTraceId: trace });
  const first = await batch.upsert({ inputs: [row("k1", "key1@example.com", "a")] });
  assert.equal(first.results[0].properties.peer_key, "k1");
  const answer = await batch.upsertWithHttpInfo({ inputs: [row("k1", "key1b@example.com", "a"), row("k2", "key1b@", "b")] });
  assert.equal(answer.httpStatusCode, 207);
  assert.deepEqual(answer.data.results.map((r) => [r.id, r._new]), [[first.results[0].id, false]]);
  assert.deepEqual(plain(answer.data.errors)[0].context, { objectWriteTraceId: ["b"] });
});

test("archive answers 204 whatever the ids", async () => {
  const [id] = ids(await batch.create({ inputs: [contact({ email: "ba@example.com" })] }));
  assert.equal((await batch.archiveWithHttpInfo({ inputs: [{ id }, { id: "5" }] })).httpStatusCode, 204);
  await refused(contacts.getById(id), 404);
});

test("the client's own walk over everything finds every contact once", async () => {
  await box.load(Array.from({ length: 205 }, (_, i) => ({ email: `walk${i}@example.com` })));
  const all = await client.getAll(100, undefined, ["email"]);
  const walked = all.filter((c) => c.properties.email?.startsWith("walk"));
  assert.equal(new Set(walked.map((c) => c.id)).size, 205);
  assert.equal(walked.length, 205);
});
