/** What went wrong once under a person's hands, each by the name of what they saw. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

/** Two steps, of which the second waits for a file. */
const CHAIN =
  "name: chain\ntasks:\n  first: 'true'\n  second: { needs: first, shell: 'until test -e go; do sleep 0.1; done' }\n";

describe("what went wrong once", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo", "--slots", "2"] });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());
  const dialog = () => page.getByRole("dialog");

  it("an error in one part took the whole page down", async () => {
    dashboard.expectTrouble(/TypeError|The above error occurred|could not be shown/);
    await dashboard.client.waitTask((await dashboard.client.submit({ shell: "true" })).id);
    await page.route("**/api/v1/schedules*", (route) => route.fulfill({ json: { items: [null] } }));
    await dashboard.open("");
    const broken = page.getByRole("alert").filter({ hasText: "could not be shown" });
    await broken.waitFor();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.getByRole("list", { name: "Workers" }).waitFor();
    await page.unroute("**/api/v1/schedules*");
    await dashboard.client.setSchedule({ name: "nightly", cron: "0 3 * * *", zone: "UTC", task: { shell: "true" } });
    await broken.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("list", { name: "Next scheduled" }).getByRole("link", { name: "nightly" }).waitFor();
  });

  it("of two people who edit one schedule, the last undid what the other had changed", async () => {
    const { client } = dashboard;
    await dashboard.open("schedules/nightly?edit=1");
    await dialog().getByLabel("Description").fill("mine");
    await client.setSchedule({ name: "nightly", cron: "0 4 * * *", zone: "UTC", task: { shell: "true" } });
    await dialog()
      .getByText(/Somebody else has changed when it is due meanwhile/)
      .waitFor();
    assert.equal(await dialog().getByLabel("Cron expressions").inputValue(), "0 4 * * *");
    await client.setSchedule({
      name: "nightly",
      every: "2h",
      zone: "UTC",
      task: { shell: "false" },
      description: "theirs",
    });
    await dialog()
      .getByText(/Somebody else has changed the description, too/)
      .waitFor();
    await dialog().getByRole("button", { name: "Save schedule" }).click();
    await dialog().waitFor({ state: "detached" });
    const { description, everyMs, task } = await client.schedule("nightly");
    assert.deepEqual([description, everyMs], ["mine", 7_200_000]);
    assert.match(JSON.stringify(task), /"false"/);
  });

  it("the page of what is being deleted was read again, and not found", async () => {
    const { client } = dashboard;
    await client.configureArm("gone", { maxParallel: 1 });
    await dashboard.open("arms/gone");
    await page.route("**/api/v1/arms/gone", async (route) => {
      if (route.request().method() !== "DELETE") return route.fallback();
      const answer = await route.fetch();
      // The event of the deletion comes before its answer; one after it shows that what it made stale was read.
      const isRead = page.waitForResponse(/\/tasks\?.*arm=gone/);
      await client.submit({ shell: "true" });
      await isRead;
      return route.fulfill({ response: answer });
    });
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Remove/ }).click();
    await dialog().getByRole("button", { name: "Remove the arm" }).click();
    await page.getByRole("heading", { level: 1, name: "Arms" }).waitFor();
  });

  it("what a task printed last was never shown where an answer about its log was slow", async () => {
    const { client, place } = dashboard;
    const go = (part: string): string => `until test -e ${join(place.dir, part)}; do sleep 0.05; done`;
    const shell = `echo one; ${go("two")}; echo two; ${go("three")}; echo three`;
    const { id } = await client.submit({ shell });
    const log = page.getByRole("region", { name: /^Output of/ });
    await dashboard.open(`tasks/${id}?tab=log`);
    await log.getByText("one", { exact: true }).waitFor();
    let release = (): void => {};
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    const isHeld = new Promise<void>((resolve) => {
      void page.route(/\/logs\?/, async (route) => {
        const answer = await route.fetch();
        resolve();
        await isReleased;
        await route.fulfill({ response: answer });
      });
    });
    writeFileSync(join(place.dir, "two"), "");
    await isHeld;
    writeFileSync(join(place.dir, "three"), "");
    await page.getByRole("heading", { level: 1 }).getByText("succeeded").waitFor();
    release();
    await log.getByText("three", { exact: true }).waitFor();
    await page.unrouteAll({ behavior: "wait" });
  });

  it("Enter took what had stood there before the search had looked", async () => {
    await dashboard.client.submit({ id: "the-very-task", shell: "true" });
    await dashboard.open("audit");
    let answer = (): void => {};
    const isHeld = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/\/tasks\?.*q=the-very/, async (route) => {
      await isHeld;
      await route.fallback();
    });
    await page.keyboard.press("Control+k");
    await dialog().getByRole("option").first().waitFor();
    const isAsked = page.waitForRequest(/\/tasks\?.*q=the-very/);
    await page.keyboard.type("the-very-task");
    await page.keyboard.press("Enter");
    await isAsked;
    answer();
    await page.waitForURL(/\/ui\/tasks\/the-very-task$/);
    await page.unrouteAll({ behavior: "wait" });
  });

  it("a key that was held down agreed to what it had asked for", async () => {
    await dashboard.client.configureArm("kept", { maxParallel: 1 });
    await dashboard.open("arms/kept");
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Remove/ }).focus();
    await page.keyboard.down("Enter");
    const deed = dialog().getByRole("button", { name: "Remove the arm" });
    await deed.and(page.locator(":focus")).waitFor();
    // It goes on repeating.
    await page.keyboard.down("Enter");
    await page.keyboard.up("Enter");
    await deed.waitFor();
    assert.equal((await dashboard.client.arms()).filter(({ name }) => name === "kept").length, 1);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Arms" }).waitFor();
    await until("the arm to be gone", async () => (await dashboard.client.arms()).every(({ name }) => name !== "kept"));
  });

  it("whoever had gone elsewhere was fetched back when a slow answer came", async () => {
    await dashboard.client.configureArm("slow-to-go", { maxParallel: 1 });
    await dashboard.open("arms/slow-to-go");
    let answer = (): void => {};
    const isHeld = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/api/v1/arms/slow-to-go", async (route) => {
      if (route.request().method() === "DELETE") await isHeld;
      return route.fallback();
    });
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Remove/ }).click();
    await dialog().getByRole("button", { name: "Remove the arm" }).click();
    await page.getByRole("link", { name: "Audit" }).click();
    await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
    answer();
    await page.getByRole("status").getByText("Arm slow-to-go was removed").waitFor();
    // A way somewhere begins with its address, in the step that shows the words.
    assert.match(page.url(), /\/ui\/audit$/);
  });

  it("letters for the search that was still on its way were keys of the page below", async () => {
    await dashboard.open("audit");
    const grid = page.getByRole("grid", { name: "Audit log" });
    await grid.waitFor();
    await grid.focus();
    let load = (): void => {};
    const isHeld = new Promise<void>((resolve) => (load = resolve));
    await page.route(/assets\/palette-.*\.js/, async (route) => {
      await isHeld;
      await route.continue();
    });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("clie");
    load();
    await page.getByRole("combobox", { name: "Search and commands" }).waitFor();
    await page.keyboard.type("nts");
    await page.getByRole("option", { name: /^Workers/ }).waitFor();
    assert.match(page.url(), /\/ui\/audit$/);
    await page.keyboard.press("Escape");
    await until("the focus where it was", () => grid.evaluate((one) => one === document.activeElement));
  });

  it("letters after a completion were put before it when the next frame was late", async () => {
    await dashboard.open("tasks");
    const bar = page.getByRole("combobox", { name: "Filter tasks" });
    await bar.focus();
    await page.evaluate(`window.lateFrames = [];
      window.requestAnimationFrame = (call) => lateFrames.push(call);`);
    await page.keyboard.type("state:fa");
    await page.keyboard.press("Tab");
    await page.keyboard.type(" arm:de");
    await page.evaluate("lateFrames.forEach((call) => call(performance.now()))");
    await page.keyboard.type("f");
    assert.equal(await bar.inputValue(), "state:failed arm:def");
  });

  it("all rows of a list of many schedules were drawn", async () => {
    const { client } = dashboard;
    for (let n = 0; n < 110; n++)
      await client.setSchedule({ name: `s${n}`, cron: "0 3 * * *", paused: true, task: { shell: "true" } });
    await dashboard.open("schedules");
    await page.getByRole("button", { name: "Show 11 more of 111" }).click();
    await page.getByRole("button", { name: /Show .* more/ }).waitFor({ state: "detached" });
    assert.equal(await page.getByRole("list", { name: "Schedules" }).locator(":scope > li").count(), 111);
  });

  it("the audit log went on only by a button", async () => {
    await dashboard.open("audit");
    const grid = page.getByRole("grid", { name: "Audit log" });
    await grid.getByRole("row").filter({ hasText: "schedule.set" }).first().waitFor();
    await grid.focus();
    const oldest = grid.getByRole("row").filter({ hasText: "nightly" });
    await until("the oldest entry", async () => {
      await page.keyboard.press("End");
      return (await oldest.count()) > 0;
    });
  });

  it("who needs a task was as it had been when the page came", async () => {
    const { client, place } = dashboard;
    const { id } = await client.submitRun({ definition: CHAIN, cwd: place.dir });
    const first = (await client.run(id)).tasks.find(({ name }) => name === "first")!;
    await dashboard.open(`tasks/${first.id}`);
    const needed = page.getByText("Needed by").locator("..");
    await needed.getByTitle("running").waitFor();
    writeFileSync(join(place.dir, "go"), "");
    await needed.getByTitle("succeeded").waitFor();
    await dashboard.open(`runs/${id}?tab=waterfall`);
    // Its bar fills the axis: the time that it took was cut at the edge.
    const row = page.getByRole("treegrid").getByRole("row", { name: /second/ });
    const time = await row.getByText(/^\d[\d.]*m?s$/).boundingBox();
    const bars = await row.getByRole("gridcell").last().boundingBox();
    assert.ok(time !== null && bars !== null && time.x >= bars.x && time.x + time.width <= bars.x + bars.width + 1);
  });

  it("the JSON of a new task was there, and the keys went elsewhere", async () => {
    await dashboard.open("tasks?create=shell");
    await dialog().getByRole("button", { name: "JSON", exact: true }).click();
    const json = dialog().getByRole("textbox", { name: "Task as JSON" });
    await json.waitFor();
    await page.keyboard.press("Control+A");
    await page.keyboard.type('{"shell": "echo typed"');
    assert.match(await json.innerText(), /echo typed/);
  });

  it("a clipboard that the browser refuses looked as if all was well", async () => {
    await page.evaluate(`Object.defineProperty(navigator, "clipboard", {
      value: { writeText: () => Promise.reject(new Error("refused")) }, configurable: true });
      document.execCommand = () => false`);
    await dialog().getByRole("button", { name: "CLI" }).click();
    const byHand = page.getByRole("dialog", { name: "Copy it as a command by hand" });
    assert.match(await byHand.getByRole("textbox").inputValue(), /octopus submit --from-json/);
    await until("all of it to be selected", () => {
      const area = "document.activeElement";
      return page.evaluate<boolean>(`${area}.selectionEnd > 20 && ${area}.selectionEnd === ${area}.value.length`);
    });
  });

  it("the way back led to the top of the page, wherever one had been", async () => {
    await dashboard.open("tasks");
    const grid = page.getByRole("grid", { name: "Tasks" });
    await grid.getByRole("row").nth(2).waitFor();
    await grid.focus();
    await page.keyboard.press("ArrowDown");
    const active = () =>
      page.evaluate<string>(
        `document.getElementById(document.querySelector("[role=grid]").getAttribute("aria-activedescendant")).innerText`,
      );
    const before = /t\d+/.exec(await active())![0];
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/tasks\/t\d+$/);
    await page.getByRole("link", { name: "Tasks", exact: true }).first().waitFor();
    await page.goBack();
    await grid.getByRole("row").nth(2).waitFor();
    await until("the focus in the list", () => page.evaluate<boolean>(`document.activeElement.role === "grid"`));
    assert.equal(/t\d+/.exec(await active())![0], before);
    await page.getByRole("link", { name: "Audit" }).click();
    const link = page.getByRole("grid", { name: "Audit log" }).getByRole("link", { name: "s109" });
    await link.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "s109" }).waitFor();
    await page.goBack();
    await page.getByRole("grid", { name: "Audit log" }).waitFor();
    await until("the focus in the log", () => page.evaluate<boolean>(`document.activeElement !== document.body`));
  });

  it("another tab went on showing what was there after somebody had signed out", async (t) => {
    const closed = await openDashboard(t, { command: "server", env: { OCTOPUS_ACCESS_MODE: "on" } });
    closed.expectTrouble(/status of 401 |net::ERR_/);
    const { secret } = await closed.client.createToken({ name: "anna", role: "viewer" });
    const other = await closed.context.newPage();
    for (const tab of [closed.page, other]) await tab.goto(`${closed.url}/ui/arms`);
    await closed.page.getByLabel("Token", { exact: true }).fill(secret);
    await closed.page.keyboard.press("Enter");
    for (const tab of [closed.page, other]) await tab.getByRole("heading", { level: 1, name: "Arms" }).waitFor();
    await closed.page.getByRole("button", { name: /Sign out/ }).click();
    for (const tab of [closed.page, other]) await tab.getByLabel("Token", { exact: true }).waitFor();
  });
});
