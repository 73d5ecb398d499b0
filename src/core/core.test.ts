/**
 * Core as a whole under random commands: after every turn the invariants hold, the replay of its events gives the same
 * state (both in the harness), limits are kept, every task moves as the lifecycle allows, whoever waits has a reason, and
 * whoever has none left would start.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Harness, newTask } from "../../test/sim/core-harness.ts";
import { isEnded, type TaskState } from "../base/words.ts";
import type { Command, NewTask } from "./command.ts";
import { armObstacle, unavailable, unfit } from "./fleet/eligible.ts";
import type { Event } from "./event.ts";
import { explain } from "./explain.ts";
import { FIRST_STATES, TRANSITIONS } from "./lifecycle.ts";
import type { State } from "./state.ts";
import type { Turn } from "./turn.ts";

const ARMS = ["a", "b"];
const WORKERS = ["w1", "w2", "w3"];

const task = fc.record(
  {
    arm: fc.constantFrom(...ARMS),
    priority: fc.integer({ min: 0, max: 10 }),
    kind: fc.constantFrom("shell" as const, "call" as const),
    worker: fc.constantFrom(undefined, "w1"),
    delay: fc.constantFrom(0, 0, 0, 50),
    expires: fc.constantFrom(0, 0, 0, 80),
    needs: fc.array(fc.nat(20), { maxLength: 2 }),
    onLost: fc.constantFrom("requeue" as const, "fail" as const),
    retryLimit: fc.constantFrom(0, 1, 3),
  },
  { noNullPrototype: true },
);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      tasks: fc.array(task, { minLength: 1, maxLength: 5 }),
      run: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      pick: fc.nat(),
      outcome: fc.constantFrom("succeeded" as const, "failed" as const, "interrupted" as const, "timed_out" as const),
      code: fc.constantFrom(undefined, 75, 99),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("arm" as const),
      arm: fc.constantFrom(...ARMS),
      enabled: fc.boolean(),
      max: fc.constantFrom(null, 1, 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      worker: fc.constantFrom(...WORKERS),
      slots: fc.integer({ min: 1, max: 3 }),
      again: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("disconnect" as const),
      worker: fc.constantFrom(...WORKERS),
      goodbye: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drain" as const), worker: fc.constantFrom(...WORKERS) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 100, 2000, 40_000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Random {
  readonly core = new Harness();
  readonly #states = new Map<number, TaskState>();
  readonly #live = new Map<number, { worker: string; arm: string }>();
  #instance = 0;

  constructor() {
    this.core.onTurn = (state, turn) => this.#check(state, turn);
  }

  do(step: Step): void {
    const { core } = this;
    const { state } = core;
    const live = [...state.tasks.values()];
    switch (step.do) {
      case "submit": {
        const tasks = step.tasks.map((each, index): NewTask => this.#task(each, index, step.run));
        core.turn(step.run ? { type: "SubmitRun", workflow: "w", tasks } : { type: "SubmitTasks", tasks });
        return;
      }
      case "end": {
        const running = live.filter((each) => each.live !== undefined);
        const chosen = running[step.pick % Math.max(running.length, 1)];
        if (chosen !== undefined) core.end(chosen.seq, { outcome: step.outcome, exitCode: step.code });
        return;
      }
      case "cancel": {
        const chosen = live[step.pick % Math.max(live.length, 1)];
        if (chosen !== undefined) core.turn({ type: "CancelTask", task: chosen.seq, reason: "no" });
        return;
      }
      case "arm":
        core.turn({ type: "ConfigureArm", arm: step.arm, enabled: step.enabled, maxParallel: step.max });
        return;
      case "connect": {
        const instance = step.again ? (state.workers.get(step.worker)?.instance ?? "x") : `i${++this.#instance}`;
        core.connect(step.worker, step.slots, { instance });
        return;
      }
      case "disconnect": {
        const session = state.workers.get(step.worker)?.session ?? 0;
        core.turn({ type: "DisconnectWorker", worker: step.worker, session, goodbye: step.goodbye });
        return;
      }
      case "drain":
        core.turn({ type: "DrainWorker", worker: step.worker });
        return;
      case "wait":
        core.now += step.ms;
        core.turn({ type: "Tick" });
    }
  }

  #task(each: Extract<Step, { do: "submit" }>["tasks"][number], index: number, inRun: boolean): NewTask {
    const { arm, priority, kind, worker, delay, expires, needs, onLost, retryLimit } = each;
    const fields: Partial<NewTask> = { arm, priority, kind, worker };
    if (kind === "call") fields.handler = "f";
    if (delay > 0) fields.runAt = this.core.now + delay;
    if (expires > 0) fields.expiresAt = this.core.now + expires;
    fields.policy = {
      ...{ timeoutMs: 0, retryLimit, backoff: "fixed", delayMs: retryLimit === 1 ? 0 : 10, maxDelayMs: 10, jitter: 0 },
      ...{ onLost, startDelayMs: 0 },
    };
    const known = [...this.core.state.tasks.values()].map(({ seq }) => seq);
    if (index > 0) fields.needsEarlier = needs.filter((need) => need < index);
    if (!inRun && known.length > 0)
      fields.needs = needs.slice(0, 1).map((need) => ({ task: known[need % known.length]! }));
    return newTask(fields);
  }

  #check(state: State, turn: Turn): void {
    for (const event of turn.events) this.#follow(event);
    for (const each of state.tasks.values()) {
      assert.equal(this.#states.get(each.seq), each.state);
      if (isEnded(each.state) || each.state === "running") continue;
      const reasons = explain(state, each, this.core.now);
      assert.ok(reasons.length > 0, `t${each.seq} is ${each.state} after a turn, and nothing says why`);
      if (each.state !== "queued") continue;
      const couldRun = [...state.workers.values()].some(
        (worker) =>
          unavailable(worker, this.core.now) === undefined &&
          unfit(worker, each.lane.requires, each.lane.arm.name) === undefined,
      );
      assert.ok(
        armObstacle(each.lane.arm, this.core.now) !== undefined || !couldRun,
        `t${each.seq} could run and was not started`,
      );
    }
  }

  /** Checks limits at each start, and the lifecycle at each event. */
  #follow(event: Event): void {
    const { state } = this.core;
    const goes = (seq: number, next: TaskState): void => {
      const from = this.#states.get(seq);
      const allowed = from === undefined ? FIRST_STATES : TRANSITIONS[from];
      assert.ok(allowed.includes(next), `t${seq} goes from ${from ?? "nothing"} to ${next}`);
      this.#states.set(seq, next);
    };
    switch (event.type) {
      case "TaskSubmitted":
      case "TaskEnded":
        return goes(event.task, event.state);
      case "TaskReady":
        return goes(event.task, "queued");
      case "TaskScheduled":
        return goes(event.task, "scheduled");
      case "AttemptStarted": {
        goes(event.task, "running");
        // The turn's limits are those that stand at its end: a test's turn has one command, and starts come after it.
        const { arm } = state.tasks.get(event.task)!.lane;
        this.#live.set(event.task, { worker: event.worker, arm: arm.name });
        const live = [...this.#live.values()];
        assert.ok(
          arm.enabled && live.filter((each) => each.arm === arm.name).length <= arm.maxParallel,
          `${arm.name} is full`,
        );
        const slots = state.workers.get(event.worker)!.slots;
        assert.ok(live.filter(({ worker }) => worker === event.worker).length <= slots, `${event.worker} is full`);
        return;
      }
      case "AttemptEnded":
        this.#live.delete(event.task);
        return goes(event.task, event.next);
      default:
    }
  }
}

