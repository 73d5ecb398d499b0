/** Runs as a person meets them: seen as graph, waterfall and list, failed and mended, asked, paused, walked through by keys. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const RELEASE = `name: release
params:
  target: { type: string, default: staging }
tasks:
  checkout: echo out
  unit:
    needs: checkout
    each: [a, b, c]
    shell: echo "$OCTOPUS_ITEM"
  build: { needs: checkout, shell: "echo building; test -e ready" }
  smoke:
    needs: checkout
    workflow:
      name: smoke
      tasks:
        one: echo one
        two: { needs: one, shell: echo two }
  agree:
    needs: [build, unit, smoke]
    approval: Ship to \${{ params.target }}?
  ship: { needs: agree, shell: "echo shipped to $OCTOPUS_PARAM_target" }
`;
const FAN = `name: fan
tasks:
  start: { approval: "Begin?" }
${Array.from({ length: 1998 }, (_, i) => `  shard_${i}: { needs: start, shell: "true" }`).join("\n")}
  join: { needs: start, shell: "true" }
`;

describe("runs", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  let release: string;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo"] });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());

  const start = async (definition: string): Promise<string> =>
    (await dashboard.client.submitRun({ definition, cwd: dashboard.place.dir })).id;
  const tab = (name: string) => page.getByRole("tab", { name });
  const badge = (text: string | RegExp) => page.getByRole("heading", { level: 1 }).getByText(text);
  const graph = () => page.getByRole("application", { name: /^Graph of/ });
  const panel = () => page.getByRole("complementary", { name: "The selected task" });
  const row = (name: RegExp) => page.getByRole("treegrid").getByRole("row", { name });
  const selected = (): string | null => new URL(page.url()).searchParams.get("task");
  const assertNoFaults = async (): Promise<void> => {
    const { violations } = await new AxeBuilder({ page }).include("main").setLegacyMode(true).analyze();
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`),
      [],
    );
  };

  it("an empty list says what a run is; a run appears in it by itself", async () => {
    await dashboard.open("runs");
    await page.getByText("Nothing has run yet").waitFor();
    release = await start(RELEASE);
    await page.getByRole("grid", { name: "Runs" }).getByRole("link", { name: release }).click();
    await page.getByRole("heading", { level: 1, name: new RegExp(`${release} release`) }).waitFor();
  });

  it("a failure is seen in the graph, its output beside it, and mended by a retry of what failed", async () => {
    await badge("failed").waitFor();
    await graph().getByText("build", { exact: true }).click();
    await panel().getByRole("heading", { name: "build" }).waitFor();
    await panel().getByText("exited with code 1").first().waitFor();
    await panel().getByText("building", { exact: true }).waitFor();
    writeFileSync(join(dashboard.place.dir, "ready"), "");
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByRole("menuitem", { name: /From what failed/ }).click();
    await panel().getByText("succeeded").first().waitFor();
    await page
      .getByRole("region", { name: /Questions/ })
      .getByText("Ship to staging?")
      .waitFor();
  });

  it("one selection is shared by graph, waterfall and list, and stands in the address", async () => {
    const build = selected();
    assert.ok(build !== null);
    await tab("Waterfall").click();
    await page.getByRole("treegrid", { name: /^Waterfall/ }).waitFor();
    assert.equal(await row(/ build /).getAttribute("aria-selected"), "true");
    await tab("List").click();
    assert.equal(await row(/ build /).getAttribute("aria-selected"), "true");
    assert.equal(selected(), build);
    await page.reload();
    await panel().getByRole("heading", { name: "build" }).waitFor();
    await assertNoFaults();
  });

  it("what holds others unfolds in place, by keys, in every view", async () => {
    const list = page.getByRole("treegrid");
    await list.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("j");
    await panel().getByRole("heading", { name: "unit" }).waitFor();
    await page.keyboard.press("ArrowRight");
    await row(/unit\[1\]/).waitFor();
    await page.keyboard.press("2");
    await page.getByRole("treegrid", { name: /^Waterfall/ }).waitFor();
    await row(/unit\[1\]/).waitFor();
    await page.getByRole("treegrid").focus();
    await row(/smoke/).click();
    await panel().getByRole("button", { name: "Unfold its run" }).click();
    await row(/two/).waitFor();
    await assertNoFaults();
    await page.keyboard.press("1");
    await graph().getByText("unit[1]").waitFor();
    await graph().getByText("two", { exact: true }).waitFor();
  });

  it("arrow keys walk along the edges of the graph, Enter opens, and Back leads to the same place", async () => {
    await page.getByRole("button", { name: "Fold all" }).click();
    await page.getByRole("button", { name: "Show all of it" }).click();
    await graph().getByText("checkout", { exact: true }).click();
    await panel().getByRole("heading", { name: "checkout" }).waitFor();
    await graph().focus();
    await page.keyboard.press("ArrowRight");
    await panel()
      .getByRole("heading", { level: 2, name: /^(unit|build|smoke)$/ })
      .waitFor();
    await page.keyboard.press("ArrowLeft");
    await panel().getByRole("heading", { name: "checkout" }).waitFor();
    const place = page.url();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ui\/tasks\//);
    await page.goBack();
    await panel().getByRole("heading", { name: "checkout" }).waitFor();
    assert.equal(page.url(), place);
    await graph().focus();
    await page.keyboard.press("Escape");
    await panel().waitFor({ state: "detached" });
  });

  it("a question is answered with a note, and the run ends green", async () => {
    const question = page.getByRole("region", { name: /Questions/ });
    await question.getByLabel("Note").fill("tried it");
    await question.getByRole("button", { name: "Approve" }).click();
    await badge("succeeded").waitFor();
    await question.waitFor({ state: "detached" });
    await graph().getByText("agree", { exact: true }).click();
    await panel()
      .getByText(/approved.*: tried it/)
      .waitFor();
  });

  it("all of it is done again with other params; what was typed stays while it is wrong", async () => {
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByRole("menuitem", { name: /With other params/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Do again").selectOption({ label: "all of it" });
    // What the run's own text says of its params is a form, filled with what the run has.
    assert.equal(await dialog.getByRole("textbox", { name: "target" }).inputValue(), "staging");
    await dialog.getByRole("button", { name: "JSON", exact: true }).click();
    const json = dialog.getByRole("textbox", { name: "Params as JSON" });
    await json.fill('{"target": "pro');
    await dialog.getByText(/The JSON cannot be read/).waitFor();
    await json.fill('{"taget": "production"}');
    await dialog.getByText(/has the unknown name "taget"/).waitFor();
    assert.match(await json.innerText(), /"taget": "production"/);
    await json.fill('{"target": "elsewhere"}');
    await dialog.getByRole("button", { name: "Form", exact: true }).click();
    await dialog.getByRole("textbox", { name: "target" }).fill("production");
    await dialog.getByRole("button", { name: "Retry with 1 changed" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Ship to production?").first().waitFor();
  });

  it("a run is paused, resumed and cancelled, after a question that says how many tasks end", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await badge(/paused/).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await badge(/paused/).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Cancel", exact: true }).first().click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Cancel 2 tasks$/ })
      .click();
    await badge("cancelled").waitFor();
  });

  it("two thousand tasks are three nodes at first, all of them when asked, and a filter finds one", async () => {
    const fan = await start(FAN);
    await dashboard.open(`runs/${fan}`);
    await graph().getByText("× 1998").waitFor();
    await page.getByRole("button", { name: "Show all 2,000" }).click();
    await graph()
      .getByText(/^shard_\d+$/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Fold into groups" }).click();
    await graph().getByText("× 1998").click();
    await panel()
      .getByRole("button", { name: / shard_7$/ })
      .click();
    await tab("List").click();
    await page.getByLabel("Find a task").fill("shard_1234");
    await row(/shard_1234/).waitFor();
    assert.equal(await page.getByRole("treegrid").getAttribute("aria-rowcount"), "1");
    await dashboard.client.cancelRun(fan);
  });

  it("the definition that the run used is there, and its params", async () => {
    await dashboard.open(`runs/${release}?tab=definition`);
    await page.getByText("Ship to ${{ params.target }}?").waitFor();
    await tab("Params and result").click();
    await page.getByText("production").waitFor();
  });
});
