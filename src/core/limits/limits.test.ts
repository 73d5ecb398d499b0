/**
 * Keys, mutexes, rates, quotas, resources and arms together under random commands. After every turn: no limit is exceeded,
 * counted by a model that knows nothing of gates; whoever could start has started; the state is right and replays (both in
 * the harness).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Harness, newTask } from "../../../test/sim/core-harness.ts";
import type { Asks, Quota } from "../asks.ts";
import type { NewTask } from "../command.ts";
import { armObstacle, lacking, unavailable, unfit } from "../fleet/eligible.ts";
import { explain } from "../explain.ts";
import { needObstacle } from "./gate.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

const ARMS = ["a", "b"];
const KEYS = ["k1", "k2", "k3"];
const OWNERS = ["o1", "o2"];

const asks = fc.record(
  {
    concurrency: fc.option(fc.record({ key: fc.constantFrom(...KEYS), limit: fc.integer({ min: 1, max: 3 }) }), {
      nil: undefined,
      freq: 2,
    }),
    mutex: fc.constantFrom(undefined, undefined, ["m1"], ["m2"], ["m1", "m2"]),
    owner: fc.constantFrom(undefined, ...OWNERS),
    rate: fc.constantFrom(
      undefined,
      undefined,
      { key: "r1", limit: 2, perMs: 1000, burst: 2 },
      { key: "r1", limit: 5, perMs: 1000, burst: 1 },
      { key: "r2", limit: 3, perMs: 700, burst: 5 },
    ),
    resources: fc.constantFrom(undefined, undefined, { cpu: 1000 }, { cpu: 3000 }, { gpu: 1000 }),
  },
  { noNullPrototype: true },
);

const task = fc.record(
  { arm: fc.constantFrom(...ARMS), priority: fc.constantFrom(2, 5, 5), asks: fc.option(asks, { nil: undefined }) },
  { noNullPrototype: true },
);

const quota = fc.record({
  concurrent: fc.constantFrom(undefined, 1, 2),
  tasks: fc.constantFrom(undefined, { limit: 3, perMs: 500 }),
  cpu: fc.constantFrom(undefined, { limitMs: 50, perMs: 800 }),
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("submit" as const), tasks: fc.array(task, { maxLength: 6 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      pick: fc.nat(),
      outcome: fc.constantFrom("succeeded" as const, "failed" as const, "interrupted" as const),
      cpuMs: fc.constantFrom(0, 10, 40),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("arm" as const),
      arm: fc.constantFrom(...ARMS),
      enabled: fc.boolean(),
      maxParallel: fc.constantFrom(null, 1, 2),
      weight: fc.constantFrom(1, 3),
      agingMs: fc.constantFrom(0, 2000),
      rate: fc.constantFrom(null, null, { limit: 3, perMs: 1000, burst: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("quota" as const),
      owner: fc.constantFrom("*", ...OWNERS),
      quota: fc.option(quota, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      pick: fc.nat(),
      arm: fc.constantFrom(...ARMS),
      priority: fc.constantFrom(undefined, 2, 9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      worker: fc.constantFrom("w1", "w2"),
      slots: fc.integer({ min: 1, max: 5 }),
      cpu: fc.constantFrom(undefined, 2000, 4000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), worker: fc.constantFrom("w1", "w2") }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 90, 333, 1000, 4000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs steps and watches from outside: only events, definitions and the clock count. */
class Watcher {
  readonly core = new Harness();
  readonly #asks = new Map<number, Asks>();
  readonly #running = new Map<number, { worker: string }>();
  /** Starts by rate key and parameters, and by arm. */
  readonly #starts: { at: number; task: number }[] = [];
  #instance = 0;

  constructor() {
    this.core.onTurn = (state, turn) => this.#check(state, turn);
  }

