import { expect, expectAccessible, expectFits, picture, test } from "./fixtures";

/** A first sync that a person looks at before it writes anything. */
test.use({ store: "plan" });
test.describe.configure({ mode: "serial" });

test("a first sync waits for approval, with its plan", async ({ page, request, hubspot, watch }) => {
  await hubspot.create({ email: "grace@example.com", firstname: "Grace" });
  await request.post("/api/contacts", { data: { email: "ada@example.com", firstName: "Ada" } });
  await page.goto("/settings");
  await page.getByRole("checkbox", { name: /^Approve the first sync/ }).check();
  await page.getByLabel("Records", { exact: true }).fill("0");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Records", { exact: true })).toHaveAttribute("aria-invalid", "true");
  expect(watch.refused.splice(0)).toEqual(["PATCH /api/settings 422"]);
  await page.getByLabel("Records", { exact: true }).fill("25");
  await page.getByRole("radio", { name: /^Only end the link/ }).check();
  await expectAccessible(page);
  await picture(page, "settings-safety");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Settings are saved")).toBeVisible();
  expect(await (await request.get("/api/settings")).json()).toMatchObject({
    approveFirstSync: true,
    deletePolicy: "unlink",
    brake: { least: 25, share: 5 },
  });

  await page.goto("/");
  await page.getByRole("button", { name: "Sync now" }).click();
  const plan = page.getByRole("region", { name: "The first sync waits for your approval" });
  await expect(plan).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The first sync of HubSpot and Pipedrive waits for you");
  await expect(plan.getByRole("row", { name: /^Create/ })).toHaveText(/1.*1.*2/);
  await plan.getByText("New: 4 examples").click();
  await expect(plan.getByText("ada@example.com").first()).toBeVisible();
  expect((await hubspot.records()).length).toBe(1);
  await expectAccessible(page);
  await expectFits(page);
  await picture(page, "plan-waiting");
});

test("a plan is dropped, and another one approved", async ({ page, request, hubspot, pipedrive }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Drop the plan" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("HubSpot and Pipedrive are paused");
  for (const crm of ["hubspot", "pipedrive"]) await request.patch(`/api/connections/${crm}`, { data: { action: "resume" } });
  await page.reload();
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.getByRole("button", { name: "Approve and sync" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Everything is in sync");
  expect((await hubspot.records()).length).toBe(2);
  expect((await pipedrive.records()).length).toBe(2);
});

test("a preview says what a sync would do, and does nothing", async ({ page, pipedrive }) => {
  await pipedrive.createUnnoticed({ emails: "alan@example.com", first_name: "Alan", last_name: "Turing" });
  await page.goto("/");
  await page.getByRole("button", { name: "Preview" }).click();
  const plan = page.getByRole("region", { name: "What a full sync would do now" });
  await expect(plan.getByRole("row", { name: /^Create/ })).toHaveText(/1.*1.*0/);
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectFits(page);
  await picture(page, "plan-preview-phone");
  await plan.getByRole("button", { name: "Close" }).click();
  await expect(plan).toBeHidden();
  expect((await pipedrive.records()).length).toBe(3);
});
