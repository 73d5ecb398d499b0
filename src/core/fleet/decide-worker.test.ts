import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";

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

test("a cancel that never arrived is repeated when the worker comes back", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({});
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: false });
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  core.connect("w", 1, { holds: [{ task: 1, attempt: 1 }] });
  assert.deepEqual(core.effects, [{ type: "CancelAttempt", worker: "w", task: 1, attempt: 1, reason: "cancelled" }]);
});

test("a worker that comes back with an attempt given up is told to kill it", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({});
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
  core.connect("w", 1, { holds: [{ task: 1, attempt: 1 }] });
  assert.deepEqual(core.effects, [{ type: "CancelAttempt", worker: "w", task: 1, attempt: 1, reason: "lost" }]);
});

test("what a worker says of another one's attempt changes nothing", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({});
  core.connect("liar", 1);
  const report = { outcome: "succeeded" } as const;
  const [reply] = core.turn({ type: "EndAttempt", worker: "liar", session: 2, task: 1, attempt: 1, report });
  assert.deepEqual(reply, { ok: true, ignored: true });
  assert.equal(core.state.counts.running, 1);
});

test("after a jump of the clock, workers get a third of their lease to be heard", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({});
  core.now += 3_600_000;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.running, 1);
  core.turn({ type: "WorkerAlive", worker: "w", session: 1 });
  core.now += core.leaseMs / 3;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.running, 1);
  core.now += core.leaseMs / 3;
  core.turn({ type: "Tick" });
  core.now += core.leaseMs / 3;
  core.turn({ type: "Tick" });
  assert.equal(core.state.workers.size, 0, "and no more than that");
});

test("a worker that says anew what it offers keeps what it was handed", () => {
  const core = new Harness();
  core.connect("w", 3);
  core.submit({}, {});
  const offer = { session: 1, holds: undefined, functions: ["g"] };
  core.connect("w", 3, offer);
  assert.deepEqual(core.said(), ["WorkerJoined"]);
  assert.deepEqual([...core.state.workers.get("w")!.functions], ["g"]);
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: false });
  core.connect("w", 3, offer);
  assert.deepEqual(core.said(), [], "the connection that it was said on is gone");
});
