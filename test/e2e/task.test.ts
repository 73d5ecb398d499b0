/** The page of a task and its log: watched while it runs, read when it is long, and harmless whatever it holds. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Locator, Page } from "playwright-core";
import { BROWSER, type Dashboard, openDashboard, until } from "./dashboard.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const LIMITS = { ...BROWSER, timeout: SUITE_MS_MAX };

/** Prints until it is told to stop. */
const TICKS = "i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo tick $i; sleep 0.05; done";
/** All that must stay without effect. The marks stand in octal: that is what every shell's printf knows. */
const HOSTILE = String.raw`printf '<script>window.caught=1</script><img src=x onerror="window.caught=2">\n'
printf '\033[31mred\033[0m \033]0;title\007\033[2J\033]8;;javascript:window.caught=3\033\\link\033]8;;\033\\ end\n'
printf 'user\342\200\256txt.exe zero\342\200\213width\n'
printf 'bytes \377\376 and \303\n'
printf 'bell \007 null \000 end\n'
printf '10%%\r60%%\r100%%\n'
head -c 1048576 /dev/zero | tr '\0' x; echo
echo "TypeError: it broke" >&2
exit 3`;
const NAME = `<b onmouseover="window.caught=4">bold</b> \u202egnp.exe \u001b[31mred`;
const LINES = 200_000;

