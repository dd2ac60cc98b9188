import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";
import { csv, people } from "./people";

/** The same pages on a phone and a desktop, light and dark, by keyboard, and without a network. */
test.use({ store: "look" });

test.beforeAll(async ({ host }) => {
  const send = async (path: string, type: string, body: string) => {
    const answer = await fetch(`${host.url}${path}`, { method: "POST", headers: { "Content-Type": type }, body });
    expect(answer.ok).toBe(true);
  };
  await send("/api/contacts/import", "text/csv", csv(people(60)));
  await send("/api/sync", "application/json", "{}");
});

const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } };

for (const [screen, viewport] of Object.entries(screens)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${screen}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto("/");
      await expect(page.getByRole("region", { name: "HubSpot" })).toBeVisible();
      await expectFits(page);
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-overview`);
      await page.goto("/contacts");
      await expect(page.getByRole("button", { name: /^Edit / }).first()).toBeVisible();
      await expectFits(page);
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-contacts`);
      await page.getByRole("button", { name: /^Edit / }).first().click();
      await expect(page.getByRole("dialog").getByLabel("Phone")).toBeVisible();
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-contact`);
    });

    test(`the API, ${screen}, ${colorScheme}`, async ({ page }) => {
      test.slow(); // axe has thousands of elements to look at
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto("/api-docs#updateContact");
      await expect(page.getByRole("heading", { name: "Change a contact" })).toBeInViewport();
      await expectFits(page);
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-api`);
    });
  }
}

test("colours follow the choice, also after a reload", async ({ page }) => {
  await page.goto("/");
  const root = page.locator("html");
  await expect(root).not.toHaveClass(/dark/);
  await page.getByRole("button", { name: "Colours" }).first().click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect(root).toHaveClass(/dark/);
  await page.reload();
  await expect(root).toHaveClass(/dark/);
});

test("a keyboard reaches everything", async ({ page }) => {
  await page.goto("/contacts");
  await expect(page.getByRole("button", { name: /^Edit / }).first()).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
  await page.getByRole("button", { name: /^Edit / }).first().press("Enter");
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("Company").fill("Typed");
  await page.keyboard.press("Escape");
  const question = page.getByRole("alertdialog", { name: "Discard what you typed?" });
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await question.getByRole("button", { name: "Discard" }).press("Enter");
  await expect(sheet).toBeHidden();
});

test("the API's routes can be searched", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "API" }).first().click();
  await expect(page).toHaveTitle("API · Contact Sync");
  const routes = page.getByRole("navigation", { name: "Routes" });
  await routes.getByRole("searchbox").fill("patch settings");
  await expect(routes.getByRole("link")).toHaveCount(1);
  await routes.getByRole("searchbox").press("Enter");
  await expect(page.getByRole("heading", { name: "Change the settings" })).toBeInViewport();
  await routes.getByRole("searchbox").fill("no such route");
  await expect(routes).toContainText("No route fits");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "OpenAPI document" }).click();
  expect((await download).suggestedFilename()).toBe("openapi.json");
});

test("an address that leads nowhere says so", async ({ page, watch }) => {
  await page.goto("/no/such/page");
  await expect(page.getByText("There is no such page")).toBeVisible();
  await expectAccessible(page);
  expect(watch.refused.splice(0)).toEqual(["GET /no/such/page 404"]);
});

test("a contact that is gone says so", async ({ page, watch }) => {
  await page.goto("/contacts?contact=019a0000-0000-7000-8000-000000000000");
  await expect(page.getByText("This contact is gone")).toBeVisible();
  await expectAccessible(page);
  expect(new Set(watch.refused.splice(0))).toEqual(new Set(["GET /api/contacts/019a0000-0000-7000-8000-000000000000 404"]));
});

test("the first load of the contacts stays light", async ({ page }) => {
  await page.goto("/contacts", { waitUntil: "networkidle" });
  const scripts = await page.evaluate(() =>
    performance.getEntriesByType("resource").flatMap((entry) => (entry.name.endsWith(".js") ? [entry.name] : [])),
  );
  const { gzipSync } = await import("node:zlib");
  let bytes = 0;
  for (const script of scripts) bytes += gzipSync(await (await page.request.get(script)).body()).length;
  expect(bytes).toBeLessThan(200_000);
});
