/** Every page of the dashboard, in both themes: it shows, has no fault that axe finds, and complains about nothing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { BROWSER } from "./dashboard.ts";
import { shown } from "./shown.ts";
import { openWorld, pagesOf, type World } from "./seed/world.ts";
import { SUITE_MS_MAX } from "../machine.ts";

/** Stands for the runs of the world before there are any: only the names are asked for. */
const NO_RUNS = { failed: "", asking: "", wide: "", running: "" };
/** What can differ where only the colours do. */
const RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"];

describe("every page", { ...BROWSER, timeout: SUITE_MS_MAX }, () => {
  let world: World;
  before(async () => {
    world = await openWorld({ after: () => undefined }, { args: ["--no-demo"] });
    // What is not there is told so by the server.
    world.dashboard.expectTrouble(/status of 404 .*\/there-is-none/);
  });
  after(() => world?.dashboard.stop());

  for (const name of Object.keys(pagesOf(NO_RUNS)))
    it(`${name}: axe finds nothing to mend, in both themes`, async () => {
      const page = await world.dashboard.open(pagesOf(world)[name]);
      await shown(page);
      const faults = await faultsOf(page);
      await page.emulateMedia({ colorScheme: "dark" });
      const inTheDark = await faultsOf(page, RULES_OF_COLOUR);
      await page.emulateMedia({ colorScheme: "light" });
      const found = [...faults, ...inTheDark.map((fault) => `in the dark: ${fault}`)];
      assert.equal(found.length, 0, `\n${found.join("\n")}`);
    });
});

/** Without a page of its own for the report, and without all that is right: both take ten times as long as the look. */
async function faultsOf(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const only = rules && { runOnly: { type: "rule" as const, values: rules } };
  const { violations } = await axe.options({ resultTypes: ["violations"], ...only }).analyze();
  return violations.map(({ id, help, nodes }) => {
    const where = nodes
      .slice(0, 3)
      .map(
        ({ html, any, failureSummary = "" }) => `${html.slice(0, 160)}\n        ${any[0]?.message ?? failureSummary}`,
      );
    return `${id}: ${help}\n    ${where.join("\n    ")}`;
  });
}
