// OAuth and credentials, driven by Pipedrive's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientsOf, raw, refused, v1 } from "./pipedrive.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { pipedrive: box, advance } = await startSandboxes();
const redirectUri = "http://127.0.0.1/back";
const app = () => new v1.OAuth2Configuration({ clientId: box.clientId, clientSecret: box.clientSecret, redirectUri, host: box.url });

/** The user agrees on the consent page; the browser comes back with a code. */
async function consent() {
  const answer = await fetch(app().authorizationUrl + "&state=s1", { redirect: "manual" });
  assert.equal(answer.status, 302);
  const target = new URL(answer.headers.get("location"));
  assert.deepEqual([target.origin + target.pathname, target.searchParams.get("state")], [redirectUri, "s1"]);
  return target.searchParams.get("code");
}
const read = (token) => raw(box, "GET", "/api/v2/persons", undefined, { authorization: `Bearer ${token}` });

test("a code is exchanged once, within five minutes, with its own redirect address", async () => {
  const oauth = app();
  const code = await consent();
  const other = new v1.OAuth2Configuration({ clientId: box.clientId, clientSecret: box.clientSecret, redirectUri: "http://127.0.0.1/other", host: box.url });
  await refused(other.authorize(code));
  const tokens = await oauth.authorize(code);
  assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.api_domain], ["Bearer", 3599, "https://sandbox.pipedrive.com"]);
  assert.ok(tokens.scope.split(",").includes("contacts:full"));
  assert.equal((await read(tokens.access_token)).status, 200);
  assert.deepEqual((await clientsOf(box, { accessToken: tokens.access_token }).persons.getPersons({})).data, []);
  await refused(app().authorize(code));
  const late = await consent();
  await advance("5m");
  assert.match((await refused(app().authorize(late))).message, /^Invalid grant/);
});

test("an access token works for an hour, a refresh token for 60 days since its last use", async () => {
  const oauth = app();
  const tokens = await oauth.authorize(await consent());
  await advance("59m59s");
  assert.equal((await read(tokens.access_token)).status, 200);
  await advance("1s");
  assert.equal((await read(tokens.access_token)).status, 401);
  for (let i = 0; i < 3; i++) {
    await advance(`${59 * 24}h`);
    const renewed = await oauth.tokenRefresh();
    assert.equal(renewed.refresh_token, tokens.refresh_token);
    assert.equal((await read(renewed.access_token)).status, 200);
  }
  await advance(`${60 * 24}h`);
  assert.equal((await refused(oauth.tokenRefresh())).message, "Invalid grant: refresh_token is invalid");
});

test("revoking an access token ends it, revoking the refresh token ends all", async () => {
  const oauth = app();
  const first = await oauth.authorize(await consent());
  const second = await oauth.tokenRefresh();
  const form = (token) => new URLSearchParams({ token, token_type_hint: "access_token" });
  const basic = { authorization: `Basic ${Buffer.from(`${box.clientId}:${box.clientSecret}`).toString("base64")}` };
  assert.equal((await fetch(`${box.url}/oauth/revoke`, { method: "POST", body: form(first.access_token), headers: basic })).status, 200);
  assert.deepEqual([(await read(first.access_token)).status, (await read(second.access_token)).status], [401, 200]);
  await oauth.revokeToken("refresh_token");
  assert.equal((await read(second.access_token)).status, 401);
  await refused(oauth.tokenRefresh());
});

test("the client must be who it says", async () => {
  const stranger = new v1.OAuth2Configuration({ clientId: box.clientId, clientSecret: "wrong", redirectUri, host: box.url });
  assert.equal((await refused(stranger.authorize(await consent()))).message, "Invalid client: client is invalid");
  assert.equal((await fetch(`${box.url}/oauth/authorize?client_id=other&redirect_uri=${redirectUri}`, { redirect: "manual" })).status, 400);
});

test("a wrong credential is refused by the gateway", async () => {
  for (const headers of [{}, { "x-api-token": "wrong" }, { authorization: `Bearer ${box.token}` }]) {
    const answer = await raw(box, "GET", "/api/v2/persons", undefined, headers);
    assert.deepEqual([answer.status, answer.headers.get("x-401-by-gw")], [401, "true"]);
    assert.deepEqual(answer.json, { success: false, error: "unauthorized access", errorCode: 401, error_info: "Please check developers.pipedrive.com" });
  }
  assert.equal((await raw(box, "GET", `/api/v1/users/me?api_token=${box.token}`, undefined, {})).status, 200);
});

test("a scope that was not granted is a 403 of the gateway", async () => {
  await box.knobs({ scopes: ["contacts:read"] });
  const { access_token: token } = await app().authorize(await consent());
  assert.equal((await read(token)).status, 200);
  const answer = await raw(box, "POST", "/api/v2/persons", { name: "x" }, { authorization: `Bearer ${token}` });
  assert.deepEqual([answer.status, answer.json], [403, { success: false, error: "Scope and URL mismatch", errorCode: 403, error_info: "Please check developers.pipedrive.com" }]);
  await box.knobs({ scopes: null });
});

test("a regular user does not see others' private persons", async () => {
  const { persons, users } = clientsOf(box);
  const [, colleague] = (await users.getUsers()).data;
  const add = async (person) => (await persons.addPerson({ AddPersonRequest: person })).data.id;
  const hidden = await add({ name: "Private", owner_id: colleague.id, visible_to: 1 });
  const open = await add({ name: "Open", owner_id: colleague.id, visible_to: 3 });
  await box.knobs({ regularUser: true });
  assert.deepEqual((await persons.getPersons({})).data.map((p) => p.id), [open]);
  assert.equal((await refused(persons.getPerson({ id: hidden }))).error, "Entity was not found");
  await box.knobs({ regularUser: false });
});
