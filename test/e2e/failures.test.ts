/** What goes wrong around a page that stays open: its token ends, its server has other files, a key is held down. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BROWSER, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const LIMITS = { ...BROWSER, timeout: SUITE_MS_MAX };

describe("a page that stays open", LIMITS, () => {
  it("asks for a token when its own is revoked, and shows nothing of before to the next one", async (t) => {
    const dashboard = await openDashboard(t, { args: ["--no-demo"], env: { OCTOPUS_ACCESS_MODE: "on" } });
    const { client, page, url } = dashboard;
    dashboard.expectTrouble(/status of 40[13] |net::ERR_/);
    const anna = await client.createToken({ name: "anna", role: "admin" });
    const ben = await client.createToken({ name: "ben", role: "viewer" });
    await page.goto(`${url}/ui/settings?tab=tokens`);
    const field = page.getByLabel("Token", { exact: true });
    const signIn = async (secret: string): Promise<void> => {
      await field.fill(secret);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    };
    await signIn(anna.secret);
    await page.getByText("ben", { exact: true }).waitFor();
    await page.getByText("anna (yours)").waitFor();
    await client.revokeToken(anna.id);
    await field.waitFor();
    assert.equal(await page.getByText("does not answer").count(), 0, "the server answers, and is not said not to");
    await signIn(ben.secret);
    assert.equal(await page.getByText("ben", { exact: true }).count(), 0, "what only admins see is gone");
  });

  it("does once what a key that is held down asks for again and again", async (t) => {
    const { client, page, open } = await openDashboard(t, { args: ["--no-demo"] });
    await open("settings?tab=tokens");
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("held-down");
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let asked = 0;
    await page.route("**/api/v1/tokens", async (route) => {
      if (route.request().method() === "POST") asked++;
      await held;
      await route.continue();
    });
    for (let presses = 0; presses < 5; presses++) await page.keyboard.down("Enter");
    await until("the question", () => asked > 0);
    release();
    await page.getByText("shown this once").waitFor();
    const named = (await client.tokens()).filter(({ name }) => name === "held-down");
    assert.equal(named.length, 1);
  });

  it("loads itself anew when a part is missing that an older server had", async (t) => {
    const dashboard = await openDashboard(t, { args: ["--no-demo"] });
    const { page, open } = dashboard;
    dashboard.expectTrouble(/status of 404|dynamically imported|Failed to fetch/);
    await open("tasks");
    await page.evaluate("window.isOld = true");
    let isOld = true;
    // Of a new document: that the address of this one changes is no answer.
    page.once("domcontentloaded", () => (isOld = false));
    await page.route(/assets\/palette-.*\.js/, (route) =>
      isOld
        ? route.fulfill({ status: 404, contentType: "text/plain", body: "There is no such file." })
        : route.continue(),
    );
    await page.keyboard.press("Control+k");
    await until(
      "a new page",
      async () => (await page.evaluate("window.isOld === undefined").catch(() => false)) === true,
    );
    await page.getByRole("heading", { level: 1, name: "Tasks" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
  });

  it("draws a part of very many arms and workflows, and more of them when asked", async (t) => {
    const { client, page, open } = await openDashboard(t, { command: "server" });
    const names = Array.from({ length: 104 }, (_, i) => `lane-${i}`);
    await Promise.all(names.map((name) => client.configureArm(name, {})));
    await Promise.all(names.map((name) => client.setWorkflow({ definition: `name: ${name}\ntasks: { a: "true" }\n` })));
    for (const [path, label] of [
      ["arms", "Arms"],
      ["workflows", "Workflows"],
    ] as const) {
      await open(path);
      const rows = page.getByRole("list", { name: label, exact: true }).getByRole("listitem");
      await until(`the first ${label}`, async () => (await rows.count()) === 100);
      await page.getByRole("button", { name: /^Show \d+ more of/ }).click();
      await until(`all ${label}`, async () => (await rows.count()) >= 104);
    }
  });

  it("does not take a new arm for a change of one that is there", async (t) => {
    const { client, page, open } = await openDashboard(t, { command: "server" });
    await client.configureArm("builds", { maxParallel: 3, retries: 2 });
    await open("arms?new=1");
    const dialog = page.getByRole("dialog", { name: "New arm" });
    await dialog.getByLabel("Name", { exact: true }).fill("builds");
    await dialog.getByText("builds is there already").waitFor();
    await dialog.getByRole("button", { name: "Create arm" }).click();
    await dialog.getByLabel("Name", { exact: true }).fill("builds-2");
    await dialog.getByRole("button", { name: "Create arm" }).click();
    await page.getByRole("heading", { level: 1, name: /builds-2/ }).waitFor();
    const { maxParallel, retries } = (await client.arms()).find(({ name }) => name === "builds")!;
    assert.deepEqual([maxParallel, retries], [3, 2]);
  });
});
