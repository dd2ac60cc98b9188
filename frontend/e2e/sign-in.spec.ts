import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";

/** Coming in, staying in, and going out again, on a host that has a password. */
const password = "correct horse battery staple";
test.use({ store: "sign-in", setup: { env: { APP_PASSWORD: password, SESSION_SECRET: "of this test only, 32 bytes long" } } });
test.describe.configure({ mode: "serial" });

async function signIn(page: Page, text: string) {
  await page.getByLabel("Password", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
}

for (const [screen, viewport] of Object.entries({ desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the page, ${screen}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto("/sign-in");
      await expect(page).toHaveTitle("Sign in · Contact Sync");
      await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
      await expectFits(page);
      await expectAccessible(page);
      await picture(page, `${screen}-${colorScheme}-sign-in`);
    });
  }
}

test("a page shows nothing to a stranger, and comes back after signing in", async ({ page, watch }) => {
  const seen: string[] = [];
  await page.exposeFunction("report", (text: string) => seen.push(text));
  await page.addInitScript(() => {
    const look = () => {
      const main = document.querySelector("[data-members]");
      if (main && getComputedStyle(main).visibility !== "hidden") (window as unknown as { report(text: string): void }).report(location.pathname);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto("/contacts?sort=email");
  await expect(page).toHaveURL("/sign-in?next=%2Fcontacts%3Fsort%3Demail");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in to Contact Sync");
  expect(seen, "frames in which a page was visible").toEqual([]);

  await signIn(page, "wrong");
  await expect(page.getByText("That is not the password.")).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await expectAccessible(page);
  await picture(page, "sign-in-wrong");
  expect(watch.refused.splice(0), "nothing else was asked for").toEqual(["POST /api/session 401"]);

  await signIn(page, password);
  await expect(page).toHaveURL("/contacts?sort=email");
  await expect(page.getByText("No contacts yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "signed-in");
  await page.reload();
  await expect(page.getByText("No contacts yet")).toBeVisible();
});

test("signing out ends the session, and the way back leads to the sign-in page", async ({ page }) => {
  await page.goto("/sign-in");
  await signIn(page, password);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ready for the first sync");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/sign-in");
  await page.goBack();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
});

test("on a phone one signs out from the menu", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/sign-in");
  await signIn(page, password);
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/sign-in");
});

test("a session that ends while a page is open leads to the sign-in page and back", async ({ page, watch, context }) => {
  await page.goto("/sign-in?next=/settings");
  await signIn(page, password);
  await expect(page.getByRole("radio", { name: /The CRM wins/ })).toBeChecked();
  await context.clearCookies();
  await page.getByRole("radio", { name: /The app wins/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL("/sign-in?next=%2Fsettings");
  await signIn(page, password);
  await expect(page).toHaveURL("/settings");
  await expect(page.getByRole("radio", { name: /The CRM wins/ })).toBeChecked();
  expect(watch.refused.splice(0)).toContain("PATCH /api/settings 401");
});

test("signing out in one tab closes the others", async ({ page, context }) => {
  await page.goto("/sign-in");
  await signIn(page, password);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ready for the first sync");
  const other = await context.newPage();
  await other.goto("/settings");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL("/sign-in");
  await expect(page).toHaveURL("/sign-in");
});

test("after too many wrong passwords it says when to try again", async ({ page, watch }) => {
  await page.goto("/sign-in");
  for (let attempt = 1; !(await page.getByText("Too many attempts").isVisible()); attempt++) {
    expect(attempt, "attempts that were let through").toBeLessThanOrEqual(6);
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await signIn(page, `guess ${attempt}`);
    await (await answer).finished();
    await expect(page.getByText(/That is not the password|Too many attempts/)).toBeVisible();
  }
  await expect(page.locator("main").getByRole("alert")).toContainText(/Try again at \d{1,2}:\d{2}/);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeDisabled();
  await expectAccessible(page);
  await picture(page, "sign-in-limit");
  const refused = watch.refused.splice(0);
  expect(refused.at(-1)).toBe("POST /api/session 429");
  expect(refused.slice(0, -1).every((answer) => answer === "POST /api/session 401")).toBe(true);
});
