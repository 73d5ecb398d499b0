/**
 * A dashboard for a test: a real `octopus up` with its worker, and a page of a real browser that shows it. The program is
 * the source, or the installed package that OCTOPUS_E2E_BIN names.
 *
 * DB1  A page that complains (a script's error, a word in the console, a violation of the policy) fails the test, unless
 *      the test said before that it would.
 * DB2  `stop`, which comes by itself after the test, leaves no process and no folder.
 * DB3  Of a test that fails a picture and the page's text are kept in .cache/e2e.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "node:test";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { buildWeb } from "../../scripts/build-web.ts";
import { root } from "../../scripts/tool.ts";
import { type Client, connect } from "../../src/client/mod.ts";
import { Place, type Started } from "../integration/place.ts";
import { slowDown, theBrowser, Troubles } from "./browser.ts";

export { BROWSER } from "./browser.ts";
export { until } from "../integration/place.ts";

/** What a test's context, or `node:test` itself for a whole file, offers. */
export interface Ends {
  after(end: () => Promise<void>): void;
  readonly name?: string;
  readonly passed?: boolean;
}

export interface DashboardOptions {
  /** Options of `octopus up`. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** Files in the server's folder before it starts, such as `octopus.yaml`. */
  files?: Record<string, string>;
  /** `server`: without a worker. */
  command?: "up" | "server";
  /** Size, theme and the like of the page; default: 1280 × 800, light, reduced motion. */
  page?: BrowserContextOptions;
}

export interface Dashboard {
  /** Address of the server. */
  readonly url: string;
  /** A page of the browser, at nothing yet: `open` brings it somewhere. */
  readonly page: Page;
  readonly context: BrowserContext;
  /** For what a test brings about or looks up past the browser. */
  readonly client: Client;
  /** Its folder and its processes. */
  readonly place: Place;
  /** The process that was started last. */
  readonly process: Started;
  /** Goes to an address below `/ui/`, such as `tasks?state=failed`, and waits until a screen is there. */
  open(path?: string, page?: Page): Promise<Page>;
  /** What pages will complain about from here on, by the will of the test. */
  expectTrouble(pattern: RegExp): void;
  /** Starts the server again, after it was stopped or killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const PAGE: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  colorScheme: "light",
  reducedMotion: "reduce",
  locale: "en-GB",
  timezoneId: "UTC",
};
/** Only a hang takes this long, also where other work keeps the machine busy. */
const HANG_MS = 60_000;
/** Those that are open now, of a suite or of one test. */
const contexts = new Set<BrowserContext>();
if (process.env["NODE_TEST_CONTEXT"] !== undefined) afterEach(keepPicturesOfFailed); // DB3

async function keepPicturesOfFailed(t: unknown): Promise<void> {
  const { passed, name } = t as Ends;
  if (passed !== false) return;
  for (const context of contexts) await keepPictures(context, name ?? "test");
}

export async function openDashboard(t: Ends, options: DashboardOptions = {}): Promise<Dashboard> {
  const { args = [], env = {}, command = "up" } = options;
  const place = new Place(env, await programUnderTest());
  let stopping: Promise<void> | undefined;
  const troubles = new Troubles();
  const opened: { context?: BrowserContext } = {};
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      if (opened.context !== undefined) contexts.delete(opened.context);
      await opened.context?.close();
      await place.close();
      const found = troubles.found();
      assert.equal(found.length, 0, `the page complained:\n${found.join("\n")}`);
    })());
  t.after(stop);
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(place.dir, name), text);
  let started = await place.serve(command, args);
  const context = (opened.context = await (await theBrowser()).newContext({ ...PAGE, ...options.page }));
  contexts.add(context);
  context.setDefaultTimeout(HANG_MS);
  await troubles.watch(context);
  const page = await context.newPage();
  await slowDown(page);
  return {
    url: place.url,
    page,
    context,
    client: connect(place.url, ownToken(place)),
    place,
    get process() {
      return started;
    },
    async open(path = "", at = page) {
      await at.goto(`${place.url}/ui/${path}`);
      await at.getByRole("main").waitFor();
      return at;
    },
    expectTrouble: (pattern) => troubles.expect(pattern),
    async restart() {
      started = await place.serve(command, args);
    },
    stop,
  };
}

/** What this machine's own commands ask with, where the server asks for tokens. */
function ownToken({ data }: Place): { token?: string } {
  const { token } = JSON.parse(readFileSync(join(data, "server.json"), "utf8")) as { token?: string };
  return token === undefined ? {} : { token };
}

/** The program as words to start it by. */
async function programUnderTest(): Promise<readonly string[] | undefined> {
  const bin = process.env["OCTOPUS_E2E_BIN"];
  if (bin !== undefined) return [process.execPath, bin];
  try {
    await buildWeb();
  } catch (error) {
    // The one before stays: what is half done elsewhere need not keep this screen from being looked at.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nThe last build is tested.\n`);
  }
  return undefined;
}

async function keepPictures(context: BrowserContext, name: string): Promise<void> {
  const folder = join(root, ".cache", "e2e");
  mkdirSync(folder, { recursive: true });
  for (const [i, page] of context.pages().entries()) {
    const file = join(folder, `${name.replace(/[^a-zA-Z0-9]+/g, "-").slice(0, 80)}-${i}`);
    try {
      await page.screenshot({ path: `${file}.png`, timeout: 5000 });
      writeFileSync(`${file}.txt`, `${page.url()}\n${await page.locator("body").ariaSnapshot({ timeout: 5000 })}\n`);
    } catch {
      continue; // A page that has crashed shows nothing.
    }
    process.stderr.write(`what the page showed: ${file}.png\n`);
  }
}
