import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";
import { tokens } from "./host";
import { csv, people } from "./people";

/** From nothing connected to two CRMs that were paused, refused, disconnected and connected again. */
test.use({ store: "connections", setup: { unconnected: true } });
test.describe.configure({ mode: "serial" });

test("with nothing connected, the first steps are there", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("No CRM is connected yet");
  await page.getByRole("link", { name: "Connect one" }).click();
  await expect(page).toHaveTitle("Connections · Contact Sync");
  await expect(page.getByRole("region", { name: "Three steps" })).toBeVisible();
  await expect(page.getByRole("region", { name: "HubSpot" })).toContainText("Not connected");
  await expectAccessible(page);
  await picture(page, "connections-first");
});

test("a token that the CRM refuses is the field's problem", async ({ page, watch }) => {
  await page.goto("/connections");
  await page.getByRole("button", { name: "Connect HubSpot" }).click();
  const sheet = page.getByRole("dialog", { name: "Connect HubSpot" });
  await expect(page).toHaveURL(/connect=hubspot/);
  await expect(sheet.getByText("crm.objects.contacts.write")).toBeVisible();
  await expect(sheet.getByRole("button", { name: "Connect HubSpot" })).toBeDisabled();
  await sheet.getByLabel("Service key or access token").fill("no-such-token");
  await sheet.getByRole("button", { name: "Connect HubSpot" }).click();
  await expect(sheet.getByLabel("Service key or access token")).toHaveAttribute("aria-invalid", "true");
  await expect(sheet.getByLabel("Service key or access token")).toBeFocused();
  await expect(sheet).toContainText("HubSpot refused the token");
  await expectAccessible(page);
  await picture(page, "connect-refused");
  expect(watch.refused.splice(0)).toEqual(["POST /api/connections 422"]);
});

test("a good token connects, begins a sync, and points at the pronouns", async ({ page, host, hubspot }) => {
  const imported = await page.request.post("/api/contacts/import", { data: csv(people(5)), headers: { "Content-Type": "text/csv", Origin: host.url } });
  expect(imported.ok()).toBe(true);
  await page.goto("/connections?connect=hubspot");
  const sheet = page.getByRole("dialog", { name: "Connect HubSpot" });
  await sheet.getByLabel("Service key or access token").fill(` ${tokens.hubspot} `);
  await sheet.getByRole("button", { name: "Connect HubSpot" }).click();
  await expect(sheet).toBeHidden();
  await expect(page.getByText("HubSpot is connected")).toBeVisible();
  const card = page.getByRole("region", { name: "HubSpot" });
  await expect(card).toContainText("Connected");
  await expect(card).toContainText("Entered here");
  await expect(card.getByText("5", { exact: true })).toBeVisible();
  expect(await hubspot.records()).toHaveLength(5);
  await page.getByRole("button", { name: "Show me" }).click();
  await expect(page.getByRole("region", { name: "Pronouns set-up" }).getByRole("button", { name: "Set up now" })).toBeFocused();
  await expectAccessible(page);
});

