// What the tests of the HubSpot sandbox share: the vendor's client, and its errors.
import assert from "node:assert/strict";
import { Client } from "@hubspot/api-client";

export { Client };

/** HubSpot's own client, pointed at the sandbox. */
export function clientOf(sandbox, options = {}) {
  return new Client({ accessToken: sandbox.token, basePath: sandbox.url, ...options });
}

/** Waits for a call to be refused, and returns status, body and headers. */
export async function refused(call, status) {
  try {
    await call;
  } catch (error) {
    if (error.code === undefined) throw error;
    assert.equal(error.code, status, JSON.stringify(error.body));
    return { body: error.body, headers: error.headers };
  }
  assert.fail(`the call was answered, not refused with ${status}`);
}

/** Checks the envelope that every error has, and takes what differs per call out of it. */
export function envelope({ body, headers }) {
  assert.match(body.correlationId, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.equal(headers["x-hubspot-correlation-id"], body.correlationId);
  assert.equal(headers["content-type"], "application/json;charset=utf-8");
  const { correlationId, ...rest } = body;
  return rest;
}

/** The ids of the results of a page or batch. */
export const ids = (answer) => answer.results.map((result) => result.id);

export const contact = (properties) => ({ properties, associations: [] });
