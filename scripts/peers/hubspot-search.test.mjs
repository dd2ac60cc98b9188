// The search of contacts, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, ids, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const { searchApi, basicApi: contacts } = clientOf(box).crm.contacts;

const search = (request) => searchApi.doSearch({ properties: [], limit: 10, ...request });
const where = (...filters) => ({ filterGroups: [{ filters }] });
const filter = (propertyName, operator, value, more) => ({ propertyName, operator, value, ...more });
const emails = (answer) => answer.results.map((r) => r.properties.email);

const crowd = await box.load(Array.from({ length: 450 }, (_, i) => ({ email: `p${String(i).padStart(3, "0")}@example.com`, firstname: `P${i}`, city: i % 2 ? "Odd" : "Even" })));

test("pages by offset, knows the total, and sorts by one property", async () => {
  const seen = [];
  let after;
  do {
    const page = await search({ ...where(filter("city", "EQ", "odd")), properties: ["email"], sorts: ["-email"], limit: 100, after });
    assert.equal(page.total, 225);
    seen.push(...emails(page));
    after = page.paging?.next.after;
    if (after) assert.equal(after, String(seen.length));
  } while (after);
  assert.equal(seen.length, 225);
  assert.deepEqual(seen, [...seen].sort().reverse());
  assert.deepEqual([seen[0], seen.at(-1)], ["p449@example.com", "p001@example.com"]);
});

test("the default is ten, oldest first, with the default properties", async () => {
  const page = await search({});
  assert.deepEqual(ids(page), crowd.slice(0, 10));
  assert.deepEqual(Object.keys(page.results[0].properties).sort(), ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]);
});

test("every operator", async () => {
  const id = (n) => crowd[n];
  const cases = [
    [filter("email", "EQ", "P007@EXAMPLE.COM"), ["p007@example.com"]],
    [filter("email", "IN", undefined, { values: ["p001@example.com", "p002@example.com"] }), ["p001@example.com", "p002@example.com"]],
    [filter("hs_object_id", "GT", id(447)), ["p448@example.com", "p449@example.com"]],
    [filter("hs_object_id", "GTE", id(448)), ["p448@example.com", "p449@example.com"]],
    [filter("hs_object_id", "LT", id(2)), ["p000@example.com", "p001@example.com"]],
    [filter("hs_object_id", "LTE", id(1)), ["p000@example.com", "p001@example.com"]],
    [filter("hs_object_id", "BETWEEN", id(3), { highValue: id(4) }), ["p003@example.com", "p004@example.com"]],
    [filter("email", "CONTAINS_TOKEN", "p00*"), Array.from({ length: 10 }, (_, i) => `p00${i}@example.com`)],
  ];
  for (const [one, expected] of cases) {
    const page = await search({ ...where(one), properties: ["email"], sorts: ["hs_object_id"] });
    assert.deepEqual(emails(page), expected, one.operator);
  }
  const count = async (one) => (await search(where(one))).total;
  assert.equal(await count(filter("city", "NEQ", "Odd")), 225);
  assert.equal(await count(filter("city", "NOT_IN", undefined, { values: ["odd"] })), 225);
  assert.equal(await count(filter("phone", "HAS_PROPERTY")), 0);
  assert.equal(await count(filter("phone", "NOT_HAS_PROPERTY")), 450);
  assert.equal(await count(filter("email", "NOT_CONTAINS_TOKEN", "p00*")), 440);
});

test("groups are alternatives, filters of a group all hold", async () => {
  const page = await search({
    filterGroups: [
      { filters: [filter("city", "EQ", "Odd"), filter("email", "EQ", "p001@example.com")] },
      { filters: [filter("city", "EQ", "Odd"), filter("email", "EQ", "p002@example.com")] },
      { filters: [filter("email", "EQ", "p004@example.com")] },
    ],
    properties: ["email"],
  });
  assert.deepEqual(emails(page), ["p001@example.com", "p004@example.com"]);
});

test("changes since a time, in milliseconds or as a date", async () => {
  const since = await advance("10s");
  await contacts.update(crowd[5], contact({ phone: "5" }));
  await contacts.update(crowd[6], contact({ phone: "6" }));
  for (const value of [String(since.getTime()), since.toISOString()]) {
    const page = await search({ ...where(filter("lastmodifieddate", "GTE", value)), sorts: ["hs_object_id"] });
    assert.deepEqual(ids(page), [crowd[5], crowd[6]]);
  }
  await contacts.update(crowd[5], contact({ phone: "" }));
  await contacts.update(crowd[6], contact({ phone: "" }));
});

test("words in the query", async () => {
  assert.deepEqual(ids(await search({ query: "p123" })), [crowd[123]]);
});

test("an address that became secondary is found by its own property only", async () => {
  const a = await contacts.create(contact({ email: "main@search.example" }));
  const b = await contacts.create(contact({ email: "side@search.example" }));
  const merged = await contacts.merge({ primaryObjectId: a.id, objectIdToMerge: b.id });
  assert.deepEqual(ids(await search(where(filter("email", "EQ", "side@search.example")))), []);
  const page = await search({ filterGroups: [{ filters: [filter("email", "EQ", "side@search.example")] }, { filters: [filter("hs_additional_emails", "CONTAINS_TOKEN", "side@search.example")] }] });
  assert.deepEqual(ids(page), [merged.id]);
});

test("the index is behind by a lag; reading by id is not", async () => {
  await advance("60s");
  await box.knobs({ indexLagMs: 30_000 });
  const { id } = await contacts.create(contact({ email: "lagging@example.com" }));
  const find = async () => ids(await search(where(filter("email", "EQ", "lagging@example.com"))));
  assert.deepEqual(await find(), []);
  assert.equal((await contacts.getById(id)).id, id);
  await advance("29s");
  assert.deepEqual(await find(), []);
  await advance("1s");
  assert.deepEqual(await find(), [id]);
  await contacts.archive(id);
  assert.deepEqual(await find(), [id], "the index does not know of the deletion yet");
  await advance("30s");
  assert.deepEqual(await find(), []);
  await box.knobs({ indexLagMs: 0 });
});

test("what the search refuses", async () => {
  const one = filter("email", "EQ", "x");
  const groups = (n, each) => ({ filterGroups: Array.from({ length: n }, () => ({ filters: Array(each).fill(one) })) });
  const cases = {
    "limit over 200": { limit: 201 },
    "beyond 10,000 results": { limit: 200, after: "9900" },
    "six groups": groups(6, 1),
    "seven filters in a group": groups(1, 7),
    "more than 18 filters": groups(4, 5),
    "two sorts": { sorts: ["email", "city"] },
    "over 3,000 characters": { query: "x".repeat(3001) },
    "an unknown property": where(filter("no_such_property", "EQ", "x")),
    "a list's cursor": { after: "not-an-offset" },
  };
  for (const [name, request] of Object.entries(cases)) {
    const { status } = envelope(await refused(search(request), 400));
    assert.equal(status, "error", name);
  }
  assert.equal((await search(groups(3, 6))).total, 0);
});
