/** Runs that come in several commands, wait in a group, are paused; limits and order within them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endedTask, Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { Command, NewRun, NewTask } from "../command.ts";
import { explain } from "../explain.ts";
import type { Reply } from "../reply.ts";

function accepted(reply: Reply | undefined): number {
  assert.ok(reply?.ok, JSON.stringify(reply));
  return reply.run!;
}

function run(h: Harness, tasks: Partial<NewTask>[], more: Partial<NewRun> = {}): number {
  return accepted(h.turn({ type: "SubmitRun", workflow: "w", tasks: tasks.map(newTask), ...more })[0]);
}

function add(seq: number, tasks: Partial<NewTask>[], last = false): Command {
  return { type: "AddToRun", run: seq, tasks: tasks.map(newTask), last };
}

/** Numbers of the tasks that run. */
function running(h: Harness): number[] {
  return [...h.state.tasks.values()].filter(({ live }) => live !== undefined).map(({ seq }) => seq);
}

function whyNot(h: Harness, task: number): string[] {
  return explain(h.state, h.state.tasks.get(task)!, h.now).map(({ code }) => code);
}

function stateOf(h: Harness, seq: number): string | undefined {
  return h.events.flatMap((event) => (event.type === "RunEnded" && event.run === seq ? [event.state] : []))[0];
}

test("nothing of a run starts before the last of its tasks is there; needs go across its stretches", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const seq = run(h, [{ name: "a" }, { name: "b" }], { open: true });
  assert.deepEqual(running(h), []);
  assert.deepEqual(whyNot(h, 1), ["run_incomplete"]);
  const [other] = h.submit({});
  h.turn(add(seq, [{ name: "c", needsEarlier: [0, 1] }]));
  h.turn(add(seq, [{ name: "d", needsEarlier: [2] }, { name: "e" }], true));
  assert.deepEqual(running(h), [1, 2, other, 6]);
  for (const task of [1, 2, 4, 6, 5]) h.end(task);
  assert.equal(stateOf(h, seq), "succeeded");
  const [late] = h.turn(add(seq, [{}]));
  assert.ok(late !== undefined && !late.ok && late.rejection.type === "RunNotFound");
});

test("what ends before its run is complete counts for the tasks that come after it", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const seq = run(h, [{ name: "a", expiresAt: h.now + 10 }], { open: true });
  h.now += 20;
  h.turn();
  h.turn(add(seq, [{ name: "b", needsEarlier: [0] }], true));
  assert.equal(stateOf(h, seq), "failed");
  assert.equal(h.state.counts.upstream_failed, 1);
});

test("a run that is taken back leaves nothing behind: counts, keys, timers, places", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const before = JSON.stringify([h.state.counts, h.state.runCounts]);
  const group = { name: "g", limit: 1, overlap: "queue" } as const;
  const unique = { key: "u", scope: "active", policy: "replace" } as const;
  const seq = run(h, [{ asks: { unique, mutex: ["m"] } }, { runAt: h.now + 50, expiresAt: h.now + 90 }], {
    open: true,
    group,
  });
  h.turn(add(seq, [{ needsEarlier: [0] }, { expiresAt: h.now + 5 }]));
  h.now += 10;
  h.turn();
  const waiting = run(h, [{}], { group });
  const [outside] = h.submit({ needs: [{ task: 1 }] });
  h.turn({ type: "DropRun", run: seq });
  assert.ok(h.said().includes(`TaskEnded t${outside}`), "who needs one of its tasks does not wait for ever");
  assert.ok(h.said().includes("RunAdmitted"));
  h.end(5);
  assert.ok(stateOf(h, waiting) === "succeeded");
  h.now += 1000;
  h.turn();
  h.turn({
    type: "DeleteTasks",
    tasks: [
      { task: 5, state: "succeeded" },
      { task: outside!, state: "upstream_failed" },
    ],
  });
  h.state.runCounts.succeeded--;
  assert.equal(JSON.stringify([h.state.counts, h.state.runCounts]), before);
  assert.equal(h.state.flow.uniques.size, 0);
  assert.equal(h.state.admission.groups.size + h.state.admission.halted.size, 0);
});

