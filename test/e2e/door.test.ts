/** The door of the dashboard: how much comes through it first, who is let in, what happens when the server goes away. */
import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { endProcess } from "../integration/place.ts";
import { gzippedBytes } from "./gzipped.ts";
import { shown } from "./shown.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const SCRIPT_BYTES_MAX = 250 * 1024;
const LIMITS = { ...BROWSER, timeout: SUITE_MS_MAX };

describe("a server without tokens", LIMITS, () => {
  let dashboard: Dashboard;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo"] });
  });
  after(() => dashboard.stop());

  it("sends a browser that comes to the root to the dashboard, at most 250 KB of scripts with it", async () => {
    const { page, url } = dashboard;
    const scripts = new Set<string>();
    page.on("response", (response) => {
      if (response.request().resourceType() === "script") scripts.add(response.url());
    });
    await page.goto(url);
    assert.equal(page.url(), `${url}/ui/`);
    await shown(page);
    const sizes = await Promise.all([...scripts].map(gzippedBytes));
    const bytes = sizes.reduce((sum, one) => sum + one, 0);
    assert.ok(scripts.size > 1 && bytes > 20_000, `${scripts.size} scripts of ${bytes} bytes are hardly a dashboard`);
    assert.ok(bytes <= SCRIPT_BYTES_MAX, `the first load is ${Math.round(bytes / 1024)} KB of scripts, gzipped`);
  });

  it("octopus up ends with its address, and octopus dashboard prints it", async () => {
    const { place, process, url } = dashboard;
    // It listens a moment before it says so.
    await until("its last line", () => process.out().endsWith(`Dashboard  ${url}/ui/\n`));
    const { code, out } = await place.run(["dashboard"]);
    assert.deepEqual([code, out], [0, `${url}/ui/\n`]);
  });

  it("says when it cannot be reached, keeps what is on the screen, and goes on by itself", async () => {
    const { client, process } = dashboard;
    await client.submitAlone({ id: "before-the-end", shell: "true" });
    const page = await dashboard.open("tasks?q=end");
    await page.getByText("before-the-end").first().waitFor();
    dashboard.expectTrouble(/net::ERR_|Failed to fetch|ERR_CONNECTION|status of 50\d/);
    endProcess(process.pid, "SIGKILL");
    await process.end;
    await page.getByRole("status").getByText("does not answer").waitFor();
    assert.ok(await page.getByText("before-the-end").first().isVisible(), "what was shown is still there");
    await dashboard.restart();
    await page.getByRole("status").getByText("does not answer").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).search, "?q=end", "the place was kept");
    await client.submitAlone({ id: "after-the-end", shell: "true" });
    await page.getByText("after-the-end").first().waitFor();
  });

  it("seven windows side by side are live: a browser has six connections, and they share one", async () => {
    const { client, context } = dashboard;
    const pages = await Promise.all(Array.from({ length: 7 }, () => context.newPage()));
    const made = await client.submitAlone({ id: "told-to-all", shell: "sleep 600" });
    await Promise.all(pages.map((page) => dashboard.open("tasks?q=told", page)));
    // On a slow machine the connection of this client was idle for so long that the server ended it.
    await until("the cancel", async () => {
      await client.cancelTask(made.id).catch(() => undefined);
      return (await client.task(made.id).catch(() => undefined))?.state === "cancelled";
    });
    for (const page of pages) await page.getByRole("main").getByText("cancelled").first().waitFor();
    // Output is told over the same connections.
    const { id } = await client.submitAlone({
      id: "prints",
      shell: "for i in 1 2 3; do echo line $i; sleep 1; done; echo the end",
    });
    await Promise.all(pages.map((page) => dashboard.open(`tasks/${id}?tab=log`, page)));
    for (const page of pages) await page.getByText("the end", { exact: true }).first().waitFor();
    await Promise.all(pages.map((page) => page.close()));
  });

  it("a hub of the tab's own is given up once the shared one answers: each takes two of six connections", async () => {
    // A browser of its own: in the other one the worker is there already.
    const context = await dashboard.context.browser()!.newContext();
    const page = await context.newPage();
    let load = (): void => {};
    const isHeld = new Promise<void>((resolve) => (load = resolve));
    await context.route(/assets\/feed-worker/, async (route) => {
      await isHeld;
      await route.continue();
    });
    const streams = ownStreams(page);
    await page.clock.install();
    await dashboard.open("tasks", page);
    // Of the clock of the page: ten seconds without an answer.
    await until("a stream of its own", async () => {
      await page.clock.runFor(1000);
      return streams.size === 1;
    });
    load();
    await until("the end of that", async () => {
      await page.clock.runFor(1000);
      return streams.size === 0;
    });
    await dashboard.client.submitAlone({ id: "told-by-the-shared-one", shell: "true" });
    await page.getByText("told-by-the-shared-one").first().waitFor();
    assert.equal(streams.size, 0);
    await context.close();
  });

  it("a hidden tab costs nothing: its stream is closed, and comes back with it", async () => {
    const page = await dashboard.context.newPage();
    // A browser without shared workers: the page reads its own stream, and it can be seen.
    await page.addInitScript("delete window.SharedWorker");
    const streams = ownStreams(page);
    await dashboard.open("tasks", page);
    await until("the stream", () => streams.size === 1);
    await shown(page);
    await hide(page, true);
    await until("the end of the stream", () => streams.size === 0);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const ids = await dashboard.client.submitMany(Array.from({ length: 20 }, () => ({ shell: "true" })));
    await dashboard.client.waitTask(ids.at(-1)!);
    await dashboard.client.submitAlone({ id: "while-it-was-hidden", shell: "true" });
    assert.deepEqual(asked, []);
    await hide(page, false);
    await until("the stream again", () => streams.size === 1);
    await page.getByText("while-it-was-hidden").first().waitFor();
    await page.close();
  });
});

