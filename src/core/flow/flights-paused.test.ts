/** Equal tasks one of which belongs to a run that is paused. The harness replays every turn and checks every index. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness } from "../../../test/sim/graph-harness.ts";

const cached = () => ({ asks: { cache: { hash: "h", ttlMs: 0 } } });

test("nobody waits for the result of a task that may not start", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  core.start({ first: cached() });
  core.start({ second: cached() });
  core.start({ third: cached() });
  assert.deepEqual(core.running(), ["first"]);
  for (const run of [1, 2]) core.turn({ type: "PauseRun", run, paused: true });
  core.end(core.seq("first"), "interrupted");
  assert.deepEqual(core.running(), ["third"], "the second is of a paused run, too");
  core.turn({ type: "PauseRun", run: 1, paused: false });
  assert.deepEqual(core.running(), ["third"]);
  core.done("third");
  assert.deepEqual(core.states(), { first: "succeeded", second: "queued", third: "succeeded" });
  core.turn({ type: "PauseRun", run: 2, paused: false });
  assert.deepEqual(core.running(), ["second"]);
});
