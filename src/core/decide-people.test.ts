import assert from "node:assert/strict";
import { test } from "node:test";
import { endedTask, Harness } from "../../test/sim/core-harness.ts";
import type { Command } from "./command.ts";

test("a task that expired and is retried does not expire again", () => {
  const core = new Harness();
  const [seq] = core.submit({ expiresAt: core.now + 10 });
  core.now += 10;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.expired, 1);
  const definition = { taskType: "f", kind: "shell" as const, arm: "default", priority: 5, expiresAt: core.now };
  core.turn({
    type: "RetryTask",
    task: { task: seq!, state: "expired", attempt: 0, definition },
    dependents: [],
    children: [],
  });
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.queued, 1);
});

test("a queued task that is moved goes to the end of its new queue, and is there once", () => {
  const core = new Harness();
  core.turn({ type: "ConfigureArm", arm: "b", enabled: true });
  core.submit({}, {}, { arm: "b" });
  core.turn({ type: "MoveTasks", tasks: [1], arm: "b" });
  core.turn({ type: "MoveTasks", tasks: [1], arm: "default" }, { type: "MoveTasks", tasks: [1], arm: "b" });
  core.connect("w", 1);
  assert.equal(core.state.arms.get("default")!.queued + core.state.arms.get("b")!.queued, 2);
  const order = [core.state.tasks.values().find(({ state }) => state === "running")!.seq];
  for (let n = 0; n < 2; n++) {
    core.end(order.at(-1)!);
    order.push(core.state.tasks.values().find(({ state }) => state === "running")!.seq);
  }
  assert.ok(order.indexOf(3) < order.indexOf(1), order.join());
  assert.equal(new Set(order).size, 3);
});

test("whatever waits or runs can be moved; what has ended is left out", () => {
  const core = new Harness();
  core.connect("w", 1);
  const [runs, queued, later, ended] = core.submit({}, {}, { runAt: core.now + 100 }, {});
  core.submit({ needs: [{ task: queued! }] }, { expiresAt: core.now + 50 });
  core.turn({ type: "CancelTask", task: ended!, reason: "no" });
  const [reply] = core.turn({ type: "MoveTasks", tasks: [1, 2, 3, 4, 5, 6], arm: "batch", priority: 9 });
  assert.deepEqual(reply, { ok: true, count: 5 });
  const arm = core.state.arms.get("batch")!;
  assert.deepEqual([arm.active, arm.queued], [1, 2]);
  core.now += 100;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.expired, 1, "a moved task still expires");
  core.end(runs!);
  assert.deepEqual(core.said().slice(-1), [`AttemptStarted t${queued}`]);
  core.end(queued!);
  core.end(later!);
  assert.deepEqual(core.said().slice(-1), ["AttemptStarted t5"]);
});

test("children of a moved task still wait for it, and a cancel reaches it", () => {
  const core = new Harness();
  const [parent] = core.submit({ key: "p" });
  core.submit({ needs: [{ task: parent! }] });
  core.turn({ type: "MoveTasks", tasks: [parent!], priority: 1 });
  assert.equal(core.state.keys.get("p")?.task, core.state.tasks.get(parent!));
  core.turn({ type: "CancelTask", task: parent!, reason: "no" });
  assert.equal(core.state.counts.upstream_failed, 1);
});

test("a task whose needs are live again waits for them when it is retried", () => {
  const core = new Harness();
  core.submit({}, {});
  core.turn({ type: "CancelTask", task: 1, reason: "no" }, { type: "CancelTask", task: 2, reason: "no" });
  const first = endedTask(1, {}, "cancelled", 0);
  const second = endedTask(2, {}, "cancelled", 0);
  second.definition.needs = [1];
  const step = [first, second].map((task): Command => ({ type: "RetryTask", task, dependents: [], children: [] }));
  core.turn({ type: "AdvanceBulk", bulk: 1, done: 3, failed: 0, cursor: 2, step, ended: "done" });
  assert.deepEqual(core.said(), ["TaskReopened t1", "TaskReopened t2", "BulkProgressed"]);
  const [, again, progress] = core.events;
  assert.ok(again?.type === "TaskReopened" && progress?.type === "BulkProgressed");
  assert.equal(again.state, "blocked");
  assert.deepEqual([progress.done, progress.failed], [5, 0]);
});

test("whoever needs a task whose retry was refused stays as it ended, and does not run without it", () => {
  const core = new Harness();
  const unique = { key: "k", scope: "active", periodMs: undefined, policy: "reject" } as const;
  core.submit({ asks: { unique } });
  core.submit({ needs: [{ task: 1 }] });
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  core.submit({ asks: { unique } });
  const first = endedTask(1, { asks: { unique } }, "cancelled", 0);
  const second = endedTask(2, {}, "upstream_failed", 0);
  second.definition.needs = [1];
  const [one, other] = [first, second].map((task): Command => ({
    type: "RetryTask",
    task,
    dependents: [],
    children: [],
  }));
  core.turn({
    type: "AdvanceBulk",
    bulk: 1,
    done: 0,
    failed: 0,
    cursor: 2,
    step: [one!],
    also: [other!],
    ended: "done",
  });
  assert.deepEqual(core.said(), ["BulkProgressed"]);
  const progress = core.events.at(-1);
  assert.ok(progress?.type === "BulkProgressed");
  assert.deepEqual([progress.done, progress.failed], [0, 1]);
});

test("a bulk step counts what did not allow it", () => {
  const core = new Harness();
  core.submit({}, {});
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  const step: Command[] = [2, 1].map((task) => ({ type: "CancelTask", task, reason: "all" }));
  core.turn({ type: "AdvanceBulk", bulk: 1, done: 0, failed: 0, cursor: 2, step });
  const progress = core.events.at(-1);
  assert.ok(progress?.type === "BulkProgressed");
  assert.deepEqual([progress.done, progress.failed], [1, 1]);
});