test("a run that is sealed is not taken back", () => {
  const h = new Harness();
  const seq = run(h, [{}]);
  const [reply] = h.turn({ type: "DropRun", run: seq });
  assert.ok(reply !== undefined && !reply.ok);
});

test("a run that is cancelled while it comes in ends with its last tasks, cancelled", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const seq = run(h, [{}, { needsEarlier: [0] }], { open: true });
  h.turn({ type: "CancelRun", run: seq, reason: "no", tasks: [1, 2] });
  assert.equal(stateOf(h, seq), undefined);
  h.turn(add(seq, [{}, { needsEarlier: [0] }], true));
  assert.equal(stateOf(h, seq), "cancelled");
});

test("a paused run starts nothing; what runs goes on, and what follows waits", () => {
  const h = new Harness();
  h.connect("w1", 2);
  const gated = { concurrency: { key: "k", limit: 1 } };
  const seq = run(h, [{}, { needsEarlier: [0] }, { asks: gated }, { asks: gated }, {}]);
  assert.deepEqual(running(h), [1, 3]);
  h.turn({ type: "PauseRun", run: seq, paused: true });
  const [alone] = h.submit({});
  h.end(1);
  assert.deepEqual(running(h), [3, alone]);
  h.end(3);
  assert.deepEqual(running(h), [alone]);
  for (const task of [2, 4, 5]) assert.deepEqual(whyNot(h, task), ["run_paused"]);
  h.turn({ type: "PauseRun", run: seq, paused: false });
  assert.deepEqual(running(h).length, 2);
  const [again] = h.turn({ type: "PauseRun", run: seq, paused: false });
  assert.ok(again?.ok && again.ignored === true);
});

test("a paused run can be cancelled", () => {
  const h = new Harness();
  h.connect("w1", 2);
  const seq = run(h, [{}, { needsEarlier: [0] }], { group: { name: "g", limit: 1, overlap: "queue" } });
  h.turn({ type: "PauseRun", run: seq, paused: true });
  h.turn({ type: "CancelRun", run: seq, reason: "no", tasks: [1, 2] });
  h.end(1, "cancelled");
  assert.equal(stateOf(h, seq), "cancelled");
  assert.equal(h.state.admission.groups.size, 0);
});

test("runs of a group go on as its places allow, the oldest first", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const group = { name: "g", limit: 2, overlap: "queue" } as const;
  const runs = [1, 2, 3, 4].map(() => run(h, [{}], { group }));
  assert.deepEqual(running(h), [1, 2]);
  assert.deepEqual(whyNot(h, 3), ["run_waiting"]);
  h.turn({ type: "CancelRun", run: runs[2]!, reason: "no", tasks: [3] });
  h.end(1);
  assert.deepEqual(running(h), [2, 4]);
  assert.equal(h.state.runs.get(4)?.started, true);
});

test("a run that is not to wait is refused while its group is full, and says by whom", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const group = { name: "g", limit: 1, overlap: "skip" } as const;
  run(h, [{}], { group });
  const [reply] = h.turn({ type: "SubmitRun", workflow: "w", tasks: [newTask({})], group });
  assert.deepEqual(reply, { ok: false, rejection: { type: "RunSkipped", group: "g", by: 1 } });
  assert.equal(h.state.lastRun, 1);
  h.end(1);
  run(h, [{}], { group });
});

test("a run that overtakes cancels the oldest, and starts when that has ended", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const group = { name: "g", limit: 1, overlap: "cancel_previous" } as const;
  run(h, [{}], { group });
  run(h, [{}], { group });
  assert.equal(h.state.runs.get(1)!.cancelled, true);
  assert.deepEqual(running(h), [1]);
  // The one that waits is overtaken as well: it would be the oldest by then.
  run(h, [{}], { group });
  assert.equal(stateOf(h, 2), "cancelled");
  h.end(1, "cancelled");
  assert.deepEqual(running(h), [3]);
});