test("the second CRM joins, and what it needs is said", async ({ page, pipedrive }) => {
  await page.goto("/connections");
  await page.getByRole("button", { name: "Connect Pipedrive" }).click();
  const sheet = page.getByRole("dialog", { name: "Connect Pipedrive" });
  await expect(sheet.getByText("Scopes it needs")).toBeHidden();
  await sheet.getByLabel("Personal API token").fill(tokens.pipedrive);
  await sheet.getByLabel("Personal API token").press("Enter");
  await expect(page.getByText("Pipedrive is connected")).toBeVisible();
  await expect.poll(async () => (await pipedrive.records()).length).toBe(5);
  const card = page.getByRole("region", { name: "Pipedrive" });
  await expect(card).toContainText("Connected");
  await expect(card.getByText("5", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "connections-both");
});

test("the webhook address can be copied", async ({ page, context, host }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/connections");
  await page.getByRole("button", { name: "Copy the webhook address" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${host.url}/api/webhook/hubspot`);
});

test("Pipedrive was asked for its events, and a change there arrives at once", async ({ page, pipedrive }) => {
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "Pipedrive" });
  await expect(card).toContainText("Pipedrive sends its changes here");
  const [person] = await pipedrive.records();
  await pipedrive.edit(person!.id, { phones: "+1 212 555 0177" });
  await expect.poll(async () => (await (await page.request.get("/api/contacts?q=12125550177")).json()).total).toBe(1);
});

test("a pause holds everything, and resuming catches up", async ({ page, host, hubspot }) => {
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "HubSpot" });
  await card.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("HubSpot is paused")).toBeVisible();
  await expect(card.getByText("Paused", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "connection-paused");
  const made = await page.request.post("/api/contacts", { data: { email: "late@example.com" }, headers: { Origin: host.url } });
  expect(made.status()).toBe(201);
  expect(await hubspot.find("late@example.com")).toBeUndefined();
  await page.getByRole("link", { name: "Overview" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("HubSpot is paused");
  await page.getByRole("link", { name: "Resume it" }).click();
  await card.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("HubSpot goes on")).toBeVisible();
  await expect.poll(() => hubspot.find("late@example.com")).toBeDefined();
  await expect(card.getByText("Connected", { exact: true })).toBeVisible();
});

test("a test shows that the CRM refuses the credentials, and a new token heals it", async ({ page, watch, hubspot }) => {
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "HubSpot" });
  await card.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("HubSpot accepts the credentials")).toBeVisible();
  await hubspot.revoke(true);
  await card.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText("HubSpot refused the credentials")).toBeVisible();
  await expect(card.getByText("Credentials refused")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "connection-refused");
  await hubspot.revoke(false);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("HubSpot no longer accepts our credentials");
  await page.getByRole("link", { name: "Replace the token" }).click();
  const sheet = page.getByRole("dialog", { name: "Replace the token of HubSpot" });
  await sheet.getByLabel("Service key or access token").fill(tokens.hubspot);
  await sheet.getByRole("button", { name: "Replace token" }).click();
  await expect(card.getByText("Connected", { exact: true })).toBeVisible();
  expect(watch.refused.splice(0)).toEqual([]);
});

test("disconnecting asks, keeps everything, and connecting again doubles nothing", async ({ page, pipedrive }) => {
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "Pipedrive" });
  await card.getByRole("button", { name: "Disconnect" }).click();
  const question = page.getByRole("alertdialog", { name: "Disconnect Pipedrive?" });
  await expect(question).toContainText("What stays");
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await expectAccessible(page);
  await picture(page, "disconnect");
  await question.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByText("Pipedrive is disconnected")).toBeVisible();
  await expect(question).toBeHidden();
  await expect(card).toContainText("6 links and all contacts are kept");
  await expectAccessible(page);
  await picture(page, "connection-disconnected");

  await card.getByRole("button", { name: "Connect again" }).click();
  const sheet = page.getByRole("dialog", { name: "Connect Pipedrive" });
  await sheet.getByLabel("Personal API token").fill(tokens.pipedrive);
  await sheet.getByRole("button", { name: "Connect Pipedrive" }).click();
  await expect(card.getByText("Connected", { exact: true })).toBeVisible();
  await expect(card.getByText("6", { exact: true })).toBeVisible();
  await expect(page.getByText(/Sync finished|already in sync/).first()).toBeVisible();
  expect(await pipedrive.records()).toHaveLength(6);
});

test("deletions that are too many are held until a person lets them pass", async ({ page, host, hubspot }) => {
  const send = { headers: { "Content-Type": "text/csv", Origin: host.url }, data: csv(people(20)) };
  expect((await page.request.post("/api/contacts/import", send)).ok()).toBe(true);
  await page.goto("/");
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect.poll(async () => (await hubspot.records()).length).toBe(21);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Everything is in sync");
  for (const { id } of (await hubspot.records()).slice(0, 18)) await hubspot.remove(id);
  const full = await page.request.post("/api/sync", { data: { kind: "full" }, headers: { Origin: host.url } });
  expect(full.ok()).toBe(true);

  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Deletions in HubSpot wait for you");
  await page.getByRole("link", { name: "Decide about them" }).click();
  const card = page.getByRole("region", { name: "HubSpot" });
  await expect(card).toContainText("Deletions in HubSpot are held");
  await expect(card).toContainText(/records are gone from HubSpot|HubSpot shows \d+ records/);
  await expectAccessible(page);
  await picture(page, "connection-held");
  await card.getByRole("button", { name: "Let them pass" }).click();
  const question = page.getByRole("alertdialog", { name: "Delete here what was deleted in HubSpot?" });
  await expectAccessible(page);
  await question.getByRole("button", { name: "Let them pass" }).click();
  await expect(page.getByText("The deletions pass")).toBeVisible();
  await expect(card).not.toContainText("are held");
});

for (const [screen, viewport] of Object.entries({ desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${screen}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto("/connections");
      await expect(page.getByRole("region", { name: "HubSpot" })).toBeVisible();
      await expectFits(page);
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-connections`);
      await page.getByRole("button", { name: "Replace token" }).first().click();
      await expect(page.getByRole("dialog").getByRole("button", { name: "Replace token" })).toBeVisible();
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-connect`);
    });
  }
}
