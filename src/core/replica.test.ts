/** A state that follows: what another server decided fits it, also where its own order of those who wait is another one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness, newTask } from "../../test/sim/core-harness.ts";
import type { NewTask } from "./command.ts";
import type { Event } from "./event.ts";
import { checkFlow } from "./flow/check-flow.ts";
import { checkLimits, tasksIn } from "./limits/invariants-limits.ts";
import { followBatch } from "./replica.ts";
import { createState, forgetEnded, type State } from "./state.ts";

/** A follower that knows of these three tasks, queued in a run, and of a worker. */
function following(fields: Partial<NewTask>): State {
  const core = new Harness();
  const state = createState();
  const follow = (): void => {
    const events = core.events.filter(({ type }) => type !== "AttemptStarted" && type !== "RunStarted");
    followBatch(state, { version: 1, at: core.now, events });
    forgetEnded(state);
  };
  const tasks = ["a", "b", "c"].map((name) => newTask({ ...fields, name }));
  core.turn({ type: "SubmitRun", workflow: "w", tasks });
  follow();
  core.connect("w", 1);
  follow();
  return state;
}

for (const [what, fields] of Object.entries<Partial<NewTask>>({
  "that needs nothing": {},
  "that has a rank": { rank: 7 },
  "that needs a mutex": { asks: { mutex: ["m"] } },
  "that has a key": { asks: { concurrency: { key: "k", limit: 1 } } },
})) {
  test(`a task ${what}, was started before its turn by another server, and comes back, waits once`, () => {
    const state = following(fields);
    const [lane] = state.arms.get("default")!.lanes;
    const back: Event = {
      ...{ type: "AttemptEnded", task: 2, attempt: 1, worker: "w", startedAt: 1, outcome: "failed", next: "queued" },
      counted: true,
    };
    const events: Event[] = [{ type: "AttemptStarted", task: 2, attempt: 1, worker: "w" }, back];
    followBatch(state, { version: 1, at: 1_000_001, events });
    assert.deepEqual(new Set(tasksIn(state, lane!)), new Set(state.tasks.values()));
    assert.equal(tasksIn(state, lane!).length, 3);
    assert.equal(lane!.queued, 3);
    followBatch(state, { version: 1, at: 1_000_002, events: [{ type: "RunPaused", run: 1, paused: true }] });
    assert.equal(lane!.queued, 0);
    checkLimits(state, new Map());
  });
}

test("of tasks with equal content another server starts one that waits here, and those here wait for it", () => {
  const cache = { hash: "h", ttlMs: 1000 };
  const state = following({ asks: { cache } });
  const at = 1_000_001;
  const [lane] = state.arms.get("default")!.lanes;
  const standing = (): number[] => tasksIn(state, lane!).map(({ seq }) => seq);
  assert.deepEqual(standing(), [1]);
  followBatch(state, { version: 1, at, events: [{ type: "AttemptStarted", task: 2, attempt: 1, worker: "w" }] });
  assert.deepEqual([standing(), lane!.queued], [[], 0]);
  assert.deepEqual(
    [...state.flow.held.keys()].map(({ seq }) => seq).toSorted((a, b) => a - b),
    [1, 3],
  );
  const failed: Event = {
    ...{ type: "AttemptEnded", task: 2, attempt: 1, worker: "w", startedAt: 1, outcome: "failed", next: "failed" },
    counted: true,
  };
  followBatch(state, { version: 1, at, events: [failed] });
  forgetEnded(state);
  assert.deepEqual([standing().length, lane!.queued], [1, 1]);
  checkFlow(state);
});