test("a run takes the place of the one before it when all of it is there, not when it may still be taken back", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const group = { name: "g", limit: 1, overlap: "cancel_previous" } as const;
  run(h, [{}], { group });
  const refused = run(h, [{}], { group, open: true });
  h.turn({ type: "DropRun", run: refused });
  const whole = run(h, [{}], { group, open: true });
  assert.equal(h.state.runs.get(1)!.cancelled, false);
  // One that comes meanwhile is newer, and waits for its turn.
  run(h, [{}], { group: { ...group, overlap: "queue" } });
  h.turn(add(whole, [{}], true));
  assert.equal(h.state.runs.get(1)!.cancelled, true);
  h.end(1, "cancelled");
  assert.deepEqual(running(h), [3, 5]);
});

test("what ended with leave before its run was complete is no failure for those that come after", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const seq = run(h, [{ node: { allow: true } }, { node: { allowSkip: true } }, {}], { open: true });
  for (const [task, state] of [
    [1, "failed"],
    [2, "skipped"],
    [3, "failed"],
  ] as const)
    h.turn({ type: "MarkTask", task, state });
  h.turn(add(seq, [{ needsEarlier: [0, 1] }, { needsEarlier: [2] }], true));
  assert.deepEqual(running(h), [4]);
});

test("a paused run remembers no more than waits in it, whatever is cancelled and done again", () => {
  const h = new Harness();
  const seq = run(h, [{}, { name: "x" }]);
  h.turn({ type: "PauseRun", run: seq, paused: true });
  for (let times = 0; times < 300; times++) {
    h.turn({ type: "CancelTask", task: 2, reason: "no" });
    const task = endedTask(2, { name: "x" }, "cancelled", 0);
    task.definition = { ...task.definition, run: seq };
    h.turn({ type: "RetryTask", task, dependents: [], children: [] });
  }
  assert.ok(h.state.runs.get(seq)!.held.length < 100);
  h.connect("w1", 8);
  h.turn({ type: "PauseRun", run: seq, paused: false });
  assert.deepEqual(running(h), [1, 2]);
});

test("no more tasks of a run are running than it allows, in the order of their ranks", () => {
  const h = new Harness();
  h.connect("w1", 8);
  const kinds = ["shell", "http", "shell", "http"] as const;
  const ranks = [1, 4, 3, 2];
  run(
    h,
    kinds.map((kind, at) => ({ kind, rank: ranks[at]! })),
    { maxParallel: 1 },
  );
  const order: number[] = [];
  for (let at = 0; at < 4; at++) {
    const [task] = running(h);
    assert.equal(running(h).length, 1);
    const others = [1, 2, 3, 4].filter((seq) => seq !== task && !order.includes(seq));
    for (const other of others) assert.ok(whyNot(h, other).includes("run_full"));
    order.push(task!);
    h.end(task!);
  }
  assert.deepEqual(order, [2, 3, 4, 1]);
});

test("ready tasks of a run go by their ranks, runs and other tasks by their age", () => {
  const h = new Harness();
  const [old] = h.submit({});
  run(h, [{ rank: 1 }, { rank: 9 }, { rank: 5 }]);
  const [young] = h.submit({});
  run(h, [{ rank: 100 }, { rank: 200 }]);
  h.connect("w1", 1);
  const order: number[] = [];
  while (running(h).length > 0) {
    const [task] = running(h);
    order.push(task!);
    h.end(task!);
  }
  assert.deepEqual(order, [old, 3, 4, 2, young, 7, 6]);
});

test("ranked tasks that are lost, moved, paused and let go keep their order", () => {
  const h = new Harness();
  const seq = run(h, [{ rank: 1 }, { rank: 2 }, { rank: 3 }, { rank: 4 }, { rank: 5 }]);
  h.connect("w1", 1);
  assert.deepEqual(running(h), [5]);
  h.turn({ type: "DisconnectWorker", worker: "w1", session: 1, goodbye: true });
  h.turn({ type: "PauseRun", run: seq, paused: true });
  h.turn({ type: "MoveTasks", tasks: [1], priority: 9 });
  h.turn({ type: "CancelTask", task: 4, reason: "no" });
  h.turn({ type: "PauseRun", run: seq, paused: false });
  h.connect("w2", 1);
  const order: number[] = [];
  while (running(h).length > 0) {
    const [task] = running(h);
    order.push(task!);
    h.end(task!);
  }
  assert.deepEqual(order, [1, 5, 3, 2]);
});
