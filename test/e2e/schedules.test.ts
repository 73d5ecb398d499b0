/** Schedules as a person makes them: written while the server says when they would be due, fired, paused, changed. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("schedules", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined });
    page = dashboard.page;
    // What the server refuses while somebody writes is a line of the browser's console, too.
    dashboard.expectTrouble(/422 .*\/(schedules|calendars)/);
  });
  after(() => dashboard?.stop());

  it("one is written, with when it would be due beside it and what is wrong at its field", async () => {
    await dashboard.open("schedules");
    await page.getByText("Nothing is scheduled").waitFor();
    await page.getByRole("main").getByRole("button", { name: "New schedule" }).click();
    const dialog = page.getByRole("dialog", { name: "New schedule" });
    const preview = dialog.getByRole("region", { name: "When it would be due" });
    await dialog.getByLabel("Name", { exact: true }).fill("nightly");
    await dialog.getByLabel("Cron expressions").fill("61 3 * * *");
    await dialog.getByText(/minute field "61"/).waitFor();
    await dialog.getByLabel("Cron expressions").fill("30 3 * * 1-5");
    await dialog.getByLabel("Time zone").fill("Europe/Berlin");
    await preview.getByText("at 03:30 on Monday to Friday (Europe/Berlin)").waitFor();
    assert.equal(await preview.getByRole("listitem").count(), 5);
    await dialog.getByRole("button", { name: "Create schedule" }).click();
    await dialog
      .getByText(/must not be empty/)
      .first()
      .waitFor();
    await dialog.getByLabel("Command").fill("echo tick");
    await dialog.getByRole("button", { name: "Create schedule" }).click();
    await page.getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    await page.getByText("It has not fired yet").waitFor();
    const schedule = await dashboard.client.schedule("nightly");
    assert.deepEqual([schedule.cron, schedule.zone], [["30 3 * * 1-5"], "Europe/Berlin"]);
  });

  it("fired by hand, its task and how it ended stand among the ticks", async () => {
    await page.getByRole("button", { name: "Fire now" }).click();
    const ticks = page.getByRole("region", { name: "Past ticks of nightly" });
    await ticks.getByRole("row").filter({ hasText: "fired by hand" }).getByText("succeeded").waitFor();
    const [tick] = (await dashboard.client.ticks("nightly")).items;
    assert.equal((await dashboard.client.task(tick!.made!)).state, "succeeded");
    await page.getByRole("img", { name: /1 succeeded, 0 failed, 0 missed, \d+ to come/ }).waitFor();
    await page.getByRole("link", { name: "Schedules" }).first().click();
    const results = page.getByRole("list", { name: "Newest results of nightly" });
    await results.getByRole("img", { name: "succeeded" }).waitFor();
  });

  it("past ticks are counted before they are fired", async () => {
    await dashboard.open("schedules/nightly?backfill=1");
    const dialog = page.getByRole("dialog", { name: /Fire past ticks/ });
    await dialog.getByLabel("From").fill("2026-06-01T00:00");
    await dialog.getByLabel(/Until/).fill("2026-06-08T00:00");
    await dialog.getByRole("button", { name: "Fire 5 ticks" }).click();
    await page.getByText("5 ticks of nightly fired").waitFor();
    await until("six ticks", async () => (await dashboard.client.ticks("nightly")).items.length === 6);
    await page.getByRole("region", { name: "Past ticks of nightly" }).getByText("fired afterwards").first().waitFor();
  });

  it("it is paused, changed, and deleted after a question", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("It is paused: nothing fires").waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit nightly" });
    assert.equal(await dialog.getByLabel("Command").inputValue(), "echo tick");
    assert.ok(await dialog.getByRole("checkbox", { name: /^Paused/ }).isChecked());
    await dialog.getByRole("button", { name: "At intervals" }).click();
    await dialog.getByLabel("Time between two ticks").fill("90m");
    await dialog.getByRole("button", { name: "Save schedule" }).click();
    await page.getByText("nightly is saved").waitFor();
    const { everyMs, paused } = await dashboard.client.schedule("nightly");
    assert.deepEqual([everyMs, paused], [5_400_000, true]);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete schedule" }).click();
    await page.getByText("Nothing is scheduled").waitFor();
  });

  it("days off are kept in calendars", async () => {
    await page.getByRole("tab", { name: "Days off" }).click();
    await page.getByRole("button", { name: "New calendar" }).click();
    const dialog = page.getByRole("dialog", { name: "New calendar" });
    await dialog.getByLabel("Name").fill("holidays");
    await dialog.getByLabel("Days").fill("12-25\n2026-02-31");
    await dialog.getByRole("button", { name: "Create calendar" }).click();
    await dialog.getByText(/days\[1\]/).waitFor();
    await dialog.getByLabel("Days").fill("12-25 2026-07-01/2026-07-14");
    await dialog.getByRole("button", { name: "Create calendar" }).click();
    await page.getByText("No schedule names it.").waitFor();
    assert.deepEqual((await dashboard.client.calendars())[0]!.days, ["12-25", "2026-07-01/2026-07-14"]);
  });
});
