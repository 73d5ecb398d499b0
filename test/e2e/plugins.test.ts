/** A plugin as a person brings it: uploaded, tried by its form, changed, compared, removed; and what else is looked up. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const CODE = `# /// octopus
# description: Counts words
# actions:
#   count:
#     description: Counts the words of a text
#     inputs:
#       type: object
#       required: [text]
#       properties:
#         text: { type: string, description: What is counted }
#         least: { type: integer, default: 1 }
# ///
def count(text, least=1):
    return {"words": len([word for word in text.split() if len(word) >= least])}
`;

const file = (name: string, text: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });

describe("plugins and settings", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let dashboard: Dashboard;
  let page: Page;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined });
    page = dashboard.page;
  });
  after(() => dashboard?.stop());

  it("a file becomes a plugin, and reaches the workers", async () => {
    await dashboard.open("plugins");
    await page.getByText("There are no plugins yet").waitFor();
    await page.getByRole("button", { name: "Upload the first one" }).click();
    const dialog = page.getByRole("dialog", { name: "Upload a plugin" });
    await dialog.locator("input[type=file]").first().setInputFiles(file("notes.txt", "nothing"));
    await dialog.getByText(/notes.txt is no code/).waitFor();
    await dialog.locator("input[type=file]").first().setInputFiles(file("words.py", CODE));
    assert.equal(await dialog.getByLabel("Name").inputValue(), "words");
    await dialog.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("heading", { level: 1, name: "words" }).waitFor();
    await page.getByRole("tab", { name: "Workers" }).click();
    await page.getByText("has version 1").waitFor();
  });

  it("it is called by the form of its action", async () => {
    await page.getByRole("tab", { name: /^Actions/ }).click();
    await page.getByRole("button", { name: "Try count" }).click();
    await page
      .getByText(/must be given|is missing|required|needed/i)
      .first()
      .waitFor();
    await page.getByLabel(/^text/).fill("one two three");
    await page.getByLabel(/^least/).fill("4");
    await page.getByRole("button", { name: "Try count" }).click();
    const outcome = page.getByRole("region", { name: "What became of it" });
    await outcome.getByText("succeeded").waitFor();
    await outcome.getByRole("group", { name: "Result" }).getByText("words").waitFor();
    const [task] = (await dashboard.client.tasks()).items;
    assert.deepEqual((await dashboard.client.task(task!.id)).result, { words: 1 });
  });

  it("a new version takes its place, and is compared with the one before", async () => {
    await page.getByRole("button", { name: "New version" }).click();
    const dialog = page.getByRole("dialog", { name: "New version of words" });
    await dialog
      .locator("input[type=file]")
      .first()
      .setInputFiles(file("words.py", CODE.replace("Counts words", "Counts longer words")));
    await dialog.getByRole("button", { name: "Publish version 2" }).click();
    await page.getByText("Counts longer words").first().waitFor();
    await page.getByRole("tab", { name: "Versions (2)" }).click();
    await page.getByRole("link", { name: "2 (newest)" }).waitFor();
    await page.getByRole("tab", { name: "Files" }).click();
    await page.getByRole("checkbox", { name: "Against version 1" }).check();
    await page.getByText("Counts longer words").nth(1).waitFor();
  });

  it("it is removed after a question that says whom it concerns", async () => {
    await page.getByRole("button", { name: "Remove" }).click();
    const question = page.getByRole("dialog", { name: "Remove words?" });
    await question.getByText(/One worker has it/).waitFor();
    await question.getByRole("button", { name: "Remove plugin" }).click();
    await page.getByText("There are no plugins yet").waitFor();
  });

  it("the audit log tells who did it", async () => {
    await dashboard.open("audit");
    await page.getByRole("row").filter({ hasText: "plugin.delete" }).getByText("local").waitFor();
    await page.getByRole("searchbox", { name: "Action" }).fill("plugin");
    await page.getByRole("button", { name: "refused" }).click();
    await page.getByText("Nothing like that was noted").waitFor();
    await page.waitForURL(/action=plugin&outcome=refused/);
  });

  it("a token's secret is shown once, and the token revoked after a question", async () => {
    await dashboard.open("settings?tab=tokens");
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("ci");
    await dialog.getByLabel("Good for").fill("soon");
    dashboard.expectTrouble(/422 .*\/tokens/);
    await dialog.getByRole("button", { name: "Create token" }).click();
    await dialog.getByText(/must be a duration|number with a unit/).waitFor();
    await dialog.getByLabel("Good for").fill("90d");
    await dialog.getByRole("button", { name: "Create token" }).click();
    await page.getByText(/^octo_/).waitFor();
    await page.getByRole("button", { name: "I have copied it" }).click();
    await page.getByText(/^octo_/).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Revoke ci" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke token" }).click();
    await page.getByRole("row").filter({ hasText: "ci" }).getByText("revoked").waitFor();
  });

  it("a command is judged before anybody submits it", async () => {
    await page.getByRole("tab", { name: "Command policy" }).click();
    await page.getByLabel("Command", { exact: true }).fill("rm -rf /");
    await page.getByRole("button", { name: "Judge it" }).click();
    await page.getByRole("region", { name: "Verdict" }).getByText("It is refused.").waitFor();
  });
});
