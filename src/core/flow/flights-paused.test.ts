/** Equal tasks one of which belongs to a run that is paused, or has ended as a person said. The harness replays every turn and checks every index. */
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

test("a task that is marked as succeeded has no result for those that wait for one", () => {
  const core = new GraphHarness();
  core.connect("w", 1);
  core.start({ other: {}, first: cached(), second: cached(), third: cached() });
  assert.deepEqual(core.running(), ["other"]);
  core.mark("first", "succeeded");
  core.done("other");
  assert.deepEqual(core.running(), ["second"]);
  core.mark("second", "succeeded");
  assert.deepEqual(core.states("first", "second"), { first: "succeeded", second: "succeeded" });
  assert.deepEqual(core.running(), ["third"]);
});

test("a task whose files cannot be read has failed with leave when it has leave to fail", () => {
  const core = new GraphHarness();
  core.connect("w", 1);
  const asks = { cache: { hash: "h", ttlMs: 0, files: ["gone"] } };
  core.start({ reads: { asks, node: { allow: true } }, next: { needs: ["reads"] } });
  core.turn({ type: "KeyCache", task: core.seq("reads"), key: "", failed: "there is no such file" });
  assert.deepEqual([core.at("reads"), core.allowed("reads"), core.running()], ["failed", true, ["next"]]);
});
