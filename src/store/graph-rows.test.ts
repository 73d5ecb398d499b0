/** What single events make of rows, where core's own tests do not look: updates that are spared, members anew, retention. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Event, EVENT_VERSION } from "../core/event.ts";
import type { TaskSubmitted } from "../core/task-events.ts";
import { createState } from "../core/state.ts";
import { openStore } from "./store.ts";

const AT = 1_700_000_000_000;

function open() {
  const store = openStore(":memory:");
  after(() => store.close());
  let at = AT;
  const state = createState();
  const append = (...events: Event[]): void => {
    for (const event of events) {
      if (event.type === "TaskSubmitted") state.counts[event.state]++;
    }
    void store.journal.append({ version: EVENT_VERSION, at: ++at, events }, { ...state, arms: [], meters: [] });
  };
  const stored = (task: number) => [...store.journal.load().tasks].find((row) => row.task === task)!;
  return { append, stored, library: store.library, now: () => at };
}

function submitted(task: number, more: Partial<TaskSubmitted> = {}): TaskSubmitted {
  const plain = { taskType: "shell", kind: "shell", arm: "default", priority: 5, work: '{"kind":"shell"}' } as const;
  return { type: "TaskSubmitted", task, state: "blocked", ...plain, ...more };
}

const ended = (task: number, more: Partial<Extract<Event, { type: "AttemptEnded" }>> = {}): Event => ({
  ...{ type: "AttemptEnded", task, attempt: 1, worker: "w", startedAt: AT, outcome: "succeeded", next: "succeeded" },
  ...{ counted: true },
  ...more,
});

test("a task that becomes ready and starts in one turn, and is taken back, keeps its place", () => {
  const { append, stored, library, now } = open();
  append(submitted(1, { needs: [7], dueAt: 5 }));
  append({ type: "TaskReady", task: 1 }, { type: "AttemptStarted", task: 1, attempt: 1, worker: "w" });
  const startedAt = now();
  assert.deepEqual([stored(1).state, stored(1).readyAt, stored(1).dueAt], ["running", startedAt, 0]);
  const { readyAt, dueAt, startedAt: shown } = library.task(1)!;
  assert.deepEqual([readyAt, dueAt, shown], [new Date(startedAt).toISOString(), undefined, readyAt]);
  assert.deepEqual(library.blockedOn(7), [], "it is not blocked any more");
  append(ended(1, { startedAt, outcome: "interrupted", next: "queued", counted: false }));
  assert.deepEqual([stored(1).state, stored(1).readyAt], ["queued", startedAt]);
});

test("what happens to a task between its readiness and the end of the turn is what counts", () => {
  const { append, stored, library, now } = open();
  append(submitted(1), submitted(2), submitted(3));
  append(
    { type: "TaskReady", task: 1 },
    { type: "TaskReady", task: 2 },
    { type: "TaskReady", task: 3 },
    { type: "TaskEnded", task: 1, state: "cancelled", reason: "no" },
    { type: "TaskMoved", task: 2, arm: "gpu", priority: 9 },
  );
  assert.deepEqual([library.stateOf(1), stored(2).state, stored(3).state], ["cancelled", "queued", "queued"]);
  assert.deepEqual([stored(2).readyAt, stored(3).readyAt], [now(), now()]);
});

test("a batch that fails leaves no readiness to the next one", () => {
  const { append, library } = open();
  append(submitted(1), submitted(2));
  assert.throws(() => append({ type: "TaskReady", task: 1 }, submitted(2)));
  append(submitted(3));
  assert.equal(library.stateOf(1), "blocked");
});

test("a member anew is another task with the same number", () => {
  const { append, stored, library } = open();
  append({ type: "RunCreated", run: 1, workflow: "w" });
  const each = submitted(1, { run: 1, kind: "each", name: "e", state: "queued" });
  const old = { run: 1, inside: 1, state: "queued", node: { prepare: true }, spec: "{}" } as const;
  append(each, submitted(2, { ...old, name: "e[a]", asks: { mutex: ["m"] } }));
  append({ type: "AttemptStarted", task: 2, attempt: 1, worker: "w" });
  append(ended(2));
  const limits = { retryLimit: 0, backoff: "fixed", delayMs: 0, maxDelayMs: 0, jitter: 0, startDelayMs: 0 } as const;
  const policy = { ...limits, timeoutMs: 9, onLost: "requeue" } as const;
  const { work: _, type: _type, ...definition } = submitted(2, { name: "e[b]", arm: "gpu", rank: 3, policy });
  append({
    ...{ ...definition, run: 1, inside: 1, node: {}, work: '"new"' },
    ...{ type: "TaskReopened", task: 2, from: "succeeded", state: "queued", attempt: 1, anew: true },
  });
  const { name, arm, rank, asks, node, policy: kept } = stored(2).definition;
  assert.deepEqual([name, arm, rank, asks, node, kept?.timeoutMs], ["e[b]", "gpu", 3, undefined, {}, 9]);
  assert.deepEqual([library.works([2]), library.node(2)?.spec], [['"new"'], undefined]);
  assert.deepEqual([library.taskOfRun(1, "e[a]"), library.taskOfRun(1, "e[b]")], [undefined, 2]);
});

test("retention takes a container with what it holds, or leaves it and all that is younger", () => {
  const { append, library } = open();
  append(
    { type: "RunCreated", run: 1, workflow: "outer" },
    { type: "RunCreated", run: 2, workflow: "inner", parent: 2 },
  );
  const states = { state: "succeeded", run: 1 } as const;
  append(
    submitted(1, states),
    submitted(2, { ...states, kind: "workflow" }),
    submitted(3, { ...states, kind: "each" }),
    submitted(4, { ...states, inside: 3 }),
    submitted(5, { ...states, inside: 3 }),
    submitted(6, { state: "succeeded", run: 2 }),
    submitted(7, { state: "succeeded" }),
  );
  const gone = (keep: number, before = 0, limit = 100): number[] =>
    library.prunable(keep, before, limit).map(({ task }) => task);
  assert.deepEqual(gone(0), [7], "both runs go on");
  append({ type: "RunEnded", run: 2, state: "succeeded", counts: {} });
  assert.deepEqual(gone(0), [7], "the run around it goes on");
  append({ type: "RunEnded", run: 1, state: "succeeded", counts: {} });
  assert.deepEqual(gone(0), [1, 6, 2, 4, 5, 3, 7]);
  assert.deepEqual(gone(0, 0, 4), [1, 6, 2, 4], "in steps");
  assert.deepEqual([gone(6), gone(5), gone(4)], [[1], [1], [1, 6, 2]]);
  assert.deepEqual(gone(7, Infinity), [1, 6, 2, 4, 5, 3, 7], "all of it is old");
  assert.deepEqual(library.emptied([6, 7]), [{ run: 2, state: "succeeded" }]);
  assert.deepEqual(library.emptied([1, 2, 3, 4]), []);
});

test("names of a run are found while it grows, and after its tasks have gone", () => {
  const { append, library } = open();
  append({ type: "RunCreated", run: 1, workflow: "w" });
  append(submitted(1, { run: 1, name: "a" }), submitted(2, { run: 1, name: "b" }));
  assert.deepEqual([library.taskOfRun(1, "b"), library.taskOfRun(1, "c")], [2, undefined]);
  append(submitted(3, { run: 1, name: "c" }));
  assert.equal(library.taskOfRun(1, "c"), 3);
  append({ type: "TasksDeleted", tasks: [1, 2], counts: {} });
  assert.deepEqual(
    ["a", "b", "c"].map((name) => library.taskOfRun(1, name)),
    [undefined, undefined, 3],
  );
});

test("a container that goes on with what it holds has the list of which that was made, one anew that of its file", () => {
  const { append, library } = open();
  const node = { prepare: true, workers: true } as const;
  const whole = { kind: "each", node, work: '{"of":"file"}', spec: "{}" } as const;
  append(submitted(1, { ...whole, state: "queued" }));
  append({ type: "TaskPrepared", task: 1, work: '{"of":"workers"}' });
  append({ type: "TaskOpened", task: 1, total: 3 }, submitted(2, { inside: 1, node: {}, worker: "a" }));
  append({ type: "TaskExpanded", task: 1, made: 1 });
  append(
    { type: "TaskEnded", task: 2, state: "cancelled", reason: "no" },
    { type: "TaskEnded", task: 1, state: "cancelled", reason: "no" },
  );
  const { definition } = library.endedTask(1)!;
  const again = { ...definition, type: "TaskReopened", task: 1, from: "cancelled", attempt: 0 } as const;
  append({ ...again, state: "running", holds: { total: 3, made: 1, failed: 0, allowed: 0 } });
  assert.deepEqual(library.works([1]), ['{"of":"workers"}']);
  assert.deepEqual([library.task(1)!.worker, library.task(2)!.inside], ["ALL", "t1"]);
  append({ type: "TaskEnded", task: 1, state: "cancelled", reason: "no" });
  append({ ...again, state: "queued" });
  assert.deepEqual(library.works([1]), ['{"of":"file"}']);
});
