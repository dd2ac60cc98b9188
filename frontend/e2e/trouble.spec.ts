import { expect, expectAccessible, picture, test } from "./fixtures";

/** What a person sees when a CRM refuses, and how it gets well again. */
test.use({ store: "trouble" });
test.describe.configure({ mode: "serial" });

test("a missing scope is explained in the banner, and found again once it is granted", async ({ page, hubspot }) => {
  await hubspot.grant(["crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"]);
  await page.goto("/");
  const banner = page.getByRole("region", { name: "Pronouns set-up" });
  await banner.getByRole("button", { name: "Set up now" }).click();
  await expect(banner).toContainText("Pronouns need your help in HubSpot");
  await expect(banner).toContainText("crm.schemas.contacts.write");
  await expect(banner.getByText("Ready")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "pronouns-forbidden");
  await hubspot.grant(null);
  await banner.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Pronouns are set up")).toBeVisible();
  await expect(banner).toBeHidden();
});

test("a contact that a CRM refuses says why, and is well after the next save", async ({ page, hubspot }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Everything is in sync");
  await hubspot.refuse("/crm/objects/", 400, "Property values were not valid");
  await page.goto("/contacts?contact=new");
  const sheet = page.getByRole("dialog", { name: "New contact" });
  await sheet.getByLabel("First name").fill("Mary");
  await sheet.getByLabel("Last name").fill("Jackson");
  await sheet.getByLabel("E-mail").fill("mary@example.com");
  await sheet.getByLabel("Phone").fill("none");
  await sheet.getByRole("button", { name: "Create contact" }).click();
  await expect(page.getByText("HubSpot did not accept the contact")).toBeVisible();

  await page.getByRole("link", { name: "Overview" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("1 contact can't be synced");
  await expectAccessible(page);
  await picture(page, "overview-failing");
  await page.getByRole("link", { name: "See which and why" }).click();
  await expect(page.getByRole("row").nth(1)).toContainText("Failing");
  await page.getByRole("button", { name: "Edit Mary Jackson" }).click();
  const mary = page.getByRole("dialog", { name: "Mary Jackson" });
  await expect(mary).toContainText("Property values were not valid");
  await expectAccessible(page);
  await picture(page, "contact-failing");

  await hubspot.normal();
  await mary.getByLabel("Phone").fill("+1 202 555 0123");
  await mary.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Sent to HubSpot and Pipedrive.")).toBeVisible();
  await expect(page.getByText("No contact matches")).toBeVisible();
  expect((await hubspot.find("mary@example.com"))?.fields).toMatchObject({ phone: "+1 202 555 0123" });
});

test("a CRM whose token is the deployment's is disconnected, and taken up again without one", async ({ page, pipedrive }) => {
  const before = (await pipedrive.records()).length;
  await page.goto("/connections");
  const card = page.getByRole("region", { name: "Pipedrive" });
  await expect(card).toContainText("Set in the deployment");
  await card.getByRole("button", { name: "Disconnect" }).click();
  const question = page.getByRole("alertdialog", { name: "Disconnect Pipedrive?" });
  await expect(question).toContainText("the token in the deployment, which can be used again");
  await question.getByRole("button", { name: "Disconnect" }).click();
  await expect(card).toContainText("so you need not enter one");
  await expectAccessible(page);
  await card.getByRole("button", { name: "Use the deployment's token" }).click();
  await expect(card).toContainText("Set in the deployment");
  await expect(page.getByText("Pipedrive is connected")).toBeVisible();
  await expect(page.getByText(/Sync finished|already in sync/).first()).toBeVisible();
  expect(await pipedrive.records()).toHaveLength(before);
});
