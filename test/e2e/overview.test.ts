/** The overview as a person reads it: nothing there yet, all well, failures that are mended from here, lanes that fill. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { endProcess } from "../integration/place.ts";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("the overview", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  const verdict = () => page.getByRole("region", { name: "Is everything all right?" });
  const panel = (name: string) => page.getByRole("list", { name, exact: true });

  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo", "--slots", "2"] });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());

  it("a server without tasks says what to do, and leads to the guide", async () => {
    await dashboard.open("");
    await verdict()
      .getByText(/All is well|Nothing here yet/)
      .waitFor();
    await page.getByText("No task has been submitted yet").waitFor();
    await page.getByRole("main").getByRole("link", { name: "Open the guide" }).click();
    await page.waitForURL(/\/ui\/start/);
    await page.goBack();
  });

  it("the first task shows by itself, and all is well", async () => {
    const { id } = await dashboard.client.submit({ shell: "true" });
    await dashboard.client.waitTask(id);
    await page.getByRole("list", { name: "Numbers" }).waitFor();
    await verdict().getByText("All is well: nothing is running").waitFor();
    await page.getByText("Nothing has failed.").waitFor();
  });

  it("a failure stands first, with its reason, and is retried from here", async () => {
    const hostile = `echo "<b>no</b> \u001b[31mred" >&2; test -e ok || exit 3`;
    await dashboard.client.submit({ id: "report", name: "nightly report", shell: hostile });
    const row = panel("Failures").getByRole("listitem").filter({ hasText: "nightly report" });
    await row.getByText(/exited with code 3: <b>no<\/b>/).waitFor();
    await verdict().getByRole("link", { name: "1 dead letter waits for a decision" }).waitFor();
    const { work } = await dashboard.client.task("report");
    assert.ok(work !== undefined);
    await dashboard.client.configureArm("default", { enabled: false });
    await row.getByRole("button", { name: "Retry report" }).click();
    await page.getByRole("status").getByText("report runs again").waitFor();
    await verdict()
      .getByText(/Arm default is paused, and 1 task waits/)
      .waitFor();
    await dashboard.client.cancelTask("report");
    await dashboard.client.configureArm("default", { enabled: true });
    await verdict().getByText("All is well: nothing is running").waitFor();
  });

  it("lanes show slots, queue and where to look", async () => {
    await dashboard.client.configureArm("batch", { maxParallel: 1 });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await dashboard.client.submit({ shell: "sleep 60", arm: "batch" })).id);
    const lane = panel("Arms").getByRole("listitem").filter({ hasText: "batch" });
    await lane.getByRole("img", { name: "1 of 1 slots taken" }).waitFor();
    await lane.getByRole("link", { name: "2 queued" }).waitFor();
    await panel("Workers").getByRole("img", { name: "1 of 2 slots taken" }).waitFor();
    await verdict().getByText("All is well: 1 running").waitFor();
    await page
      .getByRole("list", { name: "Numbers" })
      .getByRole("link", { name: /Queued/ })
      .click();
    await page.waitForURL(/tasks\?q=state:queued/);
    await page.goBack();
    for (const id of ids) await dashboard.client.cancelTask(id);
    await lane.getByRole("img", { name: "0 of 1 slots taken" }).waitFor();
  });

  it("runs in flight and what comes next stand beside", async () => {
    await dashboard.client.setSchedule({ name: "tea", every: "1h", task: { shell: "true" } });
    await panel("Next scheduled").getByRole("link", { name: "tea" }).waitFor();
    const definition = "name: slow\ntasks:\n  wait:\n    shell: sleep 60\n";
    const run = await dashboard.client.submitRun({ definition });
    await panel("Runs in flight").getByRole("link", { name: "slow" }).waitFor();
    await dashboard.client.cancelRun(run.id);
    await panel("Latest runs").getByRole("link", { name: "slow" }).waitFor();
  });

  it("what was there stays while the server is away, and it comes back by itself", async () => {
    dashboard.expectTrouble(
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|Failed to load/,
    );
    endProcess(dashboard.process.pid, "SIGKILL");
    await panel("Next scheduled").getByRole("link", { name: "tea" }).waitFor();
    await dashboard.restart();
    const { id } = await dashboard.client.submit({ shell: "exit 9", name: "after the break" });
    await until("its end", async () => (await dashboard.client.task(id)).state === "failed");
    await panel("Failures").getByText("after the break").waitFor();
  });
});