test(
  "a server with tokens asks for one, keeps it from scripts, and shows nothing once it is revoked",
  LIMITS,
  async (t) => {
    const dashboard = await openDashboard(t, { args: ["--no-demo"], env: { OCTOPUS_ACCESS_MODE: "on" } });
    const { client, page, url, context } = dashboard;
    dashboard.expectTrouble(/status of 40[13] /);
    const { secret, id } = await client.createToken({ name: "anna", role: "operator" });
    await page.goto(`${url}/ui/tasks`);
    const field = page.getByLabel("Token");
    await field.fill("octo_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(/not known here/).waitFor();
    assert.equal(await field.inputValue(), "octo_wrong", "what was typed is still there");
    await field.fill(secret);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Tasks" }).waitFor();
    assert.equal(await page.evaluate("document.cookie"), "");
    assert.ok(!(await page.evaluate<string>("JSON.stringify({ ...localStorage })")).includes(secret));
    const [cookie] = await context.cookies();
    assert.ok(cookie!.httpOnly && cookie!.sameSite === "Strict", JSON.stringify(cookie));
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Tasks" }).waitFor();
    await client.revokeToken(id);
    await page.reload();
    await field.waitFor();
  },
);

/** The feeds that the page itself reads; those of a shared worker are not among its requests. */
function ownStreams(page: Page): ReadonlySet<unknown> {
  const streams = new Set<unknown>();
  page.on("request", (request) => request.url().includes("/api/v1/feed") && streams.add(request));
  page.on("requestfailed", (request) => streams.delete(request));
  page.on("requestfinished", (request) => streams.delete(request));
  return streams;
}

/** As for a person who goes to another tab: a browser without windows hides none. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
     Object.defineProperty(document, "visibilityState", { value: "${hidden ? "hidden" : "visible"}", configurable: true });
     document.dispatchEvent(new Event("visibilitychange"));`,
  );
}
