/** Ring, sequence table and timers against models too simple to be wrong; the bounds of retry delays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_POLICY, retryDelay } from "./policy.ts";
import { Few } from "./flow/few.ts";
import { RankHeap } from "./rank.ts";
import { Ring } from "./ring.ts";
import { SeqTable } from "./seq-table.ts";
import type { Task } from "./task.ts";
import { Timers } from "./timers.ts";
import { Worker } from "./fleet/worker.ts";

test("a ring is a list with two ends", () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("push" as const), times: fc.integer({ min: 1, max: 300 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("unshift" as const), times: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("shift" as const), times: fc.integer({ min: 1, max: 400 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("remove" as const), times: fc.integer({ min: 1, max: 40 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("sift" as const), times: fc.integer({ min: 1, max: 3 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      let next = 0;
      for (const { kind, times } of steps) {
        for (let i = 0; i < times; i++) {
          if (kind === "shift") assert.equal(ring.shift(), model.shift());
          else if (kind === "sift") {
            const keeps = (item: number): boolean => item % (times + 1) !== i;
            ring.sift(keeps);
            model.splice(0, Infinity, ...model.filter(keeps));
          } else if (kind === "remove") {
            // Any of them, or one that is not there.
            const at = (i * 31) % (model.length + 1);
            ring.remove(model[at] ?? -1);
            model.splice(at, 1);
          } else {
            next++;
            model[kind](next);
            ring[kind](next);
          }
        }
        assert.equal(ring.size, model.length);
        assert.equal(ring.peek(), model[0]);
        const middle = model.length >> 1;
        assert.equal(ring.at(middle), model[middle]);
        assert.equal(ring.at(model.length), undefined);
      }
    }),
    { numRuns: 60 },
  );
});

test("a heap of ranks gives the first of those that were not taken out", () => {
  const ranks = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat()), { maxLength: 80 });
  fc.assert(
    fc.property(ranks, (drawn) => {
      const run = { place: 1 };
      const heap = new RankHeap();
      const model: Task[] = [];
      for (const [index, [rank, pick]] of drawn.entries()) {
        const task = { seq: index + 1, rank, run } as Task;
        heap.push(task);
        model.push(task);
        if (pick % 3 === 0) heap.remove(model.splice(pick % model.length, 1)[0]!);
        model.sort((a, b) => b.rank - a.rank || a.seq - b.seq);
        assert.equal(
          heap.peek(() => true),
          model[0],
        );
      }
      for (const task of model) {
        assert.equal(
          heap.peek(() => true),
          task,
        );
        heap.shift();
      }
    }),
    { numRuns: 200 },
  );
});

test("a sequence table is a map", () => {
  const step = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new SeqTable<number>();
      const model = new Map<number, number>();
      for (const [add, seq] of steps) {
        for (const each of [model, table]) {
          if (add) each.set(seq, seq * 2);
          else each.delete(seq);
        }
        assert.equal(table.get(seq), model.get(seq));
        assert.equal(table.size, model.size);
      }
      assert.deepEqual(new Set(table.values()), new Set(model.values()));
      for (const seq of model.keys()) assert.equal(table.get(seq), seq * 2);
    }),
    { numRuns: 60 },
  );
});

test("timers come by time, equal ones in the order in which they went in, none early", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 }), (times) => {
      const timers = new Timers();
      const subject = new Worker("w");
      for (const at of times) timers.add(at, "lease", subject);
      const sorted = times.map((at, order) => ({ at, order })).sort((a, b) => a.at - b.at || a.order - b.order);
      for (let now = -1; now <= 50; now++) {
        assert.equal(timers.next, sorted[0]?.at ?? Infinity);
        for (let timer = timers.take(now); timer !== undefined; timer = timers.take(now)) {
          const { at, order } = timer;
          assert.deepEqual({ at, order }, sorted.shift());
          assert.ok(at <= now);
        }
      }
      assert.equal(timers.size, 0);
    }),
    { numRuns: 100 },
  );
});

test("a retry waits its full delay at most, and no less than jitter allows", () => {
  const policy = fc.record({
    backoff: fc.constantFrom("fixed" as const, "exponential" as const),
    delayMs: fc.integer({ min: 0, max: 100_000 }),
    maxDelayMs: fc.integer({ min: 0, max: 1_000_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      policy,
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      (fields, retry, task) => {
        const delay = retryDelay({ ...DEFAULT_POLICY, ...fields }, retry, task);
        const { backoff, delayMs, maxDelayMs, jitter } = fields;
        const full = Math.min(backoff === "fixed" ? delayMs : delayMs * 2 ** Math.min(retry - 1, 40), maxDelayMs);
        assert.ok(Number.isInteger(delay));
        assert.ok(delay <= Math.round(full) && delay >= Math.floor(full * (1 - jitter)), `${delay} of ${full}`);
        assert.equal(delay, retryDelay({ ...DEFAULT_POLICY, ...fields }, retry, task), "the same on a replay");
      },
    ),
  );
});

test("a set of few is a set, in the order in which things came", () => {
  const operation = fc.record({ add: fc.boolean(), item: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const few = new Few<number>();
      const model = new Set<number>();
      for (const { add, item } of operations) {
        if (add) {
          few.add(item);
          model.add(item);
        } else assert.equal(few.delete(item), model.delete(item));
        assert.deepEqual([[...few], few.size, few.has(3)], [[...model], model.size, model.has(3)]);
      }
    }),
  );
});
