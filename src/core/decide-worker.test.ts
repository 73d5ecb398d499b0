import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../test/sim/core-harness.ts";

test("tasks of a worker that vanished start again in their old order, before newer ones", () => {
  const core = new Harness();
  core.connect("w", 3);
  core.submit({}, {}, {}, {});
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
  core.connect("v", 1);
  assert.deepEqual(core.said(), ["WorkerJoined", "AttemptStarted t1"]);
  core.end(1);
  assert.deepEqual(core.said(), ["AttemptEnded t1", "AttemptStarted t2"]);
});

test("a task whose time passed while it ran expires when it is taken back", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({ expiresAt: core.now + 10 });
  core.now += 20;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.running, 1);
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
  assert.equal(core.state.counts.expired, 1);
});
