/** Tasks as a person finds, makes and changes them: by form, by words, by keys alone, one and many, and a hundred thousand. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Locator, Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const MANY = 100_000;

describe("tasks", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  const button = (name: string | RegExp): Locator =>
    page.getByRole("button", { name, exact: typeof name === "string" });
  const row = (text: string | RegExp): Locator => page.getByRole("row").filter({ hasText: text });
  const list = (): Locator => page.getByRole("grid", { name: "Tasks" });
  const bar = (): Locator => page.getByRole("combobox", { name: "Filter tasks" });
  const dialog = (): Locator => page.getByRole("dialog");

  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo", "--slots", "2"] });
    page = dashboard.page;
    await dashboard.client.configureArm("slow", { maxParallel: 1 });
    await dashboard.client.switchArm("slow", "pause");
  });
  after(() => dashboard?.stop());

  it("an empty list says what to do, and a form makes the first task", async () => {
    await dashboard.open("tasks");
    await page.getByText("There are no tasks yet").waitFor();
    const main = page.getByRole("main");
    const beside = [main.getByRole("button", { name: "New task" }), main.getByRole("link", { name: "First steps" })];
    const [made, read] = await Promise.all(beside.map((each) => each.boundingBox()));
    assert.deepEqual([made!.y, made!.height], [read!.y, read!.height], "what stands side by side is level");
    await main.getByRole("button", { name: "New task" }).click();
    await dialog().getByRole("button", { name: "Submit task" }).click();
    await dialog().getByText("is needed").waitFor();
    await dialog().getByLabel("Command").fill("echo hello; exit 3");
    await dialog().getByLabel("Name", { exact: true }).fill("greeting");
    await dialog().getByText("When, and how often").click();
    await dialog().getByLabel("Timeout").fill("soon");
    dashboard.expectTrouble(/422/);
    await dialog().getByRole("button", { name: "Submit task" }).click();
    await dialog().getByText("must be a number with a unit").waitFor();
    await dialog().getByLabel("Timeout").fill("1m");
    await dialog().getByRole("button", { name: "JSON" }).click();
    await dialog().getByText('"timeout"').waitFor();
    await dialog().getByRole("button", { name: "Submit task" }).click();
    await page.waitForURL(/\/tasks\/t1$/);
    const task = await dashboard.client.waitTask("t1");
    assert.deepEqual([task.name, task.timeoutMs, task.exitCode], ["greeting", 60_000, 3]);
  });

  it("typed words filter the list, mistakes are shown and mended, and all that match are cancelled", async () => {
    const names = Array.from({ length: 5 }, (_, i) => ({
      shell: "true",
      arm: "slow",
      tags: ["bulk"],
      name: `wave ${i}`,
    }));
    await dashboard.client.submitMany(names);
    await dashboard.open("tasks");
    await row("greeting").waitFor();
    await bar().fill("tga:bulk");
    await page.getByRole("alert").getByText('there is no filter "tga"').waitFor();
    await button("Write tag").click();
    await page.waitForURL(/\?q=tag:bulk$/);
    await row("greeting").waitFor({ state: "detached" });
    await row(/wave \d/)
      .nth(4)
      .waitFor();
    assert.equal(await row(/wave \d/).count(), 5);
    await button("Do to all that match").click();
    await page.getByRole("menuitem", { name: "Cancel…" }).click();
    await dialog().getByText("5 tasks match the filter now").waitFor();
    await dialog().getByRole("button", { name: "Cancel 5 tasks" }).click();
    await page.getByRole("status").getByText("Done: 5 cancelled").waitFor();
    await row("cancelled").nth(4).waitFor();
    await button("Save view").click();
    await dialog().getByLabel("Name").fill("Waves");
    await dialog().getByRole("button", { name: "Save" }).click();
    await button("All").click();
    await row("greeting").waitFor();
    await button("Waves").click();
    await page.waitForURL(/\?q=tag:bulk$/);
  });

  it("a task that waits is changed, and another one is made like it", async () => {
    await dashboard.client.submit({ id: "draft", shell: "false", arm: "slow", name: "draft", retries: 2 });
    await dashboard.open("tasks?q=state:queued");
    await button("Actions on draft").click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await dialog().getByLabel("Command").fill("echo changed");
    await dialog().getByLabel("Priority").selectOption("9");
    await dialog().getByRole("button", { name: "Save changes" }).click();
    await page.waitForURL(/\/tasks\/draft$/);
    const { work, priority, retries } = await dashboard.client.task("draft");
    assert.deepEqual([work, priority], [{ kind: "shell", shell: { command: "echo changed" } }, 9]);
    assert.equal((retries as { limit: number }).limit, 2);
    await dashboard.open("tasks?create=copy&from=draft");
    await dialog().getByLabel("Command").waitFor();
    assert.equal(await dialog().getByLabel("Command").inputValue(), "echo changed");
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  it("keys alone make a task, find it, tick and change it", async () => {
    await dashboard.open("tasks");
    await row("greeting").waitFor();
    await page.keyboard.press("c");
    const command = dialog().getByLabel("Command");
    await until("the caret in the command", () => command.evaluate((field) => field === document.activeElement));
    await page.keyboard.type("exit 7");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/\/tasks\/t\d+$/);
    // What stands over the page has the keys.
    await dialog().waitFor({ state: "detached" });
    const id = page.url().split("/").at(-1)!;
    await dashboard.client.waitTask(id);
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await row("exit 7").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("state:fa");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\?q=state:failed$/);
    await page.keyboard.press("Escape");
    await row("draft").waitFor({ state: "detached" });
    await row("exit 7").waitFor();
    await page.keyboard.press("x");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByRole("toolbar", { name: "Ticked tasks" }).getByText("2 ticked").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Home");
    await page.keyboard.press(".");
    const dismiss = page.getByRole("menuitem", { name: "Dismiss" });
    await dismiss.waitFor();
    await page.keyboard.type("dis");
    await until("the item in focus", () => dismiss.evaluate((item) => item === document.activeElement));
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText(`${id} is dismissed`).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`/tasks/${id}$`));
  });

  it("dead letters stand by their error, and all of one are retried", async () => {
    await dashboard.client.submitMany([1, 2, 3].map((n) => ({ shell: `echo no row ${n} >&2; exit 4` })));
    await dashboard.open("dead");
    const group = page.getByRole("region", { name: /^3 of exited with code 4/ });
    await group.getByRole("button", { name: "Retry all" }).click();
    await dialog().getByRole("button", { name: "Retry 3 tasks" }).click();
    await page.getByRole("status").getByText("Done: 3 retried").waitFor();
    await group.getByRole("button", { name: "Show the tasks" }).click();
    await group.getByRole("row").filter({ hasText: "2" }).nth(2).waitFor();
    await group.getByRole("button", { name: "Dismiss", exact: true }).click();
    await dialog().getByRole("button", { name: "Dismiss 3 tasks" }).click();
    await group.waitFor({ state: "detached" });
  });

  it("a hundred thousand rows scroll, stay in place while new ones come, and are left and found again", async () => {
    await dashboard.client.submitMany(
      Array.from({ length: MANY }, (_, i) => ({ shell: "true", arm: "slow", name: `row ${i}` })),
    );
    await dashboard.open("tasks?q=arm:slow+state:queued");
    await row(`row ${MANY - 1}`).waitFor();
    await list().focus();
    // To the end of what is loaded each time, and on when more has come.
    for (let before = 50; before < 1000;) {
      await page.keyboard.press("End");
      const last = await page.waitForFunction((was) => {
        const shown = [...document.querySelectorAll("[aria-rowindex]")].map((one) => Number(one.ariaRowIndex));
        const last = Math.max(...shown);
        return last > was && last;
      }, before);
      before = (await last.jsonValue()) || before;
    }
    assert.ok((await page.getByRole("row").count()) < 80, "only rows in view exist");
    const nameAt = async (): Promise<string> =>
      /row \d+/.exec((await page.getByRole("row").nth(10).textContent()) ?? "")![0];
    const name = await nameAt();
    await dashboard.client.submit({ shell: "true", arm: "slow", name: "newcomer" });
    await button("1 new").waitFor();
    assert.equal(await nameAt(), name);
    await row(name).getByRole("link", { name }).click();
    await page.waitForURL(/\/tasks\/t\d+$/);
    await page.goBack();
    await row(name).waitFor();
    await button("1 new").click();
    await row("newcomer").waitFor();
  });
});
