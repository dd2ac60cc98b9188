// Budgets, limits and faults of the Pipedrive sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, raw, refused } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance } = await startSandboxes();
const { persons } = clientsOf(box);
const list = () => raw(box, "GET", "/api/v2/persons");
const overLimit = { success: false, error: "request over limit", errorCode: 429, error_info: "Please check developers.pipedrive.com" };
const rate = (answer, name) => answer.headers.get(`x-ratelimit-${name}`);
const daily = (answer, name) => answer.headers.get(`x-daily-ratelimit-token-${name}`);
const reset = { limitsOff: false, plan: "", burstLimit: 0, searchLimit: 0, dailyTokens: 0, blockAfter: 0 };

test("20 calls in any two seconds on the lowest plan, told in headers", async () => {
  await box.knobs(reset);
  const first = await list();
  assert.deepEqual([rate(first, "limit"), rate(first, "remaining"), rate(first, "reset"), daily(first, "limit"), daily(first, "remaining")], ["20", "19", "2", "30000", "29990"]);
  assert.match(first.headers.get("x-correlation-id"), /^[0-9a-f-]{36}$/);
  assert.equal(first.headers.get("server"), "cloudflare");
  await advance("1s");
  for (let i = 0; i < 19; i++) assert.equal((await list()).status, 200);
  const over = await list();
  assert.deepEqual([over.status, over.json, rate(over, "remaining"), rate(over, "reset"), over.headers.get("retry-after")], [429, overLimit, "0", "1", null]);
  await advance("1s");
  assert.equal((await list()).status, 200);
  assert.equal((await list()).status, 429);
});

test("bigger plans have bigger bursts", async () => {
  for (const [plan, burst, budget] of [["growth", "40", "60000"], ["premium", "100", "150000"], ["ultimate", "120", "210000"]]) {
    await box.knobs({ plan });
    await advance("2s");
    const answer = await list();
    assert.deepEqual([rate(answer, "limit"), daily(answer, "limit")], [burst, budget]);
  }
  await box.knobs(reset);
});

test("searches have a burst of their own: ten in two seconds", async () => {
  const search = () => raw(box, "GET", "/api/v2/persons/search?term=xx");
  await advance("2s");
  for (let i = 0; i < 10; i++) assert.equal((await search()).status, 200);
  const over = await search();
  assert.deepEqual([over.status, rate(over, "limit")], [429, "10"]);
  assert.equal((await list()).status, 200);
});

test("what each call costs", async () => {
  await advance("2s");
  await box.knobs({ burstLimit: 1000 });
  const left = async (method, path, body) => Number(daily(await raw(box, method, path, body), "remaining"));
  const { data: person } = await persons.addPerson({ AddPersonRequest: { name: "Costly" } });
  let before = await left("GET", "/api/v1/users/me");
  const cost = async (method, path, body) => {
    const now = await left(method, path, body);
    const paid = before - now;
    before = now;
    return paid;
  };
  const prices = [
    ["GET", `/api/v2/persons/${person.id}`, 1],
    ["GET", "/api/v2/persons", 10],
    ["POST", "/api/v2/persons", 5, { name: "x" }],
    ["PATCH", `/api/v2/persons/${person.id}`, 5, { name: "y" }],
    ["DELETE", `/api/v2/persons/${person.id}`, 3],
    ["GET", "/api/v2/persons/search?term=xx", 20],
    ["GET", "/api/v2/personFields", 10],
    ["GET", "/api/v2/personFields/name", 1],
    ["GET", "/api/v1/users/me", 2],
    ["GET", "/api/v1/users", 20],
    ["GET", "/api/v1/recents?since_timestamp=2026-01-01%2000:00:00", 20],
    ["GET", `/api/v1/persons/${person.id}/changelog`, 20],
    ["PUT", `/api/v1/persons/${person.id}/merge`, 40, { merge_with_id: 1 }],
    ["GET", "/api/v1/webhooks", 10],
  ];
  for (const [method, path, price, body] of prices) assert.equal(await cost(method, path, body), price, `${method} ${path}`);
  await box.knobs({ failedCallsFree: true });
  assert.equal(await cost("GET", "/api/v2/persons/999999"), 0);
  await box.knobs({ ...reset, failedCallsFree: false });
});

test("a spent day refuses everything until it is over", async () => {
  await advance("24h");
  await box.knobs({ dailyTokens: 15, burstLimit: 1000 });
  for (const remaining of ["5", "0"]) assert.equal(daily(await list(), "remaining"), remaining);
  const over = await list();
  assert.deepEqual([over.status, over.json, daily(over, "remaining")], [429, overLimit, "0"]);
  assert.notEqual(rate(over, "remaining"), "0");
  await advance("24h");
  assert.equal((await list()).status, 200);
  await box.knobs({ hideDailyHeaders: true, epochReset: true, sendRetryAfter: true, burstLimit: 1 });
  await advance("24h");
  const odd = await list();
  assert.deepEqual([daily(odd, "limit"), Number(rate(odd, "reset")) > 1e9], [null, true]);
  assert.ok((await list()).headers.get("retry-after"));
  await box.knobs({ ...reset, hideDailyHeaders: false, epochReset: false, sendRetryAfter: false });
});

test("who ignores refusals is blocked with a page of HTML", async () => {
  await advance("24h");
  await box.knobs({ burstLimit: 1, blockAfter: 3 });
  const statuses = [];
  for (let i = 0; i < 5; i++) statuses.push((await list()).status);
  assert.deepEqual(statuses, [200, 429, 429, 429, 403]);
  const blocked = await list();
  assert.match(blocked.headers.get("content-type"), /^text\/html/);
  assert.match(blocked.text, /Access denied/);
  await advance("5m");
  assert.equal((await list()).status, 200);
  await box.knobs({ ...reset, limitsOff: true });
});

test("faults: statuses, HTML, drops before and after the write, giving up", async () => {
  for (const status of [402, 500, 502, 503, 504, 524]) {
    await box.faults({ status, body: JSON.stringify({ success: false, error: `fault ${status}` }) });
    assert.equal((await refused(persons.getPersons({}))).error, `fault ${status}`);
  }
  await box.faults({ status: 502, contentType: "text/html", body: "<html>Bad gateway</html>" });
  assert.equal((await list()).text, "<html>Bad gateway</html>");
  const known = async (name) => (await persons.getPersons({ limit: 500 })).data.filter((p) => p.name === name).length;
  for (const [drop, count] of [["before", 0], ["after", 1]]) {
    await box.faults({ method: "POST", drop });
    await assert.rejects(persons.addPerson({ AddPersonRequest: { name: `Dropped ${drop}` } }), /socket hang up|ECONNRESET/);
    assert.equal(await known(`Dropped ${drop}`), count);
  }
  for (const [fault, count] of [[{ delay: "1h" }, 0], [{ hang: "1h" }, 1]]) {
    const name = `Slow ${Object.keys(fault)}`;
    await box.faults({ method: "POST", ...fault });
    await assert.rejects(
      fetch(`${box.url}/api/v2/persons`, { method: "POST", signal: AbortSignal.timeout(200), body: JSON.stringify({ name }), headers: { "x-api-token": box.token, "content-type": "application/json" } }),
      { name: "TimeoutError" },
    );
    assert.equal(await known(name), count);
  }
});

test("every call is counted by its route", async () => {
  const calls = await box.calls();
  assert.ok(calls["GET /v2/persons"] > 50, JSON.stringify(calls));
});
