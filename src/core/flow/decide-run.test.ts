/** Runs with a planner, runs with a deadline, and what the two make of each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { NewRun } from "../command.ts";
import type { RunEnded, RunPlanned } from "../runs/events.ts";

function start(core: Harness, more: Partial<NewRun>): number {
  const [reply] = core.turn({ type: "SubmitRun", workflow: "w", tasks: [], ...more });
  assert.ok(reply?.ok);
  return reply.run!;
}

function ended(core: Harness): RunEnded["state"] | undefined {
  return core.events.find((event): event is RunEnded => event.type === "RunEnded")?.state;
}

function planned(core: Harness): RunPlanned | undefined {
  return core.events.find((event): event is RunPlanned => event.type === "RunPlanned");
}

test("a planned run goes on until its planner has said how it ends, and then until its last task has ended", () => {
  const core = new Harness();
  core.connect("w", 5);
  const run = start(core, { planner: "p" });
  assert.equal(core.state.runCounts.queued, 1, "it has no tasks and is not over");
  core.turn({ type: "AdvanceRun", run, tasks: [newTask({ name: "a" }), newTask({ name: "b" })] });
  core.end(1);
  core.turn({ type: "AdvanceRun", run, tasks: [], end: { state: "partial", result: "{}" } });
  assert.deepEqual([planned(core)?.state, ended(core)], ["partial", undefined]);
  core.turn({ type: "AdvanceRun", run, tasks: [newTask({ name: "c" })] });
  assert.deepEqual(core.said(), [], "what is planned is planned");
  core.end(2, "failed");
  assert.equal(ended(core), "partial");
  assert.equal(core.state.runs.size, 0);
});

test("tasks that are not needed any more are cancelled in the batch that ends the run", () => {
  const core = new Harness();
  const run = start(core, { planner: "p", tasks: [newTask({ name: "a" }), newTask({ name: "b" })] });
  core.turn({
    ...{ type: "AdvanceRun", run, tasks: [], end: { state: "succeeded" } },
    cancel: [1, 2].map((task) => ({ task, reason: "enough" })),
  });
  assert.equal(ended(core), "succeeded");
  assert.equal(core.state.counts.cancelled, 2);
});

test("a planner that names neither tasks nor an end, while nothing is open, fails its run", () => {
  const core = new Harness();
  const run = start(core, { planner: "p" });
  core.turn({ type: "AdvanceRun", run, tasks: [] });
  assert.equal(ended(core), "failed");
  assert.match(planned(core)?.reason ?? "", /planner p says neither/);
});

test("a cancelled planned run takes no more tasks, and its planner still says how it ends", () => {
  const core = new Harness();
  core.connect("w", 1);
  const run = start(core, { planner: "p", tasks: [newTask({})] });
  core.turn({ type: "CancelRun", run, reason: "no", tasks: [1] });
  core.turn({ type: "AdvanceRun", run, tasks: [newTask({})] });
  assert.deepEqual(core.said(), []);
  core.end(1, "cancelled");
  assert.equal(ended(core), undefined);
  core.turn({ type: "AdvanceRun", run, tasks: [], end: { state: "cancelled", result: '{"spent":1}' } });
  assert.equal(ended(core), "cancelled");
});

test("a run whose time is over cancels what is left, from the leaves up, and has failed", () => {
  const core = new Harness();
  core.connect("w", 1);
  const chain = [newTask({}), newTask({ needsEarlier: [0] }), newTask({ needsEarlier: [1] })];
  start(core, { tasks: chain, timeoutMs: 1000 });
  core.now += 999;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), []);
  core.now += 1;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), ["RunTimedOut", "TaskEnded t3", "TaskEnded t2", "CancelRequested t1"]);
  core.end(1, "cancelled");
  assert.equal(ended(core), "failed");
  assert.equal(core.state.counts.upstream_failed, 0);
});

test("a planned run whose time is over takes no more tasks; without a word of its planner it has failed", () => {
  const core = new Harness();
  const run = start(core, { planner: "p", tasks: [newTask({})], timeoutMs: 1000 });
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), ["RunTimedOut", "TaskEnded t1"]);
  core.turn({ type: "AdvanceRun", run, tasks: [newTask({})] });
  assert.equal(ended(core), "failed");
  assert.equal(planned(core)?.reason, "ran out of time");
});

test("a run that ended in time is left alone when that time comes", () => {
  const core = new Harness();
  core.connect("w", 1);
  start(core, { tasks: [newTask({})], timeoutMs: 1000 });
  core.end(1);
  assert.equal(ended(core), "succeeded");
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), []);
});

test("a retry opens a planned run again: its planner decides afresh, without a deadline", () => {
  const core = new Harness();
  core.connect("w", 1);
  const run = start(core, { planner: "p", tasks: [newTask({})], timeoutMs: 1000 });
  core.end(1, "failed");
  core.turn({ type: "AdvanceRun", run, tasks: [], end: { state: "failed" } });
  const before = { run, workflow: "w", state: "failed", counts: { failed: 1 }, planner: "p" } as const;
  const task = { task: 1, definition: { ...newTask({}), needs: undefined, run }, state: "failed", attempt: 1 } as const;
  core.turn({ type: "RetryTask", task, dependents: [], children: [], run: before });
  core.now += 5000;
  core.turn({ type: "Tick" });
  core.end(1);
  assert.equal(ended(core), undefined);
  core.turn({ type: "AdvanceRun", run, tasks: [], end: { state: "succeeded" } });
  assert.equal(ended(core), "succeeded");
});

test("a run that a person has cancelled is cancelled, also when its time comes while it stops", () => {
  const core = new Harness();
  core.connect("w", 1);
  const run = start(core, { tasks: [newTask({})], timeoutMs: 1000 });
  core.turn({ type: "CancelRun", run, reason: "no", tasks: [1] });
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), []);
  core.end(1, "cancelled");
  assert.equal(ended(core), "cancelled");
});
