/** Who goes first: keys in turn, arms by weight, priorities with and without aging. Each bound is the documented one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Harness } from "../../../test/sim/core-harness.ts";
import type { NewTask } from "../command.ts";

/** A harness that keeps the order of starts. */
function watched(): { core: Harness; order: number[] } {
  const core = new Harness();
  const order: number[] = [];
  core.onTurn = (_, { events }) => {
    for (const event of events) if (event.type === "AttemptStarted") order.push(event.task);
  };
  return { core, order };
}

/** Lets every running task succeed, oldest start first, until nothing runs. */
function drain(core: Harness, order: readonly number[], from = 0): void {
  for (let next = from; next < order.length; next++) core.end(order[next]!);
}

const keyed = (key: string, more: Partial<NewTask> = {}): Partial<NewTask> => ({
  ...more,
  asks: { concurrency: { key, limit: 1000 }, ...more.asks },
});

test("of keys that all have work waiting, none is more than one start ahead of another", () => {
  const many = fc.array(
    fc.record({ key: fc.nat(5), owner: fc.constantFrom(undefined, "o", "p"), lane: fc.boolean() }),
    {
      minLength: 2,
      maxLength: 80,
    },
  );
  fc.assert(
    fc.property(many, fc.integer({ min: 1, max: 3 }), (tasks, slots) => {
      const { core, order } = watched();
      const keys = tasks.map(({ key }) => `k${key}`);
      // Different needs beside the key and different lanes make several groups of one key.
      core.submit(
        ...tasks.map(({ key, owner, lane }) =>
          keyed(`k${key}`, { kind: lane ? "shell" : "http", ...(owner !== undefined && { asks: { owner } }) }),
        ),
      );
      core.connect("w", slots);
      const left = new Map<string, number>();
      for (const key of keys) left.set(key, (left.get(key) ?? 0) + 1);
      drain(core, order);
      const started = new Map([...left.keys()].map((key) => [key, 0]));
      for (const seq of order) {
        const key = keys[seq - 1]!;
        started.set(key, started.get(key)! + 1);
        left.set(key, left.get(key)! - 1);
        const waiting = [...started].filter(([name]) => left.get(name)! > 0).map(([, count]) => count);
        for (const count of waiting)
          assert.ok(started.get(key)! - count <= 1, `${key} is ahead: ${[...started].join(" ")}`);
      }
      assert.equal(order.length, tasks.length);
    }),
    { numRuns: 60 },
  );
});

test("tasks of one key start in the order in which they came, whatever else they need", () => {
  const { core, order } = watched();
  core.submit(...Array.from({ length: 12 }, (_, n) => keyed("a", { asks: { mutex: [`m${n % 3}`] } })));
  core.connect("w", 1);
  drain(core, order);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("a key that was idle does not catch up on the starts of others", () => {
  const { core, order } = watched();
  core.submit(...Array.from({ length: 20 }, () => keyed("busy")));
  core.connect("w", 1);
  for (let next = 0; next < 10; next++) core.end(order[next]!);
  core.submit(...Array.from({ length: 5 }, () => keyed("late")));
  drain(core, order, 10);
  const late = order.slice(11, 21).map((seq) => seq > 20);
  assert.deepEqual(late, [false, true, false, true, false, true, false, true, false, true]);
});

test("tasks with and without a key take turns", () => {
  const { core, order } = watched();
  core.submit(...Array.from({ length: 6 }, () => ({})), ...["a", "b", "a", "b", "a", "b"].map((key) => keyed(key)));
  core.connect("w", 1);
  drain(core, order);
  assert.deepEqual(order, [1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12]);
});

test("a closed key or mutex delays no other task, and lets the next one in when it opens", () => {
  const { core, order } = watched();
  const mutex = { asks: { mutex: ["m"] } };
  core.submit(mutex, mutex, { ...mutex, arm: "other" }, {}, {});
  core.connect("w", 3);
  assert.deepEqual(order, [1, 4, 5]);
  core.end(4);
  core.end(1);
  assert.equal(order.length, 4);
  assert.ok([2, 3].includes(order[3]!));
});

test("a full or paused arm does not delay a task of another arm that waits for the same mutex", () => {
  const { core, order } = watched();
  const mutex = { asks: { mutex: ["m"] } };
  core.turn({ type: "ConfigureArm", arm: "paused" });
  core.connect("w", 3);
  core.submit(mutex, { ...mutex, arm: "paused" }, { ...mutex, arm: "other" });
  core.turn({ type: "ConfigureArm", arm: "paused", enabled: false });
  core.end(1);
  assert.deepEqual(order, [1, 3]);
  core.end(3);
  core.turn({ type: "ConfigureArm", arm: "paused", enabled: true });
  assert.deepEqual(order, [1, 3, 2]);
});

test("what is freed by a worker that vanished is free", () => {
  const { core, order } = watched();
  core.connect("gone", 2, { resources: { cpu: 2000 } });
  const asks = { concurrency: { key: "k", limit: 1 }, mutex: ["m"], owner: "o", resources: { cpu: 1500 } };
  core.submit({ asks }, { asks });
  assert.deepEqual(order, [1]);
  core.turn({ type: "DisconnectWorker", worker: "gone", session: 1, goodbye: true });
  core.connect("w", 2, { resources: { cpu: 2000 } });
  assert.deepEqual(order, [1, 1]);
  core.end(1);
  assert.deepEqual(order, [1, 1, 2]);
  core.end(2);
  assert.deepEqual([...core.state.limits.gates.all()], []);
  assert.deepEqual([...core.state.limits.gates.sets()], []);
});

test("arms get starts by their weight, and no arm is ahead by more than its share of one round", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 3 }), (all, slots) => {
      const { core, order } = watched();
      for (const [index, weight] of all.entries()) core.turn({ type: "ConfigureArm", arm: `a${index}`, weight });
      const per = 30;
      core.submit(...all.flatMap((_, index) => Array.from({ length: per }, () => ({ arm: `a${index}` }))));
      core.connect("w", slots);
      const sum = all.reduce((a, b) => a + b, 0);
      const starts = all.map(() => 0);
      for (let next = 0; starts.every((count) => count < per - slots) && next < order.length; next++) {
        const arm = Math.floor((order[next]! - 1) / per);
        starts[arm]!++;
        core.end(order[next]!);
      }
      const total = starts.reduce((a, b) => a + b, 0);
      for (const [index, weight] of all.entries()) {
        const fair = (total * weight) / sum;
        const bound = slots + all.length;
        assert.ok(Math.abs(starts[index]! - fair) <= bound, `${starts.join(":")} for ${all.join(":")}`);
      }
    }),
    { numRuns: 15 },
  );
});