describe("the page of a task", LIMITS, () => {
  let dashboard: Dashboard;
  let page: Page;
  before(async () => {
    dashboard = await openDashboard({ after: () => undefined }, { args: ["--no-demo", "--slots", "4"] });
    page = dashboard.page;
    page.on("dialog", (dialog) => assert.fail(`a dialog was opened: ${dialog.message()}`));
    await dashboard.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  });
  after(() => dashboard.stop());

  const log = (id: string): Locator => page.getByRole("region", { name: `Output of ${id}` });
  const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

  it("follows what a task prints, stops when one reads, goes on, and cancels it", async () => {
    const { id } = await dashboard.client.submitAlone({ id: "ticker", shell: TICKS });
    await dashboard.open(`tasks/${id}`);
    await page.getByRole("heading", { level: 1 }).getByText("running").waitFor();
    // The newest lines: which these are depends on how quick the page was.
    await page
      .getByText(/^tick \d+$/)
      .first()
      .waitFor();
    await page.getByRole("tab", { name: "Log" }).click();
    await page.getByText("Following").waitFor();
    await page
      .getByText(/^tick [1-9]\d\d$/)
      .first()
      .waitFor();
    await log(id).hover();
    await page.mouse.wheel(0, -400);
    const goOn = page.getByRole("button", { name: /Paused: follow again/ });
    await goOn.waitFor();
    await atRest(log(id));
    const read = await log(id)
      .getByText(/^tick \d+$/)
      .last()
      .innerText();
    const { lastLine } = await dashboard.client.logTail(id, 1);
    for await (const news of dashboard.client.logNews([id])) if (news.lastLine > lastLine + 20) break;
    assert.equal(
      await log(id)
        .getByText(/^tick \d+$/)
        .last()
        .innerText(),
      read,
      "what is read stays where it is",
    );
    await goOn.click();
    await page.getByText("Following").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await page.getByRole("heading", { level: 1 }).getByText("cancelled").waitFor();
    await page.getByRole("button", { name: "Retry" }).waitFor();
  });

  it("says why a task waits, and what ends it is a button there", async () => {
    await dashboard.client.configureArm("narrow", { maxParallel: 1 });
    const holder = await dashboard.client.submitAlone({ id: "holder", arm: "narrow", shell: "sleep 300" });
    await dashboard.client.submitAlone({ id: "waiter", arm: "narrow", shell: "echo it ran" });
    await dashboard.open("tasks/waiter");
    await page.getByText("Arm narrow is full: 1 of 1 running: holder.").waitFor();
    await page.getByRole("button", { name: "Raise its limit" }).click();
    await page.getByRole("textbox", { name: "Tasks of arm narrow at once" }).waitFor();
    await page.getByText("now 1").waitFor();
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByRole("heading", { level: 1 }).getByText("succeeded").waitFor();
    await page.getByText("it ran", { exact: true }).waitFor();
    await dashboard.client.cancelTask(holder.id);
  });

  it("shows what strangers wrote, and does nothing of it", async () => {
    await dashboard.client.submitAlone({
      id: "evil",
      name: NAME,
      shell: { command: HOSTILE, env: { X: "<i>\u202e\u0007" } },
    });
    await dashboard.client.waitTask("evil");
    await dashboard.open("tasks/evil?tab=log");
    await page.getByText(`<script>window.caught=1</script><img src=x onerror="window.caught=2">`).waitFor();
    const shown = await page.getByRole("region", { name: /^Output of/ }).innerText();
    for (const text of [
      "red link end",
      "user⟨U+202E⟩txt.exe zero⟨U+200B⟩width",
      String.raw`bytes \xff\xfe and \xc3`,
      String.raw`bell \x07 null \x00 end`,
      "100%",
      "err",
      "TypeError: it broke",
    ])
      assert.ok(shown.includes(text), `${text} in ${shown.slice(0, 400)}`);
    assert.ok(!shown.includes("60%"), "a progress bar shows its last state only");
    assert.equal(await page.getByRole("link", { name: "link" }).count(), 0, "a link of a log is none");
    await page.getByRole("button", { name: /more characters/ }).click();
    await page.getByRole("dialog").getByText("1,048,576 characters").waitFor();
    await page.getByRole("button", { name: "Show 50,000 more characters" }).click();
    await page.keyboard.press("Escape");
    for (const tab of ["Overview", "Input", "Result", "Files", "Copy as"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel", { name: tab }).waitFor();
    }
    assert.match(
      await page.getByRole("heading", { level: 1 }).innerText(),
      /<b onmouseover=.*⟨U\+202E⟩gnp\.exe \\x1b\[31mred/,
    );
    assert.equal(
      await page.evaluate(() => (window as { caught?: number }).caught),
      undefined,
      "nothing was carried out",
    );
  });

  it("stays at hand when it is long: goes to lines, finds, copies", async () => {
    const shell = {
      command: `seq -f 'line %.0f of many' 1 ${LINES}; echo 'fatal: the disk is gone'; seq 1 100`,
      maxOutput: "64MB",
    };
    await dashboard.client.submitAlone({ id: "long", shell });
    await dashboard.client.waitTask("long");
    await dashboard.open("tasks/long?tab=log&line=150000-150002");
    await page.getByText("line 150000 of many", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Copy 3 lines" }).click();
    await page.getByText("Copied 3 lines.").waitFor();
    assert.equal(await copied(), "line 150000 of many\nline 150001 of many\nline 150002 of many\n");
    await page.getByRole("button", { name: "Line 150004", exact: true }).click({ modifiers: ["Shift"] });
    await page.waitForURL(/line=150000-150004/);
    await page.getByRole("button", { name: "First error" }).click();
    await page.getByText("fatal: the disk is gone", { exact: true }).waitFor();
    await page.getByRole("main").press("/");
    await page.keyboard.type("line 19999");
    await page.getByText("11 lines", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("1 of 11").waitFor();
    await page.getByRole("button", { name: "Line 19999", exact: true }).waitFor();
    await page.keyboard.press("Shift+Enter");
    await page.getByText("11 of 11").waitFor();
    await page.getByRole("button", { name: "Line 199999", exact: true }).waitFor();
    await page.waitForURL(/find=line\+19999/);
    assert.ok(
      (await log("long")
        .getByRole("button", { name: /^Line \d+$/ })
        .count()) < 200,
      "only what is near is there",
    );
    // The window of the newest lines was once as high as the log, so that a page of 100,000 lines stood still.
    await dashboard.open("tasks/long");
    await page.getByText("100", { exact: true }).first().waitFor();
    const box = await log("long").boundingBox();
    assert.ok(
      box !== null && box.height < 400,
      `the newest lines stand in a small window, not in one of ${box?.height}`,
    );
    await page.setViewportSize({ width: 375, height: 800 });
    await page.getByText("of attempt 1").first().waitFor({ state: "attached" });
    await until("the page to be no wider than that", () =>
      page.evaluate(() => document.documentElement.scrollWidth === 375),
    );
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("tries again with other input, and tells what each attempt printed", async () => {
    const shell = { command: "echo city is $CITY; test $CITY = Oslo", env: { CITY: "Bergen" } };
    await dashboard.client.submitAlone({ id: "trip", shell });
    await dashboard.client.waitTask("trip");
    await dashboard.open("tasks/trip");
    await page.getByText("city is Bergen").waitFor();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Retry with other input" }).click();
    const editor = page.getByRole("textbox", { name: "Input as JSON" });
    await editor.fill('{"CITY": "Oslo"}');
    await page.getByRole("dialog").getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByRole("heading", { level: 1 }).getByText("succeeded").waitFor();
    await page.getByText("city is Oslo").waitFor();
    await page.getByRole("link", { name: "log of attempt 1" }).click();
    await page.getByText("city is Bergen").waitFor();
    await page.getByRole("combobox", { name: "Attempt" }).selectOption({ label: "Attempt 2" });
    await page.getByText("city is Oslo").waitFor();
  });

  it("shows logs side by side", async () => {
    await dashboard.open("logs");
    await page.getByRole("button", { name: /trip/ }).click();
    await page.getByRole("button", { name: "Add a log" }).click();
    await page.getByRole("button", { name: /waiter/ }).click();
    await page.getByRole("region", { name: "Log of trip" }).getByText("city is Oslo", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Log of waiter" }).getByText("it ran", { exact: true }).waitFor();
    assert.match(page.url(), /tasks=trip,waiter/);
  });
});

/** Until a turn of the wheel has come to its end, which a browser draws out over several frames. */
async function atRest(box: Locator): Promise<void> {
  await box.evaluate(async (element) => {
    for (let still = 0, before = -1; still < 10; before = element.scrollTop) {
      await new Promise(requestAnimationFrame);
      still = element.scrollTop === before ? still + 1 : 0;
    }
  });
}
