/** Arms as a person sets them: a limit is changed where it stands and the server takes it, one is paused, drained, made, removed. */
import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("arms", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  const row = (name: string) => page.getByRole("listitem", { name, exact: true });
  const said = (text: RegExp | string) => page.getByRole("status").getByText(text).first().waitFor();
  const limitOf = async (name: string) => (await dashboard.client.arm(name)).maxParallel;

  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo", "--slots", "4"] });
    page = dashboard.page;
    await dashboard.client.configureArm("batch", { maxParallel: 1 });
  });
  after(() => dashboard?.stop());

  it("a limit is raised with a step and typed, and what waited starts", async () => {
    for (let n = 0; n < 5; n++) await dashboard.client.submit({ shell: "sleep 60", arm: "batch", name: `nap ${n}` });
    await dashboard.open("arms");
    await row("batch").getByRole("link", { name: "4 queued" }).waitFor();
    await row("batch").getByRole("button", { name: "One more at once in batch" }).click();
    await said("Arm batch runs 2 at once");
    await row("batch").getByRole("img", { name: "2 of 2 slots taken" }).waitFor();
    const field = row("batch").getByLabel("Most at once in batch");
    await field.fill("3");
    await field.press("Enter");
    await row("batch").getByRole("img", { name: "3 of 3 slots taken" }).waitFor();
    assert.equal(await limitOf("batch"), 3);
    await row("batch").getByRole("link", { name: "2 queued" }).waitFor();
  });

  it("what is no limit is refused with words and stays typed; nothing at all takes the limit away", async () => {
    const field = row("batch").getByLabel("Most at once in batch");
    await field.fill("many");
    await field.press("Enter");
    await row("batch").getByRole("alert").getByText("a whole number from 1").waitFor();
    assert.equal(await field.inputValue(), "many");
    await field.press("Escape");
    assert.equal(await field.inputValue(), "3");
    await field.fill("2000000000");
    await field.press("Enter");
    await row("batch").getByRole("alert").waitFor();
    await field.fill("");
    await field.press("Enter");
    await said("as much as workers take");
    assert.equal(await limitOf("batch"), undefined);
    await row("batch").getByRole("img", { name: "4 running, no limit" }).waitFor();
  });

  it("an arm is paused and goes on", async () => {
    await row("deploy").getByRole("button", { name: "Pause deploy" }).click();
    await said("Arm deploy is paused");
    await row("deploy").getByText("paused", { exact: true }).waitFor();
    const { id } = await dashboard.client.submit({ shell: "true", arm: "deploy" });
    await row("deploy").getByRole("link", { name: "1 queued" }).waitFor();
    await row("deploy").getByRole("button", { name: "Resume deploy" }).click();
    await dashboard.client.configureArm("batch", { enabled: false });
    for (const task of (await dashboard.client.tasks({ arm: "batch", state: ["running", "queued"] })).items) {
      await dashboard.client.cancelTask(task.id);
    }
    await until("its end", async () => (await dashboard.client.task(id)).state === "succeeded");
    await dashboard.client.configureArm("batch", { enabled: true });
  });

  it("a draining arm takes nothing new, and says so to whoever submits", async () => {
    await row("deploy").getByRole("button", { name: "More for deploy" }).click();
    await page.getByRole("menuitem", { name: /^Drain/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain the arm" }).click();
    await row("deploy").getByText("draining").waitFor();
    await assert.rejects(dashboard.client.submit({ shell: "true", arm: "deploy" }), /drain/);
    await row("deploy").getByRole("button", { name: "More for deploy" }).click();
    await page.getByRole("menuitem", { name: /^Undrain/ }).click();
    await said("takes tasks again");
    assert.equal((await dashboard.client.arm("deploy")).draining, false);
  });

  it("an arm is made by a form, shows who holds it and its charts, and is removed", async () => {
    await page.getByRole("main").getByRole("button", { name: "New arm" }).click();
    const dialog = page.getByRole("dialog", { name: "New arm" });
    await dialog.getByLabel("Name").fill("gpu");
    await dialog.getByLabel("Rate").fill("fast");
    await dialog.getByRole("button", { name: "Create arm" }).click();
    await dialog.getByText("must be a number per time").waitFor();
    await dialog.getByLabel("Rate").fill("100/1m");
    await dialog.getByLabel("At once").fill("1");
    await dialog.getByRole("button", { name: "Create arm" }).click();
    await page.getByRole("heading", { level: 1, name: "gpu" }).waitFor();
    const { id } = await dashboard.client.submit({ shell: "sleep 60", arm: "gpu" });
    await dashboard.client.submit({ shell: "true", arm: "gpu", name: "next one" });
    await page.getByRole("region", { name: "Holders of slots of gpu" }).getByRole("link", { name: id }).waitFor();
    await page.getByRole("region", { name: "Queue of gpu" }).getByText("next one").waitFor();
    await page.getByRole("img", { name: /Tasks of gpu that run and wait, now: running 1, queued 1/ }).waitFor();
    await page.getByRole("button", { name: "1 hour" }).click();
    await page.waitForURL(/span=60/);
    await dashboard.client.cancelTask(id);
    await page.getByText("Nobody: every slot is free.").waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Remove/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove the arm" }).click();
    await said("Arm gpu was removed");
    await page.waitForURL(/\/ui\/arms$/);
    await row("batch").waitFor();
    await row("gpu").waitFor({ state: "detached" });
  });

  it("an arm that is not there is told of", async () => {
    dashboard.expectTrouble(/404/);
    await dashboard.open("arms/nowhere");
    await page.getByText("There is no arm nowhere").waitFor();
    await page.getByRole("main").getByRole("link", { name: "All arms" }).click();
  });

  it("a quota is set, and changed, and removed", async () => {
    await page.getByRole("tab", { name: "Quotas" }).click();
    await page.getByText("No owner has a quota").waitFor();
    await page.getByRole("button", { name: "New quota" }).click();
    const dialog = page.getByRole("dialog", { name: "New quota" });
    // The first field has the focus, and Enter in whichever is the main button.
    await dialog.getByLabel("Owner").and(page.locator(":focus")).fill("ada");
    await dialog.getByLabel("Starts").press("Enter");
    await dialog.getByText("set at least one of the three limits").waitFor();
    await dialog.getByLabel("At once").fill("2");
    await dialog.getByLabel("Starts").fill("100/1h");
    await dialog.getByLabel("Starts").press("Enter");
    await page.getByRole("region", { name: "Quotas" }).getByText("ada").waitFor();
    assert.equal((await dashboard.client.quotas())[0]!.tasks!.perMs, 3_600_000);
    await page.getByRole("button", { name: "Change the quota of ada" }).click();
    const change = page.getByRole("dialog", { name: "Quota of ada" });
    await change.getByLabel("At once").and(page.locator(":focus")).fill("3");
    await change.getByRole("button", { name: "Save quota" }).click();
    await page.getByRole("img", { name: "0 of 3 running" }).waitFor();
    await page.getByRole("button", { name: "Remove the quota of ada" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove quota" }).click();
    await page.getByText("No owner has a quota").waitFor();
  });
});

test("whoever may only look is offered nothing else", { ...BROWSER, timeout: SUITE_MS_MAX }, async (t) => {
  const { client, page, url, ...dashboard } = await openDashboard(t, {
    args: ["--no-demo"],
    env: { OCTOPUS_ACCESS_MODE: "on" },
  });
  dashboard.expectTrouble(/status of 40[13] /);
  const { secret } = await client.createToken({ name: "eyes", role: "viewer" });
  await client.configureArm("batch", { maxParallel: 7 });
  await page.goto(`${url}/ui/arms`);
  await page.getByLabel("Token").fill(secret);
  await page.getByLabel("Token").press("Enter");
  const row = page.getByRole("listitem", { name: "batch", exact: true });
  await row.getByText("7", { exact: true }).waitFor();
  assert.equal(
    await page
      .getByRole("main")
      .getByRole("button", { name: /^(Pause|One more|New arm|More)/ })
      .count(),
    0,
  );
  await row.getByRole("link", { name: "batch" }).click();
  await page.getByText("Nobody: every slot is free.").waitFor();
  assert.equal(
    await page
      .getByRole("main")
      .getByRole("button", { name: /^(Pause|Settings|More)/ })
      .count(),
    0,
  );
});
