/** Workflows as a person meets them: written in the editor, run by a form, looked at run by run, compared with before. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const DEFINITION = `name: greeting
description: Greets somebody.
params:
  who: { type: string, required: true, description: Who is greeted }
  times: { type: integer, default: 2, minimum: 1, maximum: 5 }
tasks:
  prepare: echo ready
  greet: { needs: prepare, shell: echo "$OCTOPUS_PARAM_who" }
`;

describe("workflows", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo"] });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());

  const editor = () => page.getByRole("textbox", { name: /^Definition / });
  const replaceAll = async (text: string): Promise<void> => {
    await editor().click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(text);
  };
  const tab = (name: RegExp | string) => page.getByRole("tab", { name });
  const grid = () => page.getByRole("grid", { name: /against its tasks/ });
  const shownPath = (): string => new URL(page.url()).pathname;

  it("a new one is written: the mistake is shown at its line, mended, drawn and saved", async () => {
    await dashboard.open("workflows");
    await page.getByText("No workflow is registered").waitFor();
    await page.getByRole("main").getByRole("button", { name: "New workflow" }).first().click();
    await editor().waitFor();
    await replaceAll(DEFINITION.replace("needs: prepare", "neds: prepare"));
    const problem = page.getByRole("button", { name: /line 8 .*unknown key "neds".*did you mean needs/ });
    await problem.waitFor();
    const save = page.getByRole("button", { name: /^Save/ });
    await page.waitForFunction((one) => one.matches(":disabled"), await save.elementHandle());
    await problem.click();
    await page.waitForFunction(() => document.activeElement?.closest(".cm-editor") !== null);
    // What was written is still there when the page is loaded anew.
    await page.reload();
    await problem.waitFor();
    await replaceAll(DEFINITION);
    await page.getByText("Valid", { exact: true }).waitFor();
    await page.getByText("2 tasks, at most 1 at once").waitFor();
    await page.getByRole("application", { name: /Tasks and what they need/ }).waitFor();
    await page.getByRole("button", { name: "Save as greeting" }).click();
    await page.getByRole("heading", { level: 1, name: "greeting" }).waitFor();
    await page.getByText("It has never run").waitFor();
  });

  it("it is run by a form that says what is wrong, and appears in the grid", async () => {
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Run greeting" });
    await dialog.getByRole("textbox", { name: "who" }).waitFor();
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await dialog.getByText("is needed").waitFor();
    await dialog.getByLabel("times").fill("9");
    await dialog.getByText(/at most 5/).waitFor();
    await dialog.getByLabel("times").fill("3");
    await dialog.getByRole("textbox", { name: "who" }).fill("Ada");
    await dialog.getByRole("button", { name: "JSON" }).click();
    assert.match(await dialog.getByRole("textbox", { name: "Params as JSON" }).innerText(), /"times": 3/);
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/ui\/runs\/r\d+/);
    const id = shownPath().split("/").at(-1)!;
    const run = await dashboard.client.waitRun(id);
    assert.deepEqual([run.state, run.params], ["succeeded", { who: "Ada", times: 3 }]);
    await dashboard.open("workflows/greeting");
    await grid()
      .getByRole("gridcell", { name: /greet in r\d+: succeeded/ })
      .waitFor();
    await grid()
      .getByRole("columnheader", { name: new RegExp(`Run ${id} succeeded`) })
      .waitFor();
  });

  it("keys move over the grid, and Enter opens what the cursor is on", async () => {
    const { id } = await dashboard.client.runWorkflow("greeting", { params: { who: "Bo" } });
    await dashboard.client.waitRun(id);
    await grid()
      .getByRole("gridcell", { name: `greet in ${id}: succeeded` })
      .waitFor();
    await grid().focus();
    const active = async (): Promise<string | null> =>
      page.evaluate(() => {
        const held = document.activeElement?.getAttribute("aria-activedescendant");
        return held == null ? null : (document.getElementById(held)?.getAttribute("aria-label") ?? null);
      });
    assert.match((await active())!, new RegExp(`^prepare in ${id}`));
    await page.keyboard.press("ArrowDown");
    assert.match((await active())!, new RegExp(`^greet in ${id}`));
    await page.keyboard.press("ArrowRight");
    assert.doesNotMatch((await active())!, new RegExp(` in ${id}`));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    assert.match((await active())!, new RegExp(`^Run ${id}`));
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ui\/tasks\//);
    await dashboard.open("workflows/greeting?task=prep");
    await grid()
      .getByRole("gridcell", { name: /^prepare/ })
      .first()
      .waitFor();
    assert.equal(
      await grid()
        .getByRole("gridcell", { name: /^greet/ })
        .count(),
      0,
      "rows are filtered",
    );
  });

  it("it is changed, and its two versions are compared", async () => {
    await dashboard.open("workflows/greeting?tab=definition");
    await editor().waitFor();
    await replaceAll(DEFINITION.replace("echo ready", "echo steady"));
    await tab(/Definition, changed/).waitFor();
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByText("greeting was saved").waitFor();
    await page.getByText("As it is registered").waitFor();
    await tab("Versions").click();
    await page.getByRole("heading", { name: "2 versions" }).waitFor();
    const diff = page.getByRole("region", { name: /What is different between/ });
    await diff.getByText("echo ready").first().waitFor();
    await diff.getByText("echo steady").first().waitFor();
  });

  it("a save over what somebody else has saved is held back, and nothing written is lost", async () => {
    await dashboard.open("workflows/greeting?tab=definition");
    await editor().waitFor();
    await replaceAll(`${DEFINITION}# mine\n`);
    await tab(/Definition, changed/).waitFor();
    await dashboard.client.setWorkflow({ definition: `${DEFINITION}# theirs\n` });
    await page.getByText(/was saved by somebody else/).waitFor();
    assert.equal(await page.getByRole("button", { name: "Save", exact: true }).isDisabled(), true);
    assert.match(await editor().innerText(), /# mine/);
    await page.getByRole("button", { name: "Show the difference" }).click();
    const dialog = page.getByRole("dialog", { name: "Two texts of greeting" });
    await dialog.getByText("# theirs").first().waitFor();
    await dialog.getByRole("button", { name: "Back to the text" }).click();
    await page.getByRole("button", { name: "Go on with mine" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("As it is registered").waitFor();
    assert.match((await dashboard.client.workflow("greeting")).definition, /# mine/);
  });

  it("it is removed when its name is typed", async () => {
    // The page may ask for it once more between the removal and the way to the list.
    dashboard.expectTrouble(/status of 404 .*\/workflows\/greeting/);
    await dashboard.open("workflows/greeting?tab=settings");
    await page.getByRole("button", { name: "Remove the workflow" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove greeting?" });
    const sure = dialog.getByRole("button", { name: "Remove greeting" });
    assert.equal(await sure.isDisabled(), true);
    await dialog.getByRole("textbox", { name: /Type greeting/ }).fill("greeting");
    await sure.click();
    await page.getByText("No workflow is registered").waitFor();
    assert.deepEqual(await dashboard.client.workflows(), []);
  });
});
