/**
 * `npm run screenshots [-- --out FOLDER] [NAME...]`: pictures of every page of the dashboard, for eyes to judge: wide and
 * narrow, light and dark, with a server that holds work of every kind. Written to .cache/screenshots, with a page of all.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { closeBrowser } from "../test/e2e/browser.ts";
import { openDashboard } from "../test/e2e/dashboard.ts";
import { shown } from "../test/e2e/shown.ts";
import { openWorld, pagesOf } from "../test/e2e/seed/world.ts";
import { root } from "./tool.ts";

const WIDTHS = [1280, 375] as const;
const THEMES = ["light", "dark"] as const;
const HEIGHT = 800;
/** What is longer is cut: nobody looks at a picture of a thousand rows. */
const HEIGHT_MAX = 2400;

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const folder = resolve(values.out ?? join(root, ".cache", "screenshots"));
mkdirSync(folder, { recursive: true });
const taken: string[] = [];
const ends: (() => Promise<void>)[] = [];
const later = { after: (end: () => Promise<void>) => void ends.push(end) };

try {
  const world = await openWorld(later);
  const { dashboard } = world;
  dashboard.expectTrouble(/status of 404 .*\/there-is-none/);
  for (const [name, path] of Object.entries(pagesOf(world))) {
    if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
    await dashboard.open(path);
    await pictures(dashboard.page, name);
  }
  if (positionals.length === 0 || positionals.includes("sign-in")) {
    // Another server, which asks for tokens.
    const closed = await openDashboard(later, { env: { OCTOPUS_ACCESS_MODE: "on" }, args: ["--no-demo"] });
    closed.expectTrouble(/status of 401 .*\/session/);
    await closed.page.goto(`${closed.url}/ui/`);
    await pictures(closed.page, "sign-in");
  }
} finally {
  for (const end of ends) await end().catch((error: unknown) => console.error(String(error)));
  await closeBrowser();
}
writeFileSync(join(folder, "index.html"), sheet(taken));
console.log(`${taken.length} pictures: ${join(folder, "index.html")}`);

async function pictures(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS)
    for (const colorScheme of THEMES) {
      await page.setViewportSize({ width, height: HEIGHT });
      await page.emulateMedia({ colorScheme });
      await shown(page).catch(() => console.error(`${name}: is not done with loading`));
      const file = `${name}-${width}-${colorScheme}.png`;
      const full = await page.evaluate<number>("document.documentElement.scrollHeight");
      await page.setViewportSize({ width, height: Math.min(Math.max(full, HEIGHT), HEIGHT_MAX) });
      await page.screenshot({ path: join(folder, file) });
      taken.push(file);
    }
}

/** All of them on one page, the widths and themes of each page beside each other. */
function sheet(files: readonly string[]): string {
  const images = files.map(
    (file) => `<figure><img src="${file}" loading="lazy"><figcaption>${file}</figcaption></figure>`,
  );
  const style =
    "body{font:14px system-ui;display:flex;flex-wrap:wrap;gap:16px;background:#888}img{height:480px;display:block}figure{margin:0}";
  return `<!doctype html><meta charset="utf-8"><title>Octopus, every page</title><style>${style}</style>${images.join("\n")}\n`;
}
