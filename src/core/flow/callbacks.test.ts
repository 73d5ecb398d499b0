/** What is due when, and that it is sent once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { CallbackOn } from "../../base/words.ts";
import type { CallbackDue } from "./events.ts";
import { DEFAULT_POLICY, type Policy } from "../policy.ts";

const POLICY: Policy = { ...DEFAULT_POLICY, backoff: "fixed", delayMs: 0, jitter: 0 };

function dues(core: Harness): string[] {
  return core.events
    .filter((event): event is CallbackDue => event.type === "CallbackDue")
    .map(({ task, on, state, attempt }) => `t${task} ${on} ${state} ${attempt}`);
}

const watched = (...on: CallbackOn[]) => ({ asks: { on } });

test("each moment is due right behind the event that brings it", () => {
  const core = new Harness();
  core.submit(watched("change", "end", "success", "failure", "exhausted"));
  assert.deepEqual(dues(core), ["t1 change queued 0"]);
  core.connect("w", 1);
  assert.deepEqual(core.said(), ["WorkerJoined", "AttemptStarted t1", "CallbackDue t1"]);
  core.end(1, "failed");
  assert.deepEqual(dues(core), [
    "t1 change failed 1",
    "t1 end failed 1",
    "t1 failure failed 1",
    "t1 exhausted failed 1",
  ]);
  assert.equal(core.state.flow.dues.size, 6);
});

test("a cancelled task has ended, and neither succeeded nor failed", () => {
  const core = new Harness();
  core.submit(watched("end", "success", "failure", "exhausted"));
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  assert.deepEqual(dues(core), ["t1 end cancelled 0"]);
});

test("a task that could not run has failed, and is no dead letter", () => {
  const core = new Harness();
  core.connect("w", 1);
  const [first] = core.submit({});
  core.submit({ ...watched("failure", "exhausted"), needs: [{ task: first! }] });
  core.end(first!, "failed");
  assert.deepEqual(dues(core), ["t2 failure upstream_failed 0"]);
});

test("failing tries are changes; only the last one is a failure", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({ ...watched("failure", "exhausted"), policy: { ...POLICY, retryLimit: 1 } });
  core.end(1, "failed");
  assert.deepEqual(dues(core), []);
  core.end(1, "failed");
  assert.deepEqual(dues(core), ["t1 failure failed 2", "t1 exhausted failed 2"]);
});

test("a due callback is sent once, with the tasks that tell of it in the same batch", () => {
  const core = new Harness();
  core.submit(watched("end"));
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  const asks = { origin: { type: "callback", task: 1, on: "end" } } as const;
  const send = { type: "SendCallback", due: 1, tasks: [newTask({ asks }), newTask({ asks })] } as const;
  core.turn({ ...send, tasks: [...send.tasks] });
  assert.deepEqual(core.said(), ["TaskSubmitted t2", "TaskSubmitted t3", "CallbackSent"]);
  core.turn({ ...send, tasks: [...send.tasks] });
  assert.deepEqual(core.said(), []);
});

test("of several tasks only the one whose unique key is taken is left out", () => {
  const core = new Harness();
  const unique = { key: "k", scope: "active", policy: "reject" } as const;
  core.submit({ asks: { unique } }, watched("end"));
  core.turn({ type: "CancelTask", task: 2, reason: "no" });
  core.turn({ type: "SendCallback", due: 1, tasks: [newTask({ asks: { unique } }), newTask({})] });
  assert.deepEqual(core.said(), ["TaskSubmitted t3", "CallbackSent"]);
  const sent = core.events.find((event) => event.type === "CallbackSent");
  assert.match(sent?.reason ?? "", /unique key k/);
});

test("a task is not deleted while news of it are still to be sent", () => {
  const core = new Harness();
  core.submit(watched("end"));
  core.turn({ type: "CancelTask", task: 1, reason: "no" });
  const gone = { type: "DeleteTasks", tasks: [{ task: 1, state: "cancelled" as const }] } as const;
  assert.deepEqual(core.turn({ ...gone, tasks: [...gone.tasks] }), [{ ok: true, count: 0 }]);
  core.turn({ type: "SendCallback", due: 1, tasks: [] });
  assert.deepEqual(core.turn({ ...gone, tasks: [...gone.tasks] }), [{ ok: true, count: 1 }]);
});