test("whatever is asked, the state stays right, replays, keeps limits and gives reasons", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const random = new Random();
      for (const each of steps) random.do(each);
    }),
    { numRuns: 200 },
  );
});

test("within an arm the higher priority starts first, then the older task, whatever lanes they are in", () => {
  const ready = fc.record({
    priority: fc.integer({ min: 0, max: 10 }),
    kind: fc.constantFrom("shell" as const, "http" as const),
  });
  fc.assert(
    fc.property(fc.array(ready, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (tasks, slots) => {
      const core = new Harness();
      const seqs = core.submit(...tasks);
      const order: number[] = [];
      core.onTurn = (_, { events }) => {
        for (const event of events) if (event.type === "AttemptStarted") order.push(event.task);
      };
      core.connect("w", slots);
      for (let next = 0; next < seqs.length; next++) core.end(order[next]!);
      const right = seqs.toSorted((a, b) => tasks[b - 1]!.priority - tasks[a - 1]!.priority || a - b);
      assert.deepEqual(order, right);
    }),
    { numRuns: 60 },
  );
});

test("arms take turns: a long one does not hold up a short one", () => {
  const core = new Harness();
  core.submit(...Array.from({ length: 50 }, () => ({ arm: "long" })), { arm: "short" });
  core.connect("w", 2);
  assert.deepEqual(core.said().slice(1), ["AttemptStarted t1", "AttemptStarted t51"]);
});

test("a limit that is lowered stops nothing and starts nothing until it fits", () => {
  const core = new Harness();
  core.connect("w", 4);
  core.submit({}, {}, {}, {}, {});
  const configure: Command = { type: "ConfigureArm", arm: "default", maxParallel: 2 };
  core.turn(configure);
  assert.equal(core.state.counts.running, 4);
  core.end(1);
  core.end(2);
  assert.equal(core.state.counts.running, 2);
  core.end(3);
  assert.deepEqual(core.said(), ["AttemptEnded t3", "AttemptStarted t5"]);
});
