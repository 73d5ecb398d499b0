/** Tasks with large needs among small ones that never stop coming: what a reservation promises, and what it costs others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness, newTask } from "../../../test/sim/core-harness.ts";
import { createPrng, type Prng } from "../../base/prng.ts";
import { type ArmSettings, DEFAULT_ARM } from "../asks.ts";
import type { Command, NewTask } from "../command.ts";
import { explain } from "../explain.ts";
import type { Reservation } from "./reservation.ts";
import { poolNeeds } from "./scaling.ts";

const cpu = (cores: number): Partial<NewTask> => ({ asks: { resources: { cpu: cores * 1000 } } });
const offers = (cores: number) => ({ resources: { cpu: cores * 1000 } });

/** Attempts that end when their time has come, and small tasks that never stop coming. */
class Traffic {
  readonly core: Harness;
  readonly #ends = new Map<number, number>();
  readonly #small: () => Partial<NewTask>;
  readonly #lasts: (task: number) => number;
  readonly startedAt = new Map<number, number>();

  constructor(core: Harness, small: () => Partial<NewTask>, lasts: (task: number) => number) {
    this.core = core;
    this.#small = small;
    this.#lasts = lasts;
  }

  /** From one end of an attempt to the next, until that time. */
  run(untilMs: number): void {
    const { core } = this;
    const end = core.now + untilMs;
    for (;;) {
      const next = Math.min(...this.#ends.values());
      core.now = Math.min(next, end);
      const alive = [...core.state.workers.values()].map(({ name, session }): Command => {
        return { type: "WorkerAlive", worker: name, session };
      });
      const more = core.state.counts.queued < 12 ? Array.from({ length: 6 }, this.#small) : [];
      core.turn(...alive, ...this.#over(), { type: "SubmitTasks", tasks: more.map(newTask) });
      this.#note();
      if (next > end) return;
    }
  }

  #over(): Command[] {
    const { tasks, workers } = this.core.state;
    const over = [...this.#ends].filter(([, at]) => at <= this.core.now).map(([task]) => tasks.get(task)!);
    return over.map(({ seq, attempt, live }) => {
      this.#ends.delete(seq);
      const { name, session } = workers.get(live!.worker.name)!;
      return { type: "EndAttempt", worker: name, session, task: seq, attempt, report: { outcome: "succeeded" } };
    });
  }

  #note(): void {
    for (const { seq, live } of this.core.state.tasks.values()) {
      if (live === undefined || this.startedAt.has(seq)) continue;
      this.startedAt.set(seq, live.startedAt);
      this.#ends.set(seq, live.startedAt + this.#lasts(seq));
    }
  }
}

/** Half a second to a second and a half, never two of them at one moment. */
const brief = (task: number): number => 500 + ((task * 37) % 1000);

function why(core: Harness, task: number): string[] {
  return explain(core.state, core.state.tasks.get(task)!, core.now).map(({ code, message }) => `${code}: ${message}`);
}

/** Where this task runs. */
function on(core: Harness, task: number): string | undefined {
  return core.state.tasks.get(task)?.live?.worker.name;
}

function isLive(core: Harness, task: number): boolean {
  return core.state.tasks.get(task)?.live !== undefined;
}

/** A worker of 4 cores with one task on each, and a large one that has waited for half a minute. */
function starving(more: Partial<NewTask> = {}): { core: Harness; small: number[]; large: number } {
  const core = new Harness();
  core.connect("a", 8, offers(4));
  const small = core.submit(cpu(1), cpu(1), cpu(1), cpu(1));
  const [large] = core.submit({ ...cpu(4), ...more });
  core.now += 30_000;
  core.turn({ type: "WorkerAlive", worker: "a", session: 1 });
  return { core, small, large: large! };
}

for (const reserveAfterMs of [30_000, Infinity]) {
  const ends = reserveAfterMs === Infinity ? "never starts without a reservation" : "starts with one";
  test(`among endless small tasks one that needs the whole worker ${ends}`, () => {
    const core = new Harness();
    core.reserveAfterMs = reserveAfterMs;
    core.connect("a", 8, offers(8));
    const traffic = new Traffic(core, () => cpu(1), brief);
    traffic.run(5000);
    const [large] = core.submit(cpu(8));
    const from = core.now;
    traffic.run(60_000);
    const waited = (traffic.startedAt.get(large!) ?? Infinity) - from;
    if (reserveAfterMs === Infinity) assert.equal(waited, Infinity);
    // The time, the longest small task, and tenths of a second.
    else assert.ok(waited <= 30_000 + 1500 + 1500 + 200, `${waited}`);
  });
}

test("what is after it in its arm, or in another one, does not start on its worker; what is before it does", () => {
  const { core, small, large } = starving();
  core.turn({ type: "ConfigureArm", arm: "side", ...arm({ weight: 100 }) });
  const [other, urgent] = core.submit({ arm: "side", ...cpu(1) }, { ...cpu(1), priority: 8 });
  const [late] = core.submit(cpu(1));
  core.end(small[0]!);
  assert.deepEqual([on(core, urgent!), on(core, other!), on(core, late!)], ["a", undefined, undefined]);
  for (const task of [...small.slice(1), urgent!]) core.end(task);
  assert.equal(on(core, large), "a");
  core.end(large);
  assert.deepEqual([on(core, other!), on(core, late!)], ["a", "a"]);
});

test("what fits beside it goes on starting: the cores that it leaves are used all the time", () => {
  const core = new Harness();
  core.connect("a", 16, { resources: { cpu: 8000, gpu: 2000 }, units: { gpu: ["0", "1"] } });
  core.submit(...Array.from({ length: 8 }, () => cpu(1)));
  const [large] = core.submit({ asks: { resources: { cpu: 6000, gpu: 1000 } } });
  core.now += 30_000;
  core.turn({ type: "WorkerAlive", worker: "a", session: 1 });
  const half = core.submit({ asks: { resources: { gpu: 500 } } })[0]!;
  const rest = core.submit(...Array.from({ length: 6 }, () => cpu(1)));
  for (let task = 1; task <= 4; task++) core.end(task);
  // Half a card might be in the way of a whole one.
  assert.deepEqual(
    [half, ...rest].map((task) => isLive(core, task)),
    [false, true, true, false, false, false, false],
  );
  const [card] = core.submit({ asks: { resources: { gpu: 1000 } } });
  assert.ok(isLive(core, card!), "a whole card leaves it the other one");
  for (let task = 5; task <= 8; task++) core.end(task);
  assert.equal(on(core, large!), "a");
});

test("explain says for whom a worker is kept free, since when, and what is missing", () => {
  const { core, small, large } = starving();
  const [late, next] = core.submit({ ...cpu(1), key: "late" }, cpu(4));
  core.end(small[0]!);
  core.now += 12_000;
  assert.deepEqual(why(core, large), [
    "reserved: worker a has been kept free for it for 12 seconds, and has 1 of 4 cpu free; the task asks for 4",
  ]);
  assert.equal(
    why(core, next!)[0],
    "reserved: worker a has been kept free for t5, which asks for the same and is before it for 12 seconds, and has 1 of 4 cpu free; the task asks for 4",
  );
  assert.equal(
    why(core, late!)[0],
    "worker_reserved: worker a has been kept free for t5 for 12 seconds, which needs much of it",
  );
});

test("a second worker is not reserved for the same class, nor a second one of few for another class", () => {
  const core = new Harness();
  for (const name of ["a", "b"]) core.connect(name, 8, offers(4));
  const small = core.submit(...Array.from({ length: 8 }, () => cpu(1)));
  core.submit(cpu(4), cpu(4), cpu(3));
  core.now += 31_000;
  for (const session of [1, 2]) core.turn({ type: "WorkerAlive", worker: session === 1 ? "a" : "b", session });
  assert.equal(core.state.fleet.reservations.size, 1);
  const late = core.submit(...Array.from({ length: 4 }, () => cpu(1)));
  const [{ worker, first }] = [...core.state.fleet.reservations] as [Reservation];
  assert.equal(first.seq, 9, "the oldest of those that have waited as long");
  const before = small.map((task) => on(core, task));
  for (const task of small) if (on(core, task) !== worker.name) core.end(task);
  assert.ok(before.includes(worker.name));
  assert.ok(late.every((task) => on(core, task) !== worker.name && isLive(core, task)));
});

test("a worker on which something never ends gives way to one that has turned over since", () => {
  const core = new Harness();
  core.connect("a", 2, offers(2));
  core.connect("b", 4, offers(4));
  const [service] = core.submit({ ...cpu(1), worker: "a" });
  const lasts = (task: number): number => (task === service ? Infinity : brief(task));
  const traffic = new Traffic(core, () => cpu(1), lasts);
  traffic.run(2000);
  const [large] = core.submit(cpu(2));
  const from = core.now;
  traffic.run(31_000);
  core.turn({ type: "WorkerAlive", worker: "a", session: 1 });
  traffic.run(90_000);
  const waited = (traffic.startedAt.get(large!) ?? Infinity) - from;
  assert.ok(waited <= 30_000 + 60_000 + 10_000, `${waited}`);
  assert.equal(on(core, large!) ?? "b", "b");
});

const ENDINGS: Record<string, (core: Harness, large: number) => void> = {
  "is cancelled": (core, large) => core.turn({ type: "CancelTask", task: large, reason: "no" }),
  "stands in an arm that is paused": (core) => {
    core.turn({ type: "ConfigureArm", arm: "big", ...arm({ enabled: false }) });
  },
  "is moved": (core, large) => core.turn({ type: "MoveTasks", tasks: [large], arm: "batch", priority: 0 } as never),
};

for (const [what, end] of Object.entries(ENDINGS)) {
  test(`the worker is for all again in the very turn in which the task ${what}`, () => {
    const { core, small, large } = starving({ arm: "big" });
    const [late] = core.submit(cpu(1));
    core.end(small[0]!);
    assert.equal(on(core, late!), undefined);
    end(core, large);
    assert.equal(on(core, late!), "a");
  });
}

/** Workers a and b were heard just now, and time has passed. */
function bothAlive(core: Harness): void {
  for (const [worker, session] of [
    ["a", 1],
    ["b", 2],
  ] as const)
    core.turn({ type: "WorkerAlive", worker, session });
  core.turn({ type: "Tick" });
}

test("a task that something else than room holds back keeps its worker for a minute", () => {
  const { core, small, large } = starving({ arm: "big", asks: { resources: { cpu: 4000 }, mutex: ["m"] } });
  core.connect("b", 1, { kinds: ["http"] });
  const [holder] = core.submit({ kind: "http", asks: { mutex: ["m"] } });
  assert.equal(on(core, holder!), "b");
  const [late] = core.submit(cpu(1));
  core.end(small[0]!);
  assert.equal(on(core, late!), undefined);
  core.now += 60_000;
  bothAlive(core);
  assert.equal(on(core, late!), "a");
  assert.equal(on(core, large), undefined);
});

test("a worker that goes, is drained or comes back with less is kept for nobody", () => {
  for (const end of [
    (core: Harness) => core.turn({ type: "DisconnectWorker", worker: "a", session: 1, goodbye: true }),
    (core: Harness) => core.turn({ type: "DrainWorker", worker: "a", held: true }),
  ]) {
    const { core } = starving();
    assert.equal(core.state.fleet.reservations.size, 1);
    end(core);
    core.submit({});
    assert.equal(core.state.fleet.reservations.size, 0);
  }
});

test("a task that waits for nothing but a slot gets no worker reserved", () => {
  const core = new Harness();
  core.connect("a", 1, offers(4));
  core.connect("b", 1, { kinds: ["http"] });
  core.submit({}, cpu(4));
  core.now += 60_000;
  bothAlive(core);
  assert.equal(core.state.fleet.reservations.size, 0);
});

test("what waits because a worker is kept free counts for a pool", () => {
  const { core, small } = starving();
  core.submit(cpu(1));
  core.end(small[0]!);
  const rule = { name: "p", labels: {}, min: 0, max: 9, slots: 8, resources: { cpu: 4000 }, waitMs: 1000 };
  const [need] = poolNeeds(core.state, [rule], () => 10_000, core.now);
  assert.equal(need!.backlog, 2);
});

function arm(more: Partial<ArmSettings>): ArmSettings {
  return { ...DEFAULT_ARM, ...more };
}

/** What is drawn for one seed. */
function drawCores(prng: Prng): number[] {
  return Array.from({ length: 1 + prng.int(4) }, () => prng.pick([2, 4, 8]));
}

test("whatever the fleet and the traffic: every large task starts within a bound", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const prng = createPrng(seed);
    const core = new Harness();
    core.placement = prng.pick(["spread", "pack"]);
    core.reserveAfterMs = prng.pick([0, 1000, 30_000]);
    const cores = drawCores(prng);
    for (const [n, count] of cores.entries()) core.connect(`w${n}`, count + prng.int(4), offers(count));
    const arms = prng.pick([["default"], ["default", "side"], ["one", "two", "three"]]);
    const longest = prng.pick([300, 3000, 20_000]);
    const lasts = (task: number): number => 50 + ((task * 7919) % longest);
    const drawSmall = (): Partial<NewTask> => ({
      arm: prng.pick(arms),
      priority: prng.pick([3, 5]),
      ...(prng.chance(0.2) ? {} : cpu(prng.pick([0.5, 1, 1, 1.5]))),
    });
    const traffic = new Traffic(core, drawSmall, lasts);
    traffic.run(2 * longest);
    const most = Math.max(...cores);
    const count = 1 + prng.int(3);
    const large = core.submit(
      ...Array.from({ length: count }, () => ({ arm: prng.pick(arms), ...cpu(most - prng.pick([0, 0, 0.5])) })),
    );
    const from = core.now;
    // One after the other: what runs on the worker ends, then the large one does; a look at all workers each two seconds.
    const bound = core.reserveAfterMs + count * (2 * (longest + 50) + 2000) + 500;
    traffic.run(bound);
    for (const task of large) {
      const waited = (traffic.startedAt.get(task) ?? Infinity) - from;
      assert.ok(waited <= bound, `seed ${seed}: t${task} has waited for ${waited} of ${bound} ms`);
    }
  }
});

test("whoever waited longest gets the worker that was another's, however short ago it asked in vain", () => {
  const core = new Harness();
  core.reserveAfterMs = 0;
  core.connect("a", 8, offers(4));
  // So that one of eight is one, and two could be reserved.
  for (let n = 0; n < 16; n++) core.connect(`z${n}`, 1, { kinds: ["http"], local: true });
  const small = core.submit(cpu(1), cpu(1));
  core.submit({ arm: "one", ...cpu(4) });
  core.now += 1000;
  core.submit({ arm: "two", ...cpu(3.5) });
  core.now += 1000;
  core.submit({ arm: "three", ...cpu(3) });
  const [holder] = [...core.state.fleet.reservations];
  assert.equal(holder!.first.lane.arm.name, "one");
  core.turn({ type: "CancelTask", task: holder!.first.seq, reason: "no" });
  core.turn({ type: "Tick" });
  assert.equal([...core.state.fleet.reservations][0]!.first.lane.arm.name, "two");
  for (const task of small) core.end(task);
  assert.ok(isLive(core, holder!.first.seq + 1));
});
