import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";

/** Choosing who wins, and which field goes where. */
test.use({ store: "settings" });
test.describe.configure({ mode: "serial" });

test("a policy is chosen, kept, and can be taken back before it is saved", async ({ page, request }) => {
  await page.goto("/settings");
  await expect(page).toHaveTitle("Settings · Contact Sync");
  await expect(page.getByRole("radio", { name: /^The CRM wins/ })).toBeChecked();
  const bar = page.getByRole("region", { name: "Unsaved changes" });
  await expect(bar).toBeHidden();
  await page.getByRole("radio", { name: /^The latest change wins/ }).check();
  await expect(bar).toContainText("1 unsaved change");
  await bar.getByRole("button", { name: "Reset" }).click();
  await expect(page.getByRole("radio", { name: /^The CRM wins/ })).toBeChecked();
  await expect(bar).toBeHidden();
  await page.getByRole("radio", { name: /^The latest change wins/ }).check();
  await bar.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
  await expect(bar).toBeHidden();
  expect(await (await request.get("/api/settings")).json()).toMatchObject({ policy: "latest_wins" });
});

test("what the server refuses is shown where it belongs", async ({ page, watch }) => {
  await page.goto("/settings");
  await page.getByLabel("Country").fill("zz");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Country")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("Enter a country as two letters, such as US.")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "settings-refused");
  expect(watch.refused.splice(0)).toEqual(["PATCH /api/settings 422"]);
  await page.getByLabel("Country").fill("us");
  await expect(page.getByText("numbers of this country: United States")).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
});

test("a field of one's own is added, found in the CRM, and edited with the contact", async ({ page, hubspot, pipedrive }) => {
  await hubspot.makeField("loyalty_tier");
  await page.goto("/settings");
  await page.getByRole("button", { name: "Add field" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a field" });
  await dialog.getByLabel("Label").fill("Phone");
  await dialog.getByRole("button", { name: "Add field" }).click();
  await expect(dialog.getByText("There is a field of this name already.")).toBeVisible();
  await dialog.getByLabel("Label").fill("Loyalty tier");
  await expect(dialog.getByLabel("Name")).toHaveValue("loyaltyTier");
  await expectAccessible(page);
  await picture(page, "settings-add-field");
  await dialog.getByRole("button", { name: "Add field" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "Loyalty tier" });
  await expect(row).toContainText("New");
  await expect(row).toBeInViewport();
  await row.getByRole("group", { name: "Pipedrive" }).getByLabel("Direction").selectOption("to_crm");
  await expectAccessible(page);
  await picture(page, "settings-new-field");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
  await expect(row.getByRole("group", { name: "HubSpot" }).getByText("Found")).toBeVisible({ timeout: 30_000 });
  await expect(row.getByRole("group", { name: "Pipedrive" }).getByText("Not there")).toBeVisible();
  await expect(row).toContainText("Pipedrive has no person field named");
  await picture(page, "settings-field-found");
  await pipedrive.makeField("Loyalty tier");
  await row.getByRole("button", { name: "Look again" }).click();
  await expect(row.getByRole("group", { name: "Pipedrive" }).getByText("Found")).toBeVisible();

  await page.getByRole("link", { name: "Contacts" }).first().click();
  await page.getByRole("button", { name: "New contact" }).click();
  const sheet = page.getByRole("dialog", { name: "New contact" });
  await sheet.getByLabel("First name").fill("Dorothy");
  await sheet.getByLabel("E-mail").fill("dorothy@example.com");
  await sheet.getByLabel("Loyalty tier").fill("gold");
  await picture(page, "contact-own-field");
  await sheet.getByRole("button", { name: "Create contact" }).click();
  await expect(page.getByText("Dorothy was created")).toBeVisible();
  await expect.poll(async () => (await hubspot.find("dorothy@example.com"))?.fields.loyalty_tier).toBe("gold");
  expect(Object.values((await pipedrive.find("dorothy@example.com"))?.fields ?? {})).toContain("gold");
  await page.getByRole("button", { name: "Edit Dorothy" }).click();
  await expect(page.getByRole("dialog", { name: "Dorothy" }).getByLabel("Loyalty tier")).toHaveValue("gold");
});

test("settings that somebody else saved meanwhile are explained, and one's own kept", async ({ page, request, watch, host }) => {
  await page.goto("/settings");
  await page.getByRole("radio", { name: /^The app wins/ }).check();
  const faster = await request.patch("/api/settings", { data: { region: "DE" }, headers: { Origin: host.url } });
  expect(faster.ok()).toBe(true);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Somebody else saved these settings in the meantime")).toBeVisible();
  await expect(page.getByText("They changed the phone region.")).toBeInViewport();
  await expect(page.getByLabel("Country")).toHaveValue("DE");
  await expect(page.getByRole("radio", { name: /^The app wins/ })).toBeChecked();
  await expectAccessible(page);
  await picture(page, "settings-overtaken");
  expect(watch.refused.splice(0)).toEqual(["PATCH /api/settings 412"]);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
  expect(await (await request.get("/api/settings")).json()).toMatchObject({ policy: "app_wins", region: "DE" });
});

test("leaving with unsaved changes asks first", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: /^Phone/ }).click();
  await page.getByLabel("When it was changed on several sides").selectOption({ label: "HubSpot wins" });
  await page.getByRole("link", { name: "Overview" }).first().click();
  const question = page.getByRole("alertdialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL("/settings");
  await expect(page.getByText("1 unsaved change")).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).first().click();
  await question.getByRole("button", { name: "Leave" }).click();
  await expect(page).toHaveURL("/");
});

test("a field is removed after a second thought, and a standard one goes back to its defaults", async ({ page, request }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: /^Loyalty tier/ }).click();
  await page.getByRole("button", { name: "Remove field" }).click();
  await expect(page.getByText("Removed when you save")).toBeVisible();
  await page.getByRole("button", { name: "Undo the change of Loyalty tier" }).click();
  await page.getByRole("button", { name: "Remove field" }).click();
  await page.getByRole("button", { name: /^Job title/ }).click();
  await page.getByRole("button", { name: "Back to the defaults" }).click();
  await expect(page.getByText("2 unsaved changes")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "settings-removed");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
  const { fields } = await (await request.get("/api/settings")).json();
  expect(fields.map(({ field }: { field: string }) => field)).not.toContain("loyaltyTier");
});

for (const [screen, viewport] of Object.entries({ desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${screen}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto("/settings");
      await page.getByRole("button", { name: /^Pronouns/ }).click();
      await page.getByLabel("When it was changed on several sides").selectOption({ label: "HubSpot wins" });
      await expect(page.getByRole("region", { name: "Unsaved changes" })).toBeVisible();
      await expectFits(page);
      await expectAccessible(page);
      await page.getByRole("group", { name: "HubSpot" }).evaluate((group) => group.scrollIntoView({ block: "center" }));
      await picture(page, `${screen}-${colorScheme}-settings-field`);
      await page.evaluate(() => window.scrollTo(0, 0));
      await picture(page, `${screen}-${colorScheme}-settings`);
    });
  }
}
