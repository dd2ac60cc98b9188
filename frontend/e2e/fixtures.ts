import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { Crm } from "./crm";
import { startHost, type Host, type HostSetup } from "./host";

/** What a page did that nobody sees. */
export interface Watch {
  /** Answers of 400 and above, as "POST /api/contacts 422". A test takes out those it provoked. */
  refused: string[];
  /** Origins that the page is meant to lead to, besides its own. */
  abroad: string[];
}

interface Shared {
  /** Tests that name the same store share one local host, and so its contacts. */
  store: string;
  /** How that host is set up. */
  setup: HostSetup;
  host: Host;
  hubspot: Crm;
  pipedrive: Crm;
}

interface Own {
  watch: Watch;
}

export const test = base.extend<Own, Shared>({
  store: ["", { option: true, scope: "worker" }],
  setup: [{}, { option: true, scope: "worker" }],
  host: [
    async ({ store: _, setup }, use) => {
      const host = await startHost(setup);
      await use(host);
      await host.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  hubspot: [async ({ host }, use) => use(new Crm("hubspot", host.hubspot)), { scope: "worker" }],
  pipedrive: [async ({ host }, use) => use(new Crm("pipedrive", host.pipedrive)), { scope: "worker" }],
  baseURL: async ({ host }, use) => use(host.url),
  watch: [
    async ({ page, host }, use) => {
      const watch: Watch = { refused: [], abroad: [] };
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
      page.on("console", (message) => {
        const answered = message.text().startsWith("Failed to load resource: the server responded");
        if ((message.type() === "error" || message.type() === "warning") && !answered) problems.push(`console: ${message.text()}`);
      });
      page.on("request", (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith("http") && origin !== host.url && !watch.abroad.includes(origin)) problems.push(`another origin: ${request.url()}`);
      });
      page.on("response", (response) => {
        if (response.status() < 400) return;
        watch.refused.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`);
      });
      await use(watch);
      expect(problems, "what the page did besides").toEqual([]);
      expect(watch.refused, "answers nobody expected").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Nothing that axe objects to is on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  await finished(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

/** Nothing is wider than the screen. */
export async function expectFits(page: Page): Promise<void> {
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(screen);
}

/** Keeps a picture of the page in screenshots/, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  await finished(page);
  await page.screenshot({ path: `screenshots/${name}.png` });
}

/** Waits for animations that end; colours and places are final then. */
async function finished(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(ending.map((animation) => animation.finished));
  });
}
