// OAuth, tokens and scopes, driven by HubSpot's own client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, clientOf, contact, envelope, refused } from "./hubspot.mjs";
import { startSandboxes } from "./sandboxes.mjs";

const { hubspot: box, advance } = await startSandboxes();
const back = "http://127.0.0.1/back";
const { oauth } = new Client({ basePath: box.url });
const { tokensApi, accessTokensApi, refreshTokensApi } = oauth;

/** The user agrees on the consent page; the browser comes back with a code. */
async function consent() {
  const page = new URL(oauth.getAuthorizationUrl(box.clientId, back, "crm.objects.contacts.read", undefined, "state-1"));
  const answer = await fetch(box.url + page.pathname + page.search, { redirect: "manual" });
  assert.equal(answer.status, 302);
  const target = new URL(answer.headers.get("location"));
  assert.equal(target.origin + target.pathname, back);
  assert.equal(target.searchParams.get("state"), "state-1");
  return target.searchParams.get("code");
}
const exchange = (code, redirect = back) => tokensApi.create("authorization_code", code, redirect, box.clientId, box.clientSecret);
const refresh = (token, secret = box.clientSecret) => tokensApi.create("refresh_token", undefined, undefined, box.clientId, secret, token);
const read = (accessToken) => clientOf(box, { accessToken }).crm.contacts.basicApi.getPage(1);
const invalidGrant = {
  error: "invalid_grant",
  error_description: "refresh token is invalid, expired or revoked",
  status: "BAD_REFRESH_TOKEN",
  message: "refresh token is invalid, expired or revoked",
};
const post = async (path, form) => {
  const answer = await fetch(box.url + path, { method: "POST", body: new URLSearchParams({ client_id: box.clientId, client_secret: box.clientSecret, ...form }) });
  const text = await answer.text();
  return { status: answer.status, body: text && JSON.parse(text) };
};

test("a code is exchanged once, and only with its own redirect address", async () => {
  const code = await consent();
  assert.equal((await refused(exchange(code, "http://127.0.0.1/other"), 400)).body.status, "BAD_REDIRECT_URI");
  const tokens = await exchange(code);
  assert.deepEqual([tokens.tokenType, tokens.expiresIn], ["bearer", 1800]);
  assert.deepEqual((await read(tokens.accessToken)).results, []);
  assert.equal((await refused(exchange(code), 400)).body.status, "BAD_AUTH_CODE");
});

test("an access token expires after 30 minutes, and refreshing gives another", async () => {
  const tokens = await exchange(await consent());
  await advance("29m59s");
  await read(tokens.accessToken);
  await advance("8s");
  assert.deepEqual(envelope(await refused(read(tokens.accessToken), 401)), {
    status: "error",
    message: "The OAuth token used to make this call expired 7 second(s) ago.",
    category: "EXPIRED_AUTHENTICATION",
  });
  const renewed = await refresh(tokens.refreshToken);
  assert.equal(renewed.refreshToken, tokens.refreshToken);
  assert.notEqual(renewed.accessToken, tokens.accessToken);
  await read(renewed.accessToken);
});

test("what the token endpoint refuses", async () => {
  assert.deepEqual((await refused(refresh("nonsense"), 400)).body, invalidGrant);
  assert.equal((await refused(refresh("nonsense", "wrong"), 400)).body.status, "BAD_CLIENT_ID");
  const other = await post("/oauth/2026-03/token", { grant_type: "password" });
  assert.deepEqual([other.status, other.body.status], [400, "BAD_GRANT_TYPE"]);
});

test("tokens are described, and a deleted refresh token is worth nothing", async () => {
  const tokens = await exchange(await consent());
  await advance("60s");
  const access = await accessTokensApi.get(tokens.accessToken);
  assert.deepEqual([access.tokenType, access.hubId, access.appId, access.expiresIn, access.token], ["access", 62515, box.appId, 1740, tokens.accessToken]);
  assert.ok(access.scopes.includes("crm.objects.contacts.write"));
  const long = await refreshTokensApi.get(tokens.refreshToken);
  assert.deepEqual([long.tokenType, long.clientId, long.token], ["refresh", box.clientId, tokens.refreshToken]);
  await refreshTokensApi.archive(tokens.refreshToken);
  await refused(refreshTokensApi.get(tokens.refreshToken), 404);
  assert.deepEqual((await refused(refresh(tokens.refreshToken), 400)).body, invalidGrant);
  await read(tokens.accessToken);
});

test("the newer versions: token, introspection, revocation", async () => {
  for (const version of ["v3", "2026-03", "2026-09"]) {
    const root = `/oauth/${version}/token`;
    const made = await post(root, { grant_type: "authorization_code", code: await consent(), redirect_uri: back });
    assert.deepEqual([made.status, made.body.hub_id, made.body.expires_in], [200, 62515, 1800]);
    const { access_token: token } = made.body;
    const known = await post(`${root}/introspect`, { token });
    assert.deepEqual([known.body.active, known.body.token_type, known.body.hub_id], [true, "access", 62515]);
    assert.equal((await post(`${root}/revoke`, { token })).status, 200);
    assert.deepEqual((await post(`${root}/introspect`, { token })).body, { active: false });
    await refused(read(token), 401);
    assert.equal((await post(`${root}/introspect`, { token, client_secret: "wrong" })).status, 400);
  }
});

test("an unknown or missing token is a 401", async () => {
  const { message, category } = envelope(await refused(read("wrong"), 401));
  assert.equal(category, "INVALID_AUTHENTICATION");
  assert.ok(message.startsWith("Authentication credentials not found. This API supports OAuth 2.0 authentication"));
  await box.knobs({ revoked: true });
  await refused(read(box.token), 401);
  await box.knobs({ revoked: false });
});

test("a scope that was not granted is a 403 that names it", async () => {
  await box.knobs({ scopes: ["crm.objects.contacts.read"] });
  const { crm } = clientOf(box);
  await crm.contacts.basicApi.getPage(1);
  const link = "https://developers.hubspot.com/scopes";
  assert.deepEqual(envelope(await refused(crm.contacts.basicApi.create(contact({ email: "scope@example.com" })), 403)), {
    status: "error",
    message: `This app hasn't been granted all required scopes to make this call. Read more about required scopes here: ${link}.`,
    errors: [{ message: "One or more of the following scopes are required.", context: { requiredGranularScopes: ["crm.objects.contacts.write"] } }],
    links: { scopes: link },
    category: "MISSING_SCOPES",
  });
  const property = { name: "x", label: "x", groupName: "contactinformation", type: "string", fieldType: "text" };
  await refused(crm.properties.coreApi.create("contacts", property), 403);
  await box.knobs({ scopes: null });
});
