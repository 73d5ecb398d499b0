/** What a pool needs: class by class, by what its workers could take and would help with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";
import { type PoolRule, poolNeeds } from "./scaling.ts";

const GPU = [{ label: "gpu", op: "exists", values: [] }] as const;

function rule(fields: Partial<PoolRule> = {}): PoolRule {
  return { name: "p", labels: {}, min: 0, max: 10, slots: 4, waitMs: 60_000, ...fields };
}

function need(harness: Harness, rules: PoolRule[], taskMs?: number) {
  return poolNeeds(harness.state, rules, () => taskMs, harness.now);
}

const many = (count: number, fields: object = {}) => Array.from({ length: count }, () => fields);

test("what waits, by how long it takes, and the slots of one worker", () => {
  const harness = new Harness();
  harness.submit(...many(120));
  // 120 tasks of 10 s are 20 minutes; 20 at once do them in a minute, and those are five workers of four slots.
  const [pool] = need(harness, [rule()], 10_000);
  assert.deepEqual([pool!.wanted, pool!.backlog, pool!.backlogMs], [5, 120, 1_200_000]);
  assert.equal(need(harness, [rule({ max: 3 })], 10_000)[0]!.wanted, 3);
  assert.equal(need(harness, [rule({ max: 3 })], 10_000)[0]!.unbounded, 5);
  assert.equal(need(harness, [rule({ slots: 20 })], 10_000)[0]!.wanted, 1);
  // Short tasks need one worker, however few they are; and no more workers than there are tasks.
  assert.equal(need(harness, [rule()], 1)[0]!.wanted, 1);
  assert.equal(need(harness, [rule({ max: 1000 })], 3_600_000)[0]!.wanted, 30);
  assert.equal(need(new Harness(), [rule({ min: 2 })])[0]!.wanted, 2);
  assert.equal(need(new Harness(), [rule()])[0]!.wanted, 0);
});

test("only what its workers could take: labels, resources, functions, no other's name", () => {
  const harness = new Harness();
  const target = { labels: GPU };
  harness.submit(...many(8, { asks: { target } }), { worker: "somebody" });
  const pools = [rule({ name: "cpu" }), rule({ name: "gpu", labels: { gpu: "a100" } })];
  assert.deepEqual(
    need(harness, pools, 60_000).map(({ wanted, backlog }) => [wanted, backlog]),
    [
      [0, 0],
      [2, 8],
    ],
  );
  const big = new Harness();
  big.submit(...many(4, { asks: { resources: { cpu: 3000 } } }));
  assert.equal(need(big, [rule({ resources: { cpu: 2000 } })])[0]!.wanted, 0);
  // Two at once beside each other, though there are four slots.
  assert.equal(need(big, [rule({ resources: { cpu: 6000 } })], 60_000)[0]!.wanted, 2);
  // Without anybody there any function is thought possible; with somebody there, it knows better.
  const functions = new Harness();
  functions.submit({ kind: "call", handler: "other" });
  assert.equal(need(functions, [rule()])[0]!.wanted, 1);
  functions.connect("w1", 1);
  assert.equal(need(functions, [rule()])[0]!.wanted, 0);
});

test("the first pool that fits is filled first, then the next", () => {
  const harness = new Harness();
  harness.submit(...many(24));
  const [first, second] = need(harness, [rule({ name: "a", max: 2 }), rule({ name: "b" })], 60_000);
  assert.deepEqual([first!.wanted, second!.wanted], [2, 4]);
  assert.deepEqual([first!.backlog, second!.backlog], [24, 0]);
});

test("what more workers would not help with does not count", () => {
  const harness = new Harness();
  harness.turn({ type: "ConfigureArm", arm: "slow", maxParallel: 1 });
  harness.turn({ type: "ConfigureArm", arm: "off", enabled: false });
  harness.connect("other", 1, { kinds: ["http"] });
  harness.submit(...many(50, { arm: "slow" }), ...many(50, { arm: "off" }));
  const [pool] = need(harness, [rule({ labels: { zone: "attic" } })], 60_000);
  // One may run at once: one worker, though fifty wait.
  assert.deepEqual([pool!.wanted, pool!.backlog], [1, 50]);

  const locked = new Harness();
  locked.connect("w1", 4);
  locked.submit(...many(50, { asks: { mutex: ["m"] } }));
  // The worker has room and leaves 49 standing: they wait for something else.
  const [alone] = need(locked, [rule()], 60_000);
  assert.deepEqual([alone!.wanted, alone!.busy, alone!.backlog], [1, 1, 0]);

  const parked = new Harness();
  parked.submit(...many(1, { asks: { mutex: ["m"] } }));
  assert.equal(need(parked, [rule()])[0]!.wanted, 1);
});

test("what runs keeps its workers; those that go and those that are away are told apart", () => {
  const harness = new Harness();
  for (const name of ["w1", "w2", "w3"]) harness.connect(name, 1, { labels: { pool: "p" } });
  harness.connect("outside", 5);
  harness.submit(...many(8));
  const [pool] = need(harness, [rule({ slots: 1, labels: { pool: "p" } })]);
  assert.deepEqual([pool!.members.length, pool!.busy, pool!.wanted, pool!.backlog], [3, 3, 3, 0]);
  harness.turn({ type: "DrainWorker", worker: "w1" });
  const { session } = harness.state.workers.get("w2")!;
  harness.turn({ type: "DisconnectWorker", worker: "w2", session, goodbye: false });
  const [later] = need(harness, [rule({ slots: 1, labels: { pool: "p" } })]);
  assert.deepEqual([later!.members.length, later!.draining.length, later!.away, later!.wanted], [1, 1, 1, 1]);
});

test("tasks that run longer than any before them count as that long", () => {
  const harness = new Harness();
  harness.connect("w1", 1);
  harness.submit(...many(11));
  assert.equal(need(harness, [rule({ slots: 1 })])[0]!.wanted, 1);
  harness.now += 60_000;
  // Ten more of at least a minute each, to be done within one.
  assert.equal(need(harness, [rule({ slots: 1 })])[0]!.wanted, 10);
});

test("a resource named as what every object inherits made the need of all pools no number", () => {
  const harness = new Harness();
  harness.connect("w1", 4, { resources: JSON.parse('{ "constructor": 2000, "__proto__": 2000 }') });
  harness.submit({ asks: { resources: JSON.parse('{ "constructor": 1000, "__proto__": 1000 }') } }, ...many(8));
  const [pool] = need(harness, [rule({ labels: { zone: "b" }, resources: { cpu: 8000 } })], 60_000);
  assert.equal(pool!.wanted, 2);
});