test("an arm of long tasks does not take the slots of one with short tasks", () => {
  const { core } = watched();
  core.connect("w", 4);
  core.submit(...Array.from({ length: 20 }, () => ({ arm: "long" })));
  core.submit(...Array.from({ length: 60 }, () => ({ arm: "short" })));
  // Of the long ones four have started; they end once. From then on each arm keeps the half of the slots.
  for (const seq of [1, 2]) core.end(seq);
  for (let round = 0; round < 50; round++) {
    const short = [...core.state.tasks.values()].find(
      (task) => task.live !== undefined && task.lane.arm.name === "short",
    );
    assert.ok(short !== undefined, "a short task runs");
    core.end(short.seq);
    assert.equal(core.state.arms.get("long")!.active, 2);
  }
});

test("without aging a low priority starves; with it, it starts in bounded time", () => {
  for (const agingMs of [0, 1000]) {
    const { core, order } = watched();
    core.turn({ type: "ConfigureArm", arm: "a", agingMs });
    core.connect("w", 1);
    const [low] = core.submit({ arm: "a", priority: 9 }, { arm: "a", priority: 0 }).slice(1);
    for (let second = 0; second < 15; second++) {
      core.now += 1000;
      core.submit({ arm: "a", priority: 9 });
      core.end(order.at(-1)!);
    }
    assert.equal(order.includes(low!), agingMs > 0);
    // After nine seconds it counts as much as those that have just come, and is older.
    if (agingMs > 0) assert.ok(order.indexOf(low!) <= 10, `as number ${order.indexOf(low!)}`);
  }
});

test("an arm whose rate is changed begins with a full bucket", () => {
  const { core, order } = watched();
  core.connect("w", 9);
  core.turn({ type: "ConfigureArm", arm: "a", rate: { limit: 1, perMs: 3_600_000, burst: 2 } });
  core.submit({ arm: "a" }, { arm: "a" }, { arm: "a" }, { arm: "a" });
  assert.deepEqual(order, [1, 2]);
  core.turn({ type: "ConfigureArm", arm: "a", rate: { limit: 1, perMs: 1000, burst: 1 } });
  assert.deepEqual(order, [1, 2, 3]);
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual(order, [1, 2, 3, 4]);
});

test("tasks that need more than is free hold up neither others nor themselves", () => {
  const { core, order } = watched();
  const needs = (cpu: number) => ({ asks: { resources: { cpu } } });
  core.connect("w", 5, { resources: { cpu: 4000 } });
  core.submit(needs(3000), needs(3000), needs(3000), needs(9000), needs(1000), {});
  assert.deepEqual(order, [1, 5, 6]);
  core.end(1);
  assert.deepEqual(order, [1, 5, 6, 2]);
  core.end(2);
  core.end(3);
  const [left] = [...core.state.tasks.values()].filter(({ state }) => state === "queued");
  assert.equal(left!.seq, 4);
});

test("meters that are full again are forgotten, in memory and in the store", () => {
  const { core } = watched();
  core.connect("w", 3000);
  const rated = (from: number) =>
    Array.from({ length: 1100 }, (_, n) => ({
      asks: { rate: { key: `k${from + n}`, limit: 1, perMs: 1000, burst: 1 } },
    }));
  const { meters } = core.state.limits;
  core.submit(...rated(0));
  assert.equal(meters.size, 1100);
  core.now += 60_000;
  const forgotten: string[] = [];
  core.onTurn = (state) => {
    for (const { name, used } of state.limits.meters.changes()) if (used === 0) forgotten.push(name);
  };
  core.submit(...rated(2000));
  assert.ok(meters.size <= 1100 + 1024, `${meters.size} are kept`);
  core.now += 60_000;
  core.submit(...rated(4000));
  assert.ok(meters.size <= 2300 && forgotten.length > 0, `${meters.size} are kept, ${forgotten.length} were forgotten`);
});
