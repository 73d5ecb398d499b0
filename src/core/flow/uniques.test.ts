/** Unique keys in core: each scope, each policy, and what a replacement waits for. The harness replays every turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endedTask, Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { UniqueKey } from "../asks.ts";
import type { Command, NewTask } from "../command.ts";
import { explain } from "../explain.ts";
import type { Reply } from "../reply.ts";
import { DEFAULT_POLICY, type Policy } from "../policy.ts";

const POLICY: Policy = { ...DEFAULT_POLICY, backoff: "fixed", delayMs: 0, jitter: 0 };

function unique(more: Partial<UniqueKey> = {}, rest: Partial<NewTask> = {}): Partial<NewTask> {
  return { asks: { unique: { key: "k", scope: "active", policy: "return", ...more } }, ...rest };
}

function submit(core: Harness, ...tasks: Partial<NewTask>[]): Reply {
  return core.turn({ type: "SubmitTasks", tasks: tasks.map(newTask) })[0]!;
}

function accepted(reply: Reply): [number, boolean][] {
  assert.ok(reply.ok, JSON.stringify(reply));
  return reply.tasks!.map(({ task, existed }) => [task, existed]);
}

test("scope active: the second is the first until that has ended, retries included", () => {
  const core = new Harness();
  core.connect("w", 1);
  const policy = { ...POLICY, retryLimit: 1, delayMs: 100, jitter: 0 };
  assert.deepEqual(accepted(submit(core, unique({}, { policy }))), [[1, false]]);
  assert.deepEqual(accepted(submit(core, unique())), [[1, true]]);
  core.end(1, "failed");
  assert.equal(core.state.tasks.get(1)!.state, "scheduled");
  assert.deepEqual(accepted(submit(core, unique())), [[1, true]], "it waits for its next try");
  core.now += 100;
  core.turn({ type: "Tick" });
  core.end(1);
  assert.deepEqual(accepted(submit(core, unique())), [[2, false]]);
});

test("scope queued: the key is free from the first start on, and is not taken again", () => {
  const core = new Harness();
  assert.deepEqual(accepted(submit(core, unique({ scope: "queued" }))), [[1, false]]);
  assert.deepEqual(accepted(submit(core, unique({ scope: "queued" }))), [[1, true]]);
  core.connect("w", 1);
  assert.deepEqual(accepted(submit(core, unique({ scope: "queued" }))), [[2, false]]);
  core.end(1, "interrupted");
  assert.deepEqual(accepted(submit(core, unique({ scope: "queued" }))), [[2, true]]);
});

test("scope period: the key is taken for its time, also after the end of its task", () => {
  const core = new Harness();
  core.connect("w", 1);
  const daily = unique({ scope: "period", periodMs: 1000 });
  assert.deepEqual(accepted(submit(core, daily)), [[1, false]]);
  core.end(1, "failed");
  core.now += 999;
  const reply = submit(core, daily);
  assert.ok(reply.ok);
  assert.deepEqual(reply.tasks, [{ task: 1, key: undefined, state: "failed", existed: true }]);
  core.now += 1;
  assert.deepEqual(accepted(submit(core, daily)), [[2, false]]);
  assert.equal(core.state.flow.uniques.size, 1);
  core.now += 1000;
  core.end(2);
  core.turn({ type: "Tick" });
  assert.equal(core.state.flow.uniques.size, 0, "nothing of it is kept");
});

test("a deleted task frees its key", () => {
  const core = new Harness();
  core.connect("w", 1);
  submit(core, unique({ scope: "period", periodMs: 1000 }));
  core.end(1);
  core.turn({ type: "DeleteTasks", tasks: [{ task: 1, state: "succeeded" }] });
  assert.deepEqual(accepted(submit(core, unique({ scope: "period", periodMs: 1000 }))), [[2, false]]);
});

test("policy reject refuses all tasks of the command, and names the holder", () => {
  const core = new Harness();
  submit(core, unique());
  const reply = submit(core, {}, unique({ policy: "reject" }));
  assert.deepEqual(reply, { ok: false, rejection: { type: "UniqueTaken", index: 1, key: "k", task: 1 } });
  assert.equal(core.state.lastTask, 1);
});

test("two tasks of one command with the same key are one, or a refusal", () => {
  const core = new Harness();
  assert.deepEqual(accepted(submit(core, unique(), unique(), { needsEarlier: [1] })), [
    [1, false],
    [1, true],
    [2, false],
  ]);
  assert.equal(core.state.tasks.get(2)!.state, "blocked", "what needs the second needs the first");
  const reply = submit(core, unique({ key: "x" }), unique({ key: "x", policy: "reject" }));
  assert.deepEqual(reply, { ok: false, rejection: { type: "UniqueTaken", index: 1, key: "x", task: 0 } });
});

test("a run refuses a key that is taken, and takes none that it would have to share", () => {
  const core = new Harness();
  submit(core, unique());
  const tasks = [newTask({}), newTask(unique())];
  const [reply] = core.turn({ type: "SubmitRun", workflow: "w", tasks });
  assert.deepEqual(reply, { ok: false, rejection: { type: "UniqueTaken", index: 1, key: "k", task: 1 } });
  assert.equal(core.state.lastRun, 0);
});

test("tasks of one run do not replace each other, whoever has the key before them", () => {
  const core = new Harness();
  const tasks = [newTask(unique({ policy: "replace" })), newTask(unique({ policy: "replace" }))];
  for (const before of [[], [unique()]]) {
    if (before.length > 0) submit(core, ...before);
    const [reply] = core.turn({ type: "SubmitRun", workflow: "w", tasks });
    assert.equal(reply?.ok, false, `${before.length} before`);
    assert.equal(core.state.lastRun, 0);
  }
});

test("policy replace: one that has not started is cancelled at once", () => {
  const core = new Harness();
  submit(core, unique({}, { key: "a" }));
  assert.deepEqual(accepted(submit(core, unique({ policy: "replace" }))), [[2, false]]);
  const ended = core.events.find((event) => event.type === "TaskEnded");
  assert.deepEqual([ended?.task, ended?.state, ended?.reason], [1, "cancelled", "replaced by t2 (unique key k)"]);
  assert.deepEqual(accepted(submit(core, unique())), [[2, true]]);
});

test("policy replace: one that runs is asked to stop, and the new one waits for it", () => {
  const core = new Harness();
  core.connect("w", 5);
  submit(core, unique());
  submit(core, unique({ policy: "replace" }));
  assert.deepEqual(core.effects, [{ type: "CancelAttempt", worker: "w", task: 1, attempt: 1, reason: "cancelled" }]);
  const waiting = core.state.tasks.get(2)!;
  assert.equal(waiting.state, "queued");
  const [reason] = explain(core.state, waiting, core.now);
  assert.deepEqual([reason?.code, reason?.about], ["unique", "t1"]);
  // A third one takes the place of the second; the first still has to stop.
  submit(core, unique({ policy: "replace" }));
  assert.equal(core.state.tasks.get(2), undefined, "it had not started");
  core.end(1, "cancelled");
  assert.deepEqual(core.said().slice(-1), ["AttemptStarted t3"]);
});

test("when the one that waits is cancelled, the key is with the one that still runs", () => {
  const core = new Harness();
  core.connect("w", 5);
  submit(core, unique());
  submit(core, unique({ policy: "replace" }));
  core.turn({ type: "CancelTask", task: 2, reason: "no" });
  assert.deepEqual(accepted(submit(core, unique())), [[1, true]]);
  submit(core, unique({ policy: "replace" }));
  assert.equal(core.state.flow.held.size, 1);
  core.end(1, "succeeded");
  assert.deepEqual(core.said(), ["AttemptEnded t1", "AttemptStarted t3"]);
});

test("a retry takes the key again, and is refused while another task has it", () => {
  const core = new Harness();
  core.connect("w", 5);
  submit(core, unique());
  core.end(1, "failed");
  const retry: Command = { type: "RetryTask", task: endedTask(1, unique()), dependents: [], children: [] };
  submit(core, unique());
  const [refused] = core.turn(retry);
  assert.deepEqual(refused, { ok: false, rejection: { type: "UniqueTaken", index: 0, key: "k", task: 2 } });
  core.end(2);
  assert.ok(core.turn(retry)[0]!.ok);
  assert.deepEqual(accepted(submit(core, unique())), [[1, true]]);
});
