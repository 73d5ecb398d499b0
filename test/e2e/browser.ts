/**
 * The browser of a test file: Debian's Chromium, started with the first page and closed after the last test. Owns what a page
 * must not do: errors of scripts, words of the console, what the content security policy refuses.
 */
import { existsSync } from "node:fs";
import { after } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** On a machine without a browser this lets the tests pass without one, and say so. */
const OPT_OUT = "OCTOPUS_TEST_WITHOUT_BROWSER";
/** Debian's, or what else of its kind a machine has. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
const PROGRAM = process.env["OCTOPUS_TEST_BROWSER"] ?? PROGRAMS.find((file) => existsSync(file)) ?? PROGRAMS[0]!;

/** Options of a test with a browser: `test("…", BROWSER, async (t) => …)`. */
export const BROWSER = { skip: process.env[OPT_OUT] === undefined ? false : `${OPT_OUT} is set` } as const;

/** Makes the pages so many times slower than the machine is, to find tests that a slow machine would fail. */
const SLOWDOWN = Number(process.env["OCTOPUS_TEST_SLOWDOWN"] ?? 1);

/** Before a page is brought anywhere. */
export async function slowDown(page: Page): Promise<void> {
  if (!(SLOWDOWN > 1)) return;
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
}

let browser: Promise<Browser> | undefined;
if (process.env["NODE_TEST_CONTEXT"] !== undefined) after(closeBrowser);

/** By itself after the last test of a file; a program that is no test calls it. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
}

/** The browser of this file. */
export function theBrowser(): Promise<Browser> {
  browser ??= launch();
  return browser;
}

function launch(): Promise<Browser> {
  if (!existsSync(PROGRAM))
    throw new Error(
      `there is no browser at ${PROGRAM} (on Debian: apt-get install -y --no-install-recommends chromium; ` +
        `OCTOPUS_TEST_BROWSER names another, ${OPT_OUT}=1 leaves these tests out)`,
    );
  // Chromium's own sandbox does not start as root, which the tests are run as where they make namespaces.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: PROGRAM, args });
}

/** For the page: it runs before anything else there. */
const REPORT_VIOLATIONS = `document.addEventListener("securitypolicyviolation", (event) =>
  reportViolation("refused by the policy: " + event.violatedDirective + " " + event.blockedURI +
    " (" + event.sourceFile + ":" + event.lineNumber + ")"));`;

/** What pages complained about. */
export class Troubles {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  /** From here on, this is no trouble: a test brings it about on purpose. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Those that nobody expected. */
  found(): string[] {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  /** Hears what the pages of the context complain about. To be called before its first page. */
  async watch(context: BrowserContext): Promise<void> {
    await context.exposeBinding("reportViolation", (_source, text: string) => void this.#seen.push(text));
    await context.addInitScript({ content: REPORT_VIOLATIONS });
    context.on("page", (page) => this.#watchPage(page));
  }

  #watchPage(page: Page): void {
    page.on("pageerror", (error) => void this.#seen.push(`error of a script: ${error.stack ?? error.message}`));
    page.on("crash", () => void this.#seen.push("the page crashed"));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const { url, lineNumber } = message.location();
      this.#seen.push(`${message.type()} in the console: ${message.text()} (${url}:${lineNumber})`);
    });
  }
}
