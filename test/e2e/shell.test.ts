/** What is around every screen: the places, the search, the keys, the first steps. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BROWSER, type Dashboard, openDashboard } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("around every screen", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo"] });
  });
  after(() => dashboard.stop());

  it("the first steps end with a finished workflow", async () => {
    const page = await dashboard.open("start");
    await page.getByRole("button", { name: "Run it", exact: true }).click();
    await page.getByLabel("Output").getByText("Hello from").waitFor();
    await page.getByRole("button", { name: "Save and run it" }).click();
    await page.getByText("Your first workflow has finished.").waitFor();
    // What was done is still there after a reload.
    await page.reload();
    await page.getByText("Your first workflow has finished.").waitFor();
    await page.getByRole("link", { name: "See its graph" }).click();
    await page.waitForURL(/\/ui\/runs\/r\d+/);
  });

  it("what the first steps and the search offer to make opens its form", async () => {
    const page = await dashboard.open("start");
    await page.getByRole("link", { name: "Run it every morning" }).click();
    const dialog = page.getByRole("dialog", { name: "New schedule" });
    assert.equal(await dialog.getByLabel("Name", { exact: true }).inputValue(), "first-steps");
    await dialog.getByRole("button", { name: "Create schedule" }).click();
    await page.waitForURL(/\/ui\/schedules\/first-steps$/);
    await dialog.waitFor({ state: "hidden" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("new workflow");
    await page.getByRole("option", { name: /^New workflow/ }).click();
    await page.getByRole("heading", { name: "New workflow" }).waitFor();
  });

  it("the search finds places, things, tasks and runs", async () => {
    const { client } = dashboard;
    await client.submitAlone({ shell: "true", id: "weekly-invoices", tags: ["money"] });
    const page = await dashboard.open();
    const find = async (text: string): Promise<void> => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill(text);
    };
    await find("weekly");
    await page.getByRole("option", { name: /weekly-invoices/ }).click();
    await page.waitForURL(/\/ui\/tasks\/weekly-invoices/);
    await find("money");
    await page.getByRole("option", { name: /weekly-invoices/ }).waitFor();
    await page.getByRole("combobox").fill("first-steps");
    await page.getByRole("option", { name: /first-steps workflow/ }).click();
    await page.waitForURL(/\/ui\/workflows\/first-steps/);
    // Words of another system lead to ours.
    await find("clients");
    await page.getByRole("option", { name: /^Workers/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ui\/workers$/);
  });

  it("keys lead everywhere, and the help says so", async () => {
    const page = await dashboard.open();
    for (const [key, path] of [
      ["t", "tasks"],
      ["r", "runs"],
      ["w", "workers"],
      ["a", "arms"],
      ["s", "schedules"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL(`${dashboard.url}/ui/${path}`);
    }
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.getByText("Go to Tasks").waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
  });

  it("nothing can be tabbed past: the content is one key away", async () => {
    const page = await dashboard.open("start");
    await page.keyboard.press("Tab");
    await page.getByRole("link", { name: "To the content" }).press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  });

  it("words of the classic interface are addresses, too", async () => {
    const page = await dashboard.open("executions");
    await page.waitForURL(/\/ui\/tasks\?q=state:/);
    await dashboard.open("clients", page);
    await page.waitForURL(/\/ui\/workers$/);
  });

  it("a page that is not there says so", async () => {
    const page = await dashboard.open("nowhere/at/all");
    await page.getByText("There is no page /ui/nowhere/at/all").waitFor();
  });

  it("dark colours are kept, and so are times in UTC", async () => {
    const page = await dashboard.open("start");
    await page.getByRole("button", { name: "Dark colours" }).click();
    await page.reload();
    await page.getByRole("button", { name: "Light colours" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
  });

  it("in a narrow window the places are behind a button", async () => {
    const page = await dashboard.context.newPage();
    await page.setViewportSize({ width: 375, height: 700 });
    await dashboard.open("start", page);
    const tasks = page.getByRole("link", { name: "Tasks", exact: true });
    assert.equal(await tasks.isVisible(), false);
    await page.getByRole("button", { name: "Open the list of places" }).click();
    await tasks.click();
    await page.waitForURL(/\/ui\/tasks$/);
    await tasks.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true);
  });
});
