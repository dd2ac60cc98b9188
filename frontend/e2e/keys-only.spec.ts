import { expect, expectAccessible, test } from "./fixtures";

/** A deployment that lets in programs only says so to people. */
test.use({ store: "keys-only", setup: { env: { API_KEYS: "program:default:a-long-enough-secret-of-one-program" } } });

test("sign-in without a password says that there is none", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL("/sign-in");
  await expect(page.getByText("There is no password to sign in with")).toBeVisible();
  await expectAccessible(page);
});
