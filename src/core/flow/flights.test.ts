/** The cache in core: who runs, who waits, who takes over. The harness replays every turn and checks every index. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endedTask, Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { CacheRule } from "../asks.ts";
import type { NewTask } from "../command.ts";
import { explain } from "../explain.ts";
import { DEFAULT_POLICY, type Policy } from "../policy.ts";

const POLICY: Policy = { ...DEFAULT_POLICY, backoff: "fixed", delayMs: 0, jitter: 0 };

function cached(more: Partial<CacheRule> = {}, rest: Partial<NewTask> = {}): Partial<NewTask> {
  return { asks: { cache: { hash: "h", ttlMs: 0, ...more } }, ...rest };
}

test("a hit ends the task as it is submitted, without a slot", () => {
  const core = new Harness();
  core.connect("w", 1);
  const [seq] = core.submit(cached({}, { cacheHit: 99 }));
  const [event] = core.events;
  assert.ok(event?.type === "TaskSubmitted");
  assert.deepEqual([event.task, event.state, event.cachedFrom], [seq, "succeeded", 99]);
  assert.equal(core.state.counts.succeeded, 1);
});

test("of equal tasks one runs and the others take its result in the same turn", () => {
  const core = new Harness();
  core.connect("w", 10);
  core.submit(cached(), cached(), cached(), {});
  assert.deepEqual(core.said().slice(-2), ["AttemptStarted t1", "AttemptStarted t4"]);
  const [reason] = explain(core.state, core.state.tasks.get(2)!, core.now);
  assert.deepEqual([reason?.code, reason?.about], ["cache", "t1"]);
  core.submit({ needs: [{ task: 3 }] });
  core.end(1);
  assert.deepEqual(core.said(), [
    "AttemptEnded t1",
    "TaskEnded t2",
    "TaskEnded t3",
    "TaskReady t5",
    "AttemptStarted t5",
  ]);
  const taken = core.events.filter((event) => event.type === "TaskEnded").map((event) => event.cachedFrom);
  assert.deepEqual(taken, [1, 1]);
  const end = core.events.find((event) => event.type === "AttemptEnded");
  assert.deepEqual(end?.cache, { key: "h", until: 0 });
  assert.equal(core.state.flow.flights.size, 0);
});

test("when the one that runs fails for good, the next one runs", () => {
  const core = new Harness();
  core.connect("w", 10);
  core.submit(cached(), cached(), cached());
  core.end(1, "failed");
  assert.deepEqual(core.said(), ["AttemptEnded t1", "AttemptStarted t2"]);
  core.turn({ type: "CancelTask", task: 3, reason: "no" });
  core.turn({ type: "CancelTask", task: 2, reason: "no" });
  core.end(2, "cancelled");
  assert.equal(core.state.flow.flights.size, 0);
});

test("while the one that runs waits for its next try, the others wait too", () => {
  const core = new Harness();
  core.connect("w", 10);
  core.submit(cached({}, { policy: { ...POLICY, retryLimit: 1, delayMs: 100 } }), cached());
  core.end(1, "failed");
  assert.equal(core.state.counts.queued, 1);
  core.now += 100;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), ["TaskReady t1", "AttemptStarted t1"]);
});

test("a task submitted in the very turn in which the result is made takes it", () => {
  const core = new Harness();
  core.connect("w", 10);
  core.submit(cached());
  const report = { outcome: "succeeded" } as const;
  core.turn(
    { type: "EndAttempt", worker: "w", session: 1, task: 1, attempt: 1, report },
    { type: "SubmitTasks", tasks: [newTask(cached())] },
  );
  const event = core.events.find((each) => each.type === "TaskSubmitted");
  assert.equal(event?.cachedFrom, 1);
});

test("a time to live stands with the result", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit(cached({ ttlMs: 500 }));
  core.end(1);
  const end = core.events.find((event) => event.type === "AttemptEnded");
  assert.deepEqual(end?.cache, { key: "h", until: core.now + 500 });
});

test("one that is not to look runs beside the others, and all take the first result", () => {
  const core = new Harness();
  core.connect("w", 10);
  core.submit(cached(), cached(), cached({ refresh: true }, { cacheHit: 99 }));
  assert.deepEqual(core.said().slice(-2), ["AttemptStarted t1", "AttemptStarted t3"]);
  core.end(3);
  assert.deepEqual(core.said(), ["AttemptEnded t3", "TaskEnded t2"]);
  core.end(1);
});

test("files: the task is held until its key is known, then it hits, runs or waits", () => {
  const core = new Harness();
  core.connect("w", 10);
  const files = { files: ["/a"] };
  core.submit(cached(files), cached(files), cached(files));
  assert.deepEqual(core.said(), ["TaskSubmitted t1", "TaskSubmitted t2", "TaskSubmitted t3"]);
  assert.equal(explain(core.state, core.state.tasks.get(1)!, core.now)[0]?.code, "cache");
  core.turn({ type: "KeyCache", task: 1, key: "K" }, { type: "KeyCache", task: 2, key: "K" });
  assert.deepEqual(core.said(), ["CacheKeyed t1", "CacheKeyed t2", "AttemptStarted t1"]);
  core.turn({ type: "KeyCache", task: 3, key: "L", hit: 99 });
  assert.deepEqual(core.said(), ["TaskEnded t3"]);
  core.turn({ type: "KeyCache", task: 1, key: "M" });
  assert.deepEqual(core.said(), [], "a key that comes twice changes nothing");
  core.end(1);
  assert.deepEqual(core.said(), ["AttemptEnded t1", "TaskEnded t2"]);
});

test("a file that cannot be read fails the task before its first try, and it is a dead letter", () => {
  const core = new Harness();
  core.submit(cached({ files: ["/a"] }));
  core.turn({ type: "KeyCache", task: 1, key: "", failed: "/a cannot be read" });
  const [event] = core.events;
  assert.ok(event?.type === "TaskEnded");
  assert.deepEqual([event.state, event.dead, event.reason], ["failed", true, "/a cannot be read"]);
});

test("one that had to wait first is looked up when it is ready", () => {
  const core = new Harness();
  core.connect("w", 1);
  const [first] = core.submit({});
  core.submit(cached({}, { needs: [{ task: first! }], cacheHit: 99 }));
  core.end(first!);
  assert.deepEqual(core.said(), [`AttemptEnded t1`, "TaskReady t2"]);
  core.turn({ type: "KeyCache", task: 2, key: "h", hit: 99 });
  assert.deepEqual(core.said(), ["TaskEnded t2"]);
});

test("a retry by a person runs, whatever the cache holds, and gives its result there", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit(cached({}, { cacheHit: 99 }));
  core.turn({ type: "RetryTask", task: endedTask(1, cached(), "succeeded", 0), dependents: [], children: [] });
  assert.deepEqual(core.said(), ["TaskReopened t1", "AttemptStarted t1"]);
  core.end(1);
  assert.equal(core.events.find((event) => event.type === "AttemptEnded")?.cache?.key, "h");
});

test("moving the one that runs next, and one that waits, changes nothing about who makes the result", () => {
  const core = new Harness();
  core.submit(cached(), cached(), cached());
  core.turn({ type: "MoveTasks", tasks: [1, 2], arm: "batch", priority: 9 });
  core.connect("w", 10);
  assert.deepEqual(core.said(), ["WorkerJoined", "AttemptStarted t1"]);
  core.end(1);
  assert.equal(core.state.counts.succeeded, 3);
});
