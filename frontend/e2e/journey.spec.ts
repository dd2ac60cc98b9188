import { expect, expectAccessible, picture, test } from "./fixtures";
import { csv, people } from "./people";

/** One person's first hour with Contact Sync, from an empty store to a decided conflict. */
test.use({ store: "journey" });
test.describe.configure({ mode: "serial" });

const crowd = people(60);

test("the first look says where things stand", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle("Overview · Contact Sync");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ready for the first sync");
  await expect(page.getByText("No conflicts")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "overview-first");
});

test("pronouns are set up from the banner, with one click", async ({ page, hubspot, pipedrive }) => {
  await page.goto("/");
  const banner = page.getByRole("region", { name: "Pronouns set-up" });
  await expect(banner).toContainText("Pronouns don't sync with HubSpot and Pipedrive yet");
  await page.getByRole("link", { name: "Contacts" }).first().click();
  await expect(banner, "the banner is on every page").toBeVisible();
  await banner.getByRole("button", { name: "Set up now" }).click();
  await expect(page.getByText("Pronouns are set up")).toBeVisible();
  await expect(banner).toBeHidden();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await expect(banner).toBeHidden();
  expect(await hubspot.records()).toEqual([]);
  expect(await pipedrive.records()).toEqual([]);
});

test("a CSV file is imported, and a bad line is named", async ({ page }) => {
  await page.goto("/contacts");
  await expect(page.getByText("No contacts yet")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Import CSV" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Import contacts" });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  const lines = csv(crowd).split("\n");
  lines.splice(31, 0, "this is no address,Nobody,,,");
  await dialog.locator("input[type=file]").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
  await expect(dialog.getByText("60 of 61 lines of people.csv are in")).toBeVisible();
  await expect(dialog.getByRole("row").nth(1)).toContainText("32");
  await expectAccessible(page);
  await picture(page, "import-result");
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByText("1–50 of 60")).toBeVisible();
});

