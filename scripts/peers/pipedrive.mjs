// What the tests of the Pipedrive sandbox share: the vendor's client, and its errors.
import assert from "node:assert/strict";
import { v1, v2 } from "pipedrive";

export { v1, v2 };

/** Pipedrive's own clients of both versions, pointed at the sandbox. */
export function clientsOf(sandbox, credential = { apiKey: sandbox.token }) {
  const second = new v2.Configuration({ ...credential, basePath: `${sandbox.url}/api/v2` });
  const first = new v1.Configuration({ ...credential, basePath: `${sandbox.url}/api/v1` });
  return {
    persons: new v2.PersonsApi(second),
    fields: new v2.PersonFieldsApi(second),
    personsV1: new v1.PersonsApi(first),
    fieldsV1: new v1.PersonFieldsApi(first),
    recents: new v1.RecentsApi(first),
    users: new v1.UsersApi(first),
    webhooks: new v1.WebhooksApi(first),
  };
}

/** Sends a request without the client, which keeps no status and no headers. */
export async function raw(sandbox, method, path, body, headers = { "x-api-token": sandbox.token }) {
  const answer = await fetch(sandbox.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : undefined;
  return { status: answer.status, headers: answer.headers, text, json };
}

/** Waits for a call to be refused, and returns the body, which is all that the client keeps. */
export async function refused(call) {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) throw error;
    assert.equal(error.success, false);
    return error;
  }
  assert.fail("the call was answered, not refused");
}

/** Checks that a call is refused for what it asks, and returns the text. */
export async function invalid(call) {
  const { code, error, data, additional_data: additional } = await refused(call);
  assert.deepEqual([code, data, additional], ["ERR_SCHEMA_VALIDATION_FAILED", null, null], error);
  return error;
}

export const notFound = { success: false, error: "Entity was not found", error_info: "Object was not found.", data: null, additional_data: null };

/** Walks all pages of a list or search and returns the rows. */
export async function walk(page) {
  const rows = [];
  let cursor;
  do {
    const { data, additional_data: additional } = await page(cursor);
    rows.push(...(data.items ?? data));
    cursor = additional.next_cursor ?? undefined;
  } while (cursor);
  return rows;
}
