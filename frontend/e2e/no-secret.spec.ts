import { expect, expectAccessible, picture, test } from "./fixtures";

/** A deployment that lacks what sign-in needs says what it lacks. */
test.use({ store: "no-secret", setup: { env: { APP_PASSWORD: "correct horse battery staple" } } });

test("sign-in without the secret of the sessions names the variable", async ({ page, watch }) => {
  await page.goto("/contacts");
  await expect(page).toHaveURL("/sign-in?next=%2Fcontacts");
  await expect(page.getByText("Sign-in is not set up yet")).toBeVisible();
  await expect(page.locator("main").getByRole("alert")).toContainText("SESSION_SECRET is not set");
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "sign-in-closed");
  expect(new Set(watch.refused.splice(0))).toEqual(new Set(["GET /api/session 503"]));
});
