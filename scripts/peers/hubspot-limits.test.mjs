// Limits and faults of the HubSpot sandbox, as HubSpot's own client meets them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, contact, envelope, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const { basicApi: contacts, searchApi } = clientOf(box).crm.contacts;
const page = () => contacts.getPageWithHttpInfo(1);
const noLimits = { tenSecondlyLimit: -1, dailyLimit: -1, searchPerSecond: -1, oauthApp: false };

test("100 calls in any ten seconds, counted in headers", async () => {
  await box.knobs({ ...noLimits, tenSecondlyLimit: 0, dailyLimit: 0 });
  const first = (await page()).headers;
  assert.deepEqual(
    ["max", "remaining", "interval-milliseconds", "daily", "daily-remaining", "secondly"].map((name) => first[`x-hubspot-ratelimit-${name}`]),
    ["100", "99", "10000", "250000", "249999", "10"],
  );
  await advance("9s");
  for (let i = 0; i < 99; i++) await page();
  const refusal = await refused(page(), 429);
  const { groupName, ...error } = envelope(refusal);
  assert.deepEqual(error, { status: "error", message: "You have reached your ten_secondly_rolling limit.", errorType: "RATE_LIMIT", policyName: "TEN_SECONDLY_ROLLING" });
  assert.match(groupName, /^publicapi:private_app-api-calls-ten-secondly:/);
  assert.equal(refusal.headers["retry-after"], undefined);
  await advance("1s");
  await page();
  await refused(page(), 429);
  await advance("9s");
  await page();
  await box.knobs(noLimits);
});

test("five searches a second, without rate headers", async () => {
  await box.knobs({ searchPerSecond: 0, tenSecondlyLimit: 0 });
  const search = () => searchApi.doSearchWithHttpInfo({ limit: 1 });
  for (let i = 0; i < 5; i++) assert.deepEqual(Object.keys((await search()).headers).filter((h) => h.includes("ratelimit")), []);
  assert.deepEqual(envelope(await refused(search(), 429)), { status: "error", message: "You have reached your secondly limit.", category: "RATE_LIMITS" });
  await page();
  await advance("1s");
  await search();
  await box.knobs(noLimits);
});

test("the day's budget ends at the account's midnight", async () => {
  await box.knobs({ dailyLimit: 1 });
  await advance("24h");
  await page();
  const { requestId, ...error } = envelope(await refused(page(), 429));
  assert.deepEqual(error, { status: "error", message: "You have reached your daily limit.", errorType: "RATE_LIMIT", policyName: "DAILY" });
  assert.ok(requestId);
  await advance("24h");
  await page();
  await box.knobs(noLimits);
});

test("an OAuth app has 110 calls and no day", async () => {
  await box.knobs({ oauthApp: true, tenSecondlyLimit: 0, dailyLimit: 1 });
  await advance("10s");
  for (let i = 0; i < 110; i++) assert.equal((await page()).headers["x-hubspot-ratelimit-daily"], undefined);
  await refused(page(), 429);
  await box.knobs(noLimits);
});

test("the client waits out a limit by itself and then succeeds", async () => {
  await box.faults({ status: 429, body: JSON.stringify({ status: "error", message: "You have reached your secondly limit.", policyName: "SECONDLY" }) });
  const patient = clientOf(box, { numberOfApiCallRetries: 2 });
  assert.ok(await patient.crm.contacts.basicApi.getPage(1));
});

test("statuses as the vendor answers them", async () => {
  for (const status of [423, 477, 500, 502, 503, 504, 521, 523, 524]) {
    await box.faults({ status, body: JSON.stringify({ status: "error", message: `fault ${status}` }), header: { "Retry-After": ["3"] } });
    const { body, headers } = await refused(page(), status);
    assert.deepEqual([body.message, headers["retry-after"]], [`fault ${status}`, "3"]);
    await page();
  }
});

test("a page of HTML instead of an answer", async () => {
  await box.faults({ status: 502, contentType: "text/html", body: "<html><title>502 Bad Gateway</title></html>" });
  await assert.rejects(page(), /502|content|parse/i);
});

test("a connection that drops before or after the write", async () => {
  for (const [drop, count] of [["before", 0], ["after", 1]]) {
    await box.faults({ method: "POST", drop });
    await assert.rejects(contacts.create(contact({ email: `${drop}@example.com` })));
    const found = await searchApi.doSearch({ filterGroups: [{ filters: [{ propertyName: "email", operator: "EQ", value: `${drop}@example.com` }] }], limit: 1 });
    assert.equal(found.total, count, drop);
  }
});

test("a gateway that gives up on a write that succeeds", async () => {
  await box.faults({ method: "POST", status: 504, body: "{}", applied: true });
  await refused(contacts.create(contact({ email: "applied@example.com" })), 504);
  assert.ok(await contacts.getById("applied@example.com", undefined, undefined, undefined, false, "email"));
});

test("a caller that gives up before or after the write", async () => {
  const create = (email) =>
    fetch(`${box.url}/crm/v3/objects/contacts`, {
      method: "POST",
      signal: AbortSignal.timeout(200),
      headers: { authorization: `Bearer ${box.token}`, "content-type": "application/json" },
      body: JSON.stringify({ properties: { email } }),
    });
  await box.faults({ method: "POST", delay: "1h" });
  await assert.rejects(create("slow-before@example.com"), { name: "TimeoutError" });
  await box.faults({ method: "POST", hang: "1h" });
  await assert.rejects(create("slow-after@example.com"), { name: "TimeoutError" });
  const all = (await contacts.getPage(100)).results.map((c) => c.properties.email);
  assert.deepEqual([all.includes("slow-before@example.com"), all.includes("slow-after@example.com")], [false, true]);
});

test("an unknown path is a 404, and every call is counted", async () => {
  const client = clientOf(box);
  assert.equal((await client.apiRequest({ path: "/crm/v3/objects/contacts/1/nothing/here" })).status, 404);
  assert.equal((await client.apiRequest({ path: "/crm/v3/objects/unicorns" })).status, 400);
  const calls = await box.calls();
  assert.ok(calls["contacts.list"] > 200 && calls["contacts.search"] > 5 && calls.unknown >= 1, JSON.stringify(calls));
});
