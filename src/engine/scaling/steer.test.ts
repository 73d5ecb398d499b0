/** When a pool grows, when it shrinks, and what it does when its commands fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolNeed } from "../../core/fleet/scaling.ts";
import { Worker } from "../../core/fleet/worker.ts";
import { createMemory, freeName, noteFailure, noteSuccess, type PoolSettings, reasonOf, steer } from "./steer.ts";

const POOL: PoolSettings = {
  ...{ name: "p", labels: {}, min: 0, max: 5, slots: 4 },
  ...{ waitMs: 60_000, idleMs: 10_000, cooldownMs: 3000, startMs: 60_000, canStart: true, canStop: false },
};

function need(wanted: number, there: number, more: Partial<PoolNeed> = {}): PoolNeed {
  const members = Array.from({ length: there }, (_, at) => new Worker(`p-${at + 1}`));
  const rest = { draining: [], away: 0, busy: there, backlog: 0, backlogMs: 0, unbounded: wanted };
  return { members, wanted, ...rest, ...more };
}

test("it grows at once, and not again before its cooldown is over", () => {
  const memory = createMemory();
  assert.deepEqual(steer(POOL, need(3, 1), memory, 10_000), { desired: 3, start: 2, release: [] });
  assert.equal(steer(POOL, need(5, 1), memory, 11_000).start, 0);
  memory.starting.set("p-2", 10_000).set("p-3", 10_000);
  assert.equal(steer(POOL, need(5, 1), memory, 13_000).start, 2);
  // One that has lost its connection a moment ago may come back.
  assert.equal(steer(POOL, need(5, 1, { away: 2 }), memory, 20_000).start, 0);
});

test("it shrinks to the most that was needed within the idle time, the emptiest first", () => {
  const memory = createMemory();
  for (const [at, wanted] of [
    [0, 4],
    [1000, 2],
    [2000, 3],
    [3000, 1],
  ] as const) {
    assert.equal(steer(POOL, need(wanted, 4), memory, 100_000 + at).desired, 4);
  }
  const later = need(1, 4);
  (later.members[0]!.attempts as Set<unknown>).add({});
  (later.members[3]!.attempts as Set<unknown>).add({});
  assert.deepEqual(steer(POOL, later, memory, 111_500), { desired: 3, start: 0, release: ["p-3"] });
  memory.leaving.set("p-3", { since: 0, ordered: false });
  assert.deepEqual(steer(POOL, later, memory, 112_000).release, []);
  assert.deepEqual(steer(POOL, later, memory, 125_000), { desired: 1, start: 0, release: ["p-2", "p-4", "p-1"] });
});

test("nothing is let go while something is being started, and nothing at all is done without commands", () => {
  const memory = createMemory();
  memory.starting.set("p-9", 0);
  assert.deepEqual(steer(POOL, need(0, 2), memory, 50_000).release, []);
  const looked = { ...POOL, canStart: false, canStop: false };
  assert.deepEqual(steer(looked, need(4, 1), createMemory(), 50_000), { desired: 4, start: 0, release: [] });
  assert.deepEqual(steer(looked, need(0, 1), createMemory(), 50_000), { desired: 0, start: 0, release: [] });
});

test("after failures it waits longer and longer, at most ten minutes", () => {
  const memory = createMemory();
  const waits: number[] = [];
  for (let failure = 0; failure < 12; failure++) {
    noteFailure(memory, "no", 3000, 0);
    waits.push(memory.retryAt);
  }
  assert.deepEqual(waits.slice(0, 3), [3000, 6000, 12_000]);
  assert.equal(waits.at(-1), 600_000);
  assert.equal(steer(POOL, need(3, 0), memory, 599_999).start, 0);
  assert.equal(steer(POOL, need(3, 0), memory, 600_000).start, 3);
  noteSuccess(memory);
  assert.deepEqual([memory.failures, memory.lastError], [0, undefined]);
});

test("names are the lowest that are free, and reasons are words", () => {
  const taken = new Set(["gpu-1", "gpu-3"]);
  assert.equal(
    freeName("gpu", (name) => taken.has(name)),
    "gpu-2",
  );
  assert.equal(reasonOf(POOL, need(5, 1, { unbounded: 9 }), 5), "its work takes 9 workers, and it may have 5");
  assert.equal(reasonOf(POOL, need(0, 1, { busy: 0 }), 0), "nothing waits");
  assert.equal(reasonOf(POOL, need(1, 1, { backlog: 2 }), 1), "2 tasks wait");
  assert.equal(reasonOf(POOL, need(1, 3), 3), "1 would do now; more were needed a short while ago");
});
