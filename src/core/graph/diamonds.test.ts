/** Two needs of one task that end in one turn, the second because of the first: each has its say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness } from "../../../test/sim/graph-harness.ts";

for (const trigger of [undefined, "none_failed"] as const) {
  test(`with ${trigger ?? "the usual trigger"}, a task does not go before the ends that its needs cause are known`, () => {
    const core = new GraphHarness();
    core.connect("w", 9);
    core.start({
      first: {},
      // It ends at once, and badly for whoever needs it, when the first has succeeded.
      second: { needs: ["first"], node: { trigger: "any_failed" } },
      third: { needs: ["second"], node: {} },
      last: { needs: ["third", "first"], node: { trigger } },
    });
    core.done("first");
    assert.deepEqual(core.states("second", "third"), { second: "skipped", third: "skipped" });
    assert.equal(core.at("last"), trigger === undefined ? "skipped" : "running");
  });
}

test("the same where the second has failed because of the first", () => {
  const core = new GraphHarness();
  core.connect("w", 9);
  core.start({
    first: { node: { allow: true } },
    second: { needs: ["first"], node: { trigger: "any_succeeded" } },
    last: { needs: ["second", "first"], node: { trigger: "none_failed" } },
  });
  core.fail("first");
  assert.deepEqual(core.states("second", "last"), { second: "upstream_failed", last: "upstream_failed" });
});