  do(each: Step): void {
    const { core } = this;
    const { state } = core;
    const live = [...state.tasks.values()];
    const pick = (tasks: Task[], at: number): Task | undefined => tasks[at % Math.max(tasks.length, 1)];
    switch (each.do) {
      case "submit":
        core.turn({ type: "SubmitTasks", tasks: each.tasks.map((fields): NewTask => newTask(fields)) });
        return;
      case "end": {
        const chosen = pick(
          live.filter((one) => one.live !== undefined),
          each.pick,
        );
        if (chosen !== undefined) core.end(chosen.seq, { outcome: each.outcome, cpuMs: each.cpuMs });
        return;
      }
      case "cancel": {
        const chosen = pick(live, each.pick);
        if (chosen !== undefined) core.turn({ type: "CancelTask", task: chosen.seq, reason: "no" });
        return;
      }
      case "arm": {
        const { do: _, ...change } = each;
        core.turn({ type: "ConfigureArm", ...change });
        return;
      }
      case "quota":
        core.turn({ type: "SetQuota", owner: each.owner, quota: each.quota as Quota | undefined });
        return;
      case "move": {
        const chosen = pick(live, each.pick);
        if (chosen !== undefined)
          core.turn({ type: "MoveTasks", tasks: [chosen.seq], arm: each.arm, priority: each.priority });
        return;
      }
      case "connect": {
        const resources = each.cpu === undefined ? undefined : { cpu: each.cpu };
        core.connect(each.worker, each.slots, { instance: `i${++this.#instance}`, resources });
        return;
      }
      case "lose": {
        const session = state.workers.get(each.worker)?.session ?? 0;
        core.turn({ type: "DisconnectWorker", worker: each.worker, session, goodbye: true });
        return;
      }
      case "wait":
        core.now += each.ms;
        core.turn({ type: "Tick" });
    }
  }

  #check(state: State, turn: Turn): void {
    for (const event of turn.events) {
      if (event.type === "TaskSubmitted" && event.asks !== undefined) this.#asks.set(event.task, event.asks);
      else if (event.type === "AttemptEnded") this.#running.delete(event.task);
      else if (event.type === "AttemptStarted") {
        this.#running.set(event.task, { worker: event.worker });
        this.#starts.push({ at: turn.now, task: event.task });
        this.#checkStart(event.task, state, turn.now);
      }
    }
    this.#checkIdle(state, turn.now);
  }

  /** At the instant of a start, everything that the task asks for holds. */
  #checkStart(seq: number, state: State, now: number): void {
    const mine = this.#asks.get(seq);
    const others = [...this.#running.keys()].filter((other) => other !== seq).map((other) => this.#asks.get(other));
    const { concurrency, mutex, owner, rate } = mine ?? {};
    if (concurrency !== undefined) {
      const beside = others.filter((other) => other?.concurrency?.key === concurrency.key).length;
      assert.ok(beside < concurrency.limit, `t${seq} starts beside ${beside} of ${concurrency.key}`);
    }
    for (const name of mutex ?? [])
      assert.ok(!others.some((other) => other?.mutex?.includes(name)), `mutex ${name} is free`);
    const quotas = state.limits.gates;
    const { concurrent } = (owner === undefined ? undefined : quotas.quotaOf(owner)) ?? {};
    if (concurrent !== undefined)
      assert.ok(others.filter((other) => other?.owner === owner).length < concurrent, `owner ${owner} has room`);
    if (rate !== undefined) {
      // Each stretch that ends here: no more than the burst and what was refilled since its first start.
      const same = this.#starts.filter(({ task: other }) => this.#asks.get(other)?.rate?.key === rate.key);
      for (const [index, { at }] of same.entries()) {
        const rates = same.slice(index).map(({ task: other }) => this.#asks.get(other)!.rate!);
        const slowest = rates.reduce((a, b) => (a.perMs / a.limit < b.perMs / b.limit ? a : b));
        const burst = Math.max(...rates.map((each) => each.burst));
        const allowed = burst + ((now - at) * slowest.limit) / slowest.perMs;
        assert.ok(same.length - index <= allowed + 1e-6, `rate ${rate.key}: ${same.length - index} of ${allowed}`);
      }
    }
  }

  /** Whoever waits and could run would run, and says why it waits. */
  #checkIdle(state: State, now: number): void {
    for (const each of state.tasks.values()) {
      if (each.state !== "queued") continue;
      const reasons = explain(state, each, now);
      assert.ok(reasons.length > 0, `t${each.seq} waits, and nothing says why`);
      const { lane } = each;
      const mayGo =
        armObstacle(lane.arm, now) === undefined &&
        (each.gates?.needs ?? []).every((need) => needObstacle(need, now) === undefined);
      if (!mayGo) continue;
      const fits = [...state.workers.values()].some(
        (worker) =>
          unavailable(worker, now) === undefined &&
          unfit(worker, lane.requires, lane.arm.name) === undefined &&
          lacking(worker, lane.requires) === undefined,
      );
      assert.ok(!fits, `t${each.seq} could run and was not started`);
    }
    for (const worker of state.workers.values()) {
      for (const [name, used] of worker.used)
        assert.ok(worker.attempts.size === 0 || used >= 0, `${name} of ${worker.name} is not negative`);
    }
  }
}

test("whatever is asked, no limit is exceeded, and who may start starts", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
      const watcher = new Watcher();
      for (const each of steps) watcher.do(each);
    }),
    { numRuns: Number(process.env["OCTOPUS_TEST_RUNS"] ?? 80) },
  );
});
