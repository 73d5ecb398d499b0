/** Two servers that share a log, and the namespaces in it: what the dashboard shows of them, and what is done there. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { NatsServer, withoutNats } from "../nats/server.ts";
import { freePort } from "../server-process.ts";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { shown } from "./shown.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const LIMITS = { skip: withoutNats() ?? BROWSER.skip, timeout: SUITE_MS_MAX };

describe("a cluster in the dashboard", LIMITS, () => {
  let nats: NatsServer;
  let dashboard: Dashboard;
  before(async () => {
    nats = await NatsServer.start();
    const shared = ["--nats", nats.address, "--cluster", "shop", "--replicas", "1"];
    dashboard = await openDashboard(
      { after: () => undefined },
      { command: "server", args: [...shared, "--server-name", "north"] },
    );
    const port = String(await freePort());
    const { place } = dashboard;
    place.start(["server", ...shared, "--server-name", "south", "--port", port, "--data", `${place.dir}/south`]);
    await until("the second server", async () => (await dashboard.client.cluster()).members.length === 2);
  });
  after(async () => {
    try {
      await dashboard?.stop();
    } finally {
      await nats?.stop();
    }
  });

  it("its page tells of servers, who leads, and what an acknowledgement survives; an admin has another one lead", async () => {
    const { client } = dashboard;
    const page = await dashboard.open();
    await page.getByRole("link", { name: "Cluster" }).click();
    const verdict = page.getByLabel("Is the cluster all right?");
    await verdict.getByText("2 servers are there").waitFor();
    const servers = page.getByRole("region", { name: "Servers of the cluster" });
    for (const name of ["north", "south"]) await servers.getByRole("row", { name: new RegExp(name) }).waitFor();
    await page.getByText("What an acknowledgement survives").waitFor();
    await page.getByText(/survives the end of every process/).waitFor();
    const { leader } = await client.cluster();
    await page.getByRole("button", { name: "Let another server lead…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
    await until("another leader", async () => {
      const now = (await client.cluster()).leader;
      return now !== undefined && now !== leader;
    });
    await page.getByRole("button", { name: "Make a snapshot" }).click();
    await page.getByText(/the snapshot of default holds [\d,]+ record/).waitFor();
    await faultless(dashboard);
  });

  it("a namespace is made, shows its own tasks, keeps its own filter, and says where something would be cancelled", async () => {
    const { page, url, client } = dashboard;
    await client.submitAlone({ id: "of-default", shell: "true", delay: "1h" });
    await dashboard.open("tasks?q=state:scheduled");
    await page.getByText("of-default").first().waitFor();
    await page.getByRole("button", { name: "Namespace default: go to another" }).click();
    await page.getByRole("menuitem", { name: "New namespace…" }).click();
    const dialog = page.getByRole("dialog", { name: "New namespace" });
    dashboard.expectTrouble(/status of 422 .*namespaces/);
    await dialog.getByLabel("Name").fill("bus");
    await page.keyboard.press("Enter");
    await dialog.getByText(/cannot be used/).waitFor();
    await dialog.getByLabel("Name").fill("team-a");
    await faultless(dashboard);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Go to team-a" }).click();
    await page.waitForURL(`${url}/ns/team-a/ui/`);
    await page.getByRole("button", { name: "Namespace team-a: go to another" }).waitFor();
    assert.match(await page.title(), / · team-a · Octopus$/);
    // Keys, links, the feed and what is sent stay within it.
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.waitForURL(`${url}/ns/team-a/ui/tasks`);
    await page.keyboard.press("c");
    const form = page.getByRole("dialog", { name: "New task" });
    await form.getByRole("textbox").first().fill("sleep 600");
    await page.keyboard.press("Control+Enter");
    await form.waitFor({ state: "hidden" });
    await page.goto(`${url}/ns/team-a/ui/tasks`);
    await page.getByText("sleep 600").first().waitFor();
    assert.equal(await page.getByText("of-default").count(), 0);
    const places = await page.evaluate(() =>
      [...document.querySelectorAll("a[href^='/']")].map((a) => a.getAttribute("href")),
    );
    assert.deepEqual(
      places.filter((href) => !href!.startsWith("/ns/team-a/ui")),
      [],
      "every link stays in the namespace",
    );
    await page.getByRole("link", { name: "sleep 600" }).first().click();
    await page.waitForURL(/\/ns\/team-a\/ui\/tasks\/t1$/);
    await page.reload();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    const question = page.getByRole("dialog");
    await question.getByText("In the namespace team-a").waitFor();
    await question
      .getByRole("button", { name: /^Cancel/ })
      .last()
      .click();
    await page.getByRole("main").getByText("cancelled").first().waitFor();
    // Back to the list of the other one, with the filter that it had.
    await page.getByRole("button", { name: "Namespace team-a: go to another" }).click();
    await page.getByRole("menuitem", { name: "default" }).click();
    await page.waitForURL(`${url}/ui/tasks?q=state:scheduled`);
    await page.getByText("of-default").first().waitFor();
  });

  it("a namespace that is not there says so, and one that is deleted takes its pages with it", async () => {
    const { page, url } = dashboard;
    dashboard.expectTrouble(/status of 404/);
    await dashboard.open("namespaces");
    await page.getByRole("row", { name: /team-a/ }).waitFor();
    await faultless(dashboard);
    const other = await dashboard.context.newPage();
    await other.goto(`${url}/ns/team-a/ui/`);
    await shown(other);
    await page.getByRole("button", { name: "Delete team-a" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 task is in it, all ended.").waitFor();
    const deed = dialog.getByRole("button", { name: "Delete team-a" });
    assert.ok(await deed.isDisabled());
    await dialog.getByLabel("Type team-a to go on").fill("team-a");
    await deed.click();
    await page.getByRole("row", { name: /team-a/ }).waitFor({ state: "detached" });
    await other.getByText("There is no namespace team-a").waitFor();
    await other.close();
  });
});

async function faultless({ page }: Dashboard): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    [],
  );
}