test("a sync shows its progress and goes on when the page is left", async ({ page, hubspot, pipedrive }) => {
  await hubspot.slow("2s");
  await page.goto("/");
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByRole("progressbar", { name: "Sync progress" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Syncing now");
  await picture(page, "overview-syncing");
  await page.getByRole("link", { name: "Contacts" }).first().click();
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).first().click();
  await expect(page.getByRole("progressbar", { name: "Sync progress" })).toBeVisible();
  await hubspot.normal();
  await expect(page.getByText("Sync finished")).toBeVisible({ timeout: 45_000 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Everything is in sync");
  expect(await hubspot.records()).toHaveLength(60);
  expect(await pipedrive.records()).toHaveLength(60);
  await picture(page, "overview-in-sync");
});

test("every contact says how it stands with each CRM", async ({ page }) => {
  await page.goto("/contacts");
  const rows = page.getByRole("row");
  await expect(rows).toHaveCount(51);
  await expect(rows.nth(1).getByText("Synced")).toHaveCount(2);
  await expectAccessible(page);
  await picture(page, "contacts");
});

test("search, filters, order and pages live in the address", async ({ page }) => {
  await page.goto("/contacts");
  await page.getByRole("searchbox").fill("person042");
  await expect(page).toHaveURL(/q=person042/);
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("searchbox").fill("nobody-of-that-name");
  await expect(page.getByText("Nothing found for “nobody-of-that-name”")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Reset search and filters" }).click();
  await expect(page.getByText("1–50 of 60")).toBeVisible();
  await expect(page.getByRole("searchbox")).toHaveValue("");

  await page.getByRole("button", { name: "E-mail", exact: true }).click();
  await expect(page.getByRole("columnheader", { name: "E-mail" })).toHaveAttribute("aria-sort", "ascending");
  await expect(page.getByRole("row").nth(1)).toContainText("person001@example.com");
  await page.getByRole("button", { name: "E-mail", exact: true }).click();
  await expect(page.getByRole("row").nth(1)).toContainText("person060@example.com");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("51–60 of 60")).toBeVisible();
  await page.reload();
  await expect(page.getByText("51–60 of 60")).toBeVisible();
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(page.getByText("1–50 of 60")).toBeVisible();

  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemradio", { name: "Failing" }).click();
  await expect(page).toHaveURL(/status=error/);
  await expect(page.getByText("No contact matches")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("1–50 of 60")).toBeVisible();
});

test("a contact is created, with the server's word on each field", async ({ page, watch, hubspot, pipedrive }) => {
  await page.goto("/contacts");
  await page.getByRole("button", { name: "New contact" }).click();
  const sheet = page.getByRole("dialog", { name: "New contact" });
  await sheet.getByLabel("First name").fill("Katherine");
  await sheet.getByLabel("Last name").fill("Johnson");
  await sheet.getByLabel("E-mail").fill("not an address");
  await sheet.getByRole("button", { name: "Create contact" }).click();
  await expect(sheet.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
  await expect(sheet.getByLabel("E-mail")).toBeFocused();
  await expectAccessible(page);
  await sheet.getByLabel("E-mail").fill("person001@example.com");
  await sheet.getByRole("button", { name: "Create contact" }).click();
  await expect(sheet.getByRole("button", { name: "Open that contact" })).toBeVisible();
  await picture(page, "contact-taken");
  await sheet.getByLabel("E-mail").fill("katherine@example.com");
  await sheet.getByLabel("Phone").fill("+1 202 555 0999");
  await sheet.getByLabel("Pronouns").fill("she/her");
  await sheet.getByRole("button", { name: "Create contact" }).click();
  await expect(page.getByText("Katherine Johnson was created")).toBeVisible();
  await expect(page.getByText("Sent to HubSpot and Pipedrive.")).toBeVisible();
  expect(watch.refused.splice(0)).toEqual(["POST /api/contacts 422", "POST /api/contacts 409"]);
  expect((await hubspot.find("katherine@example.com"))?.fields).toMatchObject({ firstname: "Katherine", pronouns: "she/her" });
  expect(await pipedrive.find("katherine@example.com")).toBeDefined();
});

test("a phone edited here reaches both CRMs, and one edited in HubSpot comes back", async ({ page, hubspot, pipedrive }) => {
  await page.goto("/contacts?q=katherine");
  await page.getByRole("button", { name: "Edit Katherine Johnson" }).click();
  const sheet = page.getByRole("dialog", { name: "Katherine Johnson" });
  await sheet.getByLabel("Phone").fill("+1 202 555 0888");
  await sheet.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Katherine Johnson was saved")).toBeVisible();
  const there = await hubspot.find("katherine@example.com");
  expect(there?.fields.phone).toBe("+1 202 555 0888");
  expect(Object.values((await pipedrive.find("katherine@example.com"))!.fields).join()).toContain("+1 202 555 0888");

  await hubspot.edit(there!.id, { phone: "+1 202 555 0777" });
  await expect(page.getByRole("row").nth(1)).toContainText("+1 202 555 0777", { timeout: 30_000 });
  await expect
    .poll(async () => Object.values((await pipedrive.find("katherine@example.com"))!.fields).join())
    .toContain("+1 202 555 0777");
});

test("an edit that somebody else overtook is explained, not lost", async ({ page, watch, request }) => {
  const { contacts } = await (await request.get("/api/contacts?q=person002")).json();
  await page.goto(`/contacts?contact=${contacts[0].id}`);
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("Company").fill("Mine");
  const faster = await request.patch(`/api/contacts/${contacts[0].id}`, { data: { company: "Theirs" } });
  expect(faster.ok()).toBe(true);
  await sheet.getByRole("button", { name: "Save" }).click();
  await expect(sheet.getByText("Changed meanwhile to Theirs")).toBeVisible();
  await expect(sheet.getByLabel("Company")).toHaveValue("Mine");
  await expectAccessible(page);
  await picture(page, "contact-overtaken");
  await sheet.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(/was saved/)).toBeVisible();
  watch.refused.splice(0).forEach((answer) => expect(answer).toMatch(/^PATCH .* 412$/));
  expect((await (await request.get(`/api/contacts/${contacts[0].id}`)).json()).company).toBe("Mine");
});

test("a field edited on two sides becomes a conflict, listed with both values", async ({ page, host, pipedrive }) => {
  const ask = async (action: string) => {
    const answer = await page.request.patch("/api/connections/pipedrive", { data: { action }, headers: { Origin: host.url } });
    expect(answer.ok()).toBe(true);
  };
  await ask("pause"); // otherwise the first of the two edits is everywhere before the second
  const there = await pipedrive.find("person003@example.com");
  await pipedrive.edit(there!.id, { phones: "+1 202 555 3333" });
  await page.goto("/contacts?q=person003");
  await page.getByRole("button", { name: /^Edit / }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("Phone").fill("+1 202 555 4444");
  await sheet.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(/was saved/)).toBeVisible();
  await ask("resume");
  await page.request.post("/api/sync", { data: {}, headers: { Origin: host.url } });
  await expect(page.getByRole("row").nth(1)).toContainText("+1 202 555 3333");

  await page.goto("/");
  const conflict = page.getByRole("region", { name: "Latest conflicts" }).getByRole("listitem").filter({ hasText: "Phone" }).first();
  await expect(conflict).toContainText("+1 202 555 4444");
  await expect(conflict).toContainText("+1 202 555 3333");
  await expect(conflict).toContainText("Pipedrive won: a CRM outranks the app");
  await expectAccessible(page);
  await picture(page, "overview-conflict");
});

test("a contact is deleted everywhere after a question, and brought back", async ({ page, hubspot, pipedrive }) => {
  await page.goto("/contacts?q=katherine");
  await page.getByRole("button", { name: "Actions for Katherine Johnson" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  const question = page.getByRole("alertdialog", { name: "Delete Katherine Johnson?" });
  await expect(question).toContainText("HubSpot and Pipedrive");
  await expectAccessible(page);
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Katherine Johnson was deleted")).toBeVisible();
  await expect(page.getByText("Nothing found for “katherine”")).toBeVisible();
  await expect.poll(() => hubspot.find("katherine@example.com")).toBeUndefined();
  await expect.poll(() => pipedrive.find("katherine@example.com")).toBeUndefined();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Katherine Johnson is back")).toBeVisible();
  await expect(page.getByRole("button", { name: "Edit Katherine Johnson" })).toBeVisible();
});
