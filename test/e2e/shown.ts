/** When a screen can be looked at. */
import type { Page } from "playwright-core";

/** Only a page that never comes takes this long, also where other work keeps the machine busy. */
const SHOWN_MS_MAX = 20_000;

/** Until what the screen loads has come: it has a heading, and nothing in it says that it is busy. */
export async function shown(page: Page): Promise<void> {
  const timeout = SHOWN_MS_MAX;
  await page.getByRole("heading", { level: 1 }).first().waitFor({ timeout });
  await page.locator("main [aria-busy=true]").first().waitFor({ state: "detached", timeout });
}
