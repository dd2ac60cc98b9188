// Starts the sandboxes for one file of tests and speaks to everything about them
// that is not the vendors' API: the clock, knobs, faults, and a person on the page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const program = process.env.PEERS_HOST ?? fileURLToPath(new URL("../../.bin/peers", import.meta.url));

/** Both sandboxes without limits, until the tests of this file have ended. */
export async function startSandboxes() {
  const host = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, "the host of the sandboxes has ended");
    return JSON.parse(value);
  };
  const { hubspot, pipedrive } = await next();
  after(async () => {
    host.stdin.end();
    if (host.exitCode === null) await once(host, "exit");
  });
  const advance = async (duration) => {
    host.stdin.write(`advance ${duration}\n`);
    const { error, now } = await next();
    assert.equal(error, undefined);
    return new Date(now);
  };
  const both = {
    hubspot: { ...hubspot, ...desk(hubspot.url) },
    pipedrive: { ...pipedrive, ...desk(pipedrive.url) },
    /** Moves the sandboxes' clock, sends the webhooks due by then, and returns the time. */
    advance,
    /** Sends the webhooks that are due. */
    flush: () => advance("0s"),
  };
  await both.hubspot.knobs({ tenSecondlyLimit: -1, dailyLimit: -1, searchPerSecond: -1 });
  await both.pipedrive.knobs({ limitsOff: true });
  return both;
}

/** What a person and the owner of a sandbox do. */
function desk(url) {
  const control = async (method, path, body) => {
    const answer = await fetch(`${url}/__sandbox/${path}`, { method, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  };
  return {
    knobs: (change) => control("PATCH", "knobs", change),
    faults: (...faults) => control("POST", "faults", faults),
    load: async (records) => (await control("POST", "records?silent=true", records)).ids,
    create: async (record) => (await control("POST", "records", [record])).ids[0],
    record: (id) => control("GET", `records/${id}`),
    edit: (id, fields) => control("PATCH", `records/${id}`, fields),
    remove: (id) => control("DELETE", `records/${id}`),
    restore: (id) => control("POST", `records/${id}/restore`),
    erase: (id) => control("POST", `records/${id}/erase`),
    join: async (kept, other) => (await control("POST", `records/${kept}/merge`, { other: String(other) })).id,
    calls: async () => (await control("GET", "calls")).routes,
  };
}

/** A receiver of webhooks. It answers with the statuses given, in turn, then 200. */
export async function startInbox() {
  const inbox = { received: [], statuses: [] };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    inbox.received.push({ method: request.method, url: request.url, headers: request.headers, body, json: JSON.parse(body) });
    response.writeHead(inbox.statuses.shift() ?? 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());
  inbox.url = `http://127.0.0.1:${server.address().port}`;
  /** Returns what arrived since the last call. */
  inbox.take = () => inbox.received.splice(0);
  return inbox;
}
