/** Workers as a person watches them: one is killed and its task moves, one is drained, one asks to be let in. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { endProcess, type Started } from "../integration/place.ts";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("workers", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  const started = new Map<string, Started>();
  const start = (name: string, ...more: string[]): void => {
    const words = ["worker", "--server", dashboard.url, "--name", name, "--slots", "1", "--dir", `${name}-state`];
    started.set(name, dashboard.place.start([...words, ...more]));
  };
  const row = (name: string) =>
    page.getByRole("list", { name: "Workers", exact: true }).getByRole("listitem").filter({ hasText: name });

  before(async () => {
    const env = { OCTOPUS_LINK_LEASE: "3s", OCTOPUS_LINK_HEARTBEAT: "300ms" };
    dashboard = await openDashboard({ after: () => undefined }, { command: "server", env });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());

  it("an empty place says how a worker is started, and shows the first one by itself", async () => {
    await dashboard.open("workers");
    await page.getByText("No worker was ever here").waitFor();
    await page.getByRole("main").getByRole("button", { name: "Start a worker" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Start a worker" });
    await dialog.getByText(`octopus worker --server ${dashboard.url}`).waitFor();
    await dialog.getByLabel("Labels").fill("zone=attic");
    await dialog.getByText(`octopus worker --server ${dashboard.url} --labels zone=attic`).waitFor();
    await page.keyboard.press("Escape");
    start("one", "--labels", "zone=attic");
    await row("one").getByText("zone=attic").waitFor();
    await row("one").getByText("online").first().waitFor();
  });

  it("the connection of one that is killed is lost, and its task moves to another", async () => {
    const { id } = await dashboard.client.submit({ shell: "sleep 60" });
    await row("one").getByText("1/1 slots").waitFor();
    start("two");
    await row("two").getByText("0/1 slots").waitFor();
    const { pid } = started.get("one")!;
    endProcess(pid, "SIGKILL");
    await row("one").getByText("connection lost").first().waitFor();
    await row("two").getByText("1/1 slots").waitFor();
    await row("two").getByRole("link", { name: "two" }).click();
    await page.getByRole("heading", { level: 1, name: /^two/ }).waitFor();
    await page.getByRole("region", { name: "Attempts on two" }).getByRole("link", { name: id }).waitFor();
    await dashboard.client.cancelTask(id);
    await page.getByText("Nothing runs here").waitFor();
  });

  it("a drained worker takes nothing new until it is resumed", async () => {
    await page.getByRole("button", { name: "Drain" }).click();
    await page.getByRole("status").getByText("two is drained").waitFor();
    await page.getByText(/takes nothing\s+new, also after it came back/).waitFor();
    const { id } = await dashboard.client.submit({ shell: "true" });
    await page.getByRole("link", { name: "Workers" }).first().click();
    await row("two").getByText("drained").first().waitFor();
    assert.equal((await dashboard.client.task(id)).state, "queued");
    await row("two").getByRole("button", { name: "Actions for two" }).click();
    await page.getByRole("menuitem", { name: /^Resume/ }).click();
    await row("two").getByText("online").first().waitFor();
    await until("the end of the task", async () => (await dashboard.client.task(id)).state === "succeeded");
  });

  it("what is there is summed against what is taken", async () => {
    await page.getByRole("tab", { name: "Capacity" }).click();
    await page.getByRole("img", { name: "0 of 1 slots taken" }).waitFor();
    await page.getByRole("tab", { name: "Pools" }).click();
    await page.getByText("There are no pools").waitFor();
    await page.goBack();
  });

  it("one that left is forgotten after a question", async () => {
    const { child, end } = started.get("two")!;
    child.kill("SIGTERM");
    await end;
    await dashboard.open("workers?state=offline");
    await row("two").getByText("It is gone").waitFor();
    await row("two").getByRole("button", { name: "Actions for two" }).click();
    await page.getByRole("menuitem", { name: /^Forget/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget worker" }).click();
    await page.getByText("two is forgotten").waitFor();
    await until("the worker to be gone", async () =>
      (await dashboard.client.workers()).every(({ name }) => name !== "two"),
    );
  });
});
