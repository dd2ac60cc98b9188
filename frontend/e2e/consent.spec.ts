import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";

/** CRMs that are connected through their consent pages, without a token. */
test.use({ store: "consent", setup: { unconnected: true, apps: true } });
test.describe.configure({ mode: "serial" });

test("a person who does not agree is told so, and nothing is connected", async ({ page, host, watch }) => {
  watch.abroad.push(host.hubspot);
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "HubSpot" });
  await expect(card.getByRole("button", { name: "Use a token" })).toBeVisible();
  await expectFits(page);
  await expectAccessible(page);
  await picture(page, "consent-offered");
  await card.getByRole("button", { name: "Connect with HubSpot" }).click();
  await expect(page.getByRole("heading", { name: "Contact Sync wants to use this HubSpot account" })).toBeVisible();
  await expect(page.getByText("crm.objects.contacts.write")).toBeVisible();
  await picture(page, "consent-hubspot");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page).toHaveURL(/\/connections\?failed=hubspot/);
  await expect(page.getByRole("alert").filter({ hasText: "HubSpot is not connected" })).toContainText("It was not agreed to in HubSpot.");
  await expect(card).toContainText("Not connected");
  await expectAccessible(page);
  await picture(page, "consent-denied");
});

for (const [name, provider] of [["HubSpot", "hubspot"], ["Pipedrive", "pipedrive"]] as const) {
  test(`who agrees in ${name} has it connected, and a sync begins`, async ({ page, host, watch }) => {
    watch.abroad.push(host[provider]);
    await page.goto("/connections");
    const card = page.getByRole("region", { name });
    await card.getByRole("button", { name: `Connect with ${name}` }).click();
    await page.getByRole("button", { name: "Connect app" }).click();
    await expect(page.getByText(`${name} is connected`)).toBeVisible();
    await expect(page).toHaveURL(`${host.url}/connections`);
    await expect(card.getByText("Connected", { exact: true })).toBeVisible();
    await expect(card).toContainText("Agreed in the CRM");
    await expect(card.getByRole("button", { name: "Connect again" })).toBeVisible();
    await expectAccessible(page);
    await picture(page, `consent-${provider}-connected`);
  });
}

test("disconnecting gives the access back", async ({ page }) => {
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "Pipedrive" });
  await card.getByRole("button", { name: "Disconnect" }).click();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("The access is given back");
  await question.getByRole("button", { name: "Disconnect" }).click();
  await expect(card.getByText("Disconnected")).toBeVisible();
});
