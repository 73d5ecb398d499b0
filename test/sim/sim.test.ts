/** The simulator itself: the seeds found before, a handful of others, and that a seed means one thing only. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FOUND_SEEDS } from "./seeds.ts";
import { simulateCluster } from "./cluster/simulation.ts";
import { simulate } from "./simulation.ts";

for (const [seed, what] of FOUND_SEEDS) {
  test(`seed ${seed}: ${what}`, async () => {
    assert.equal((await simulate(seed)).failure, undefined);
  });
}

test("twenty seeds pass", async () => {
  for (let seed = 1; seed <= 20; seed++) assert.equal((await simulate(seed)).failure, undefined, `seed ${seed}`);
});

test("three clusters pass, and one seed of them gives one trace", async () => {
  for (const seed of [2, 3]) assert.equal((await simulateCluster(seed)).failure, undefined, `seed ${seed}`);
  const traces = [0, 1].map((): string[] => []);
  for (const trace of traces) {
    const told = (line: string): unknown =>
      trace.push(line.replaceAll(/"(instance|durationMs|pid|host|stack|bytes)":[^,}]+/g, ""));
    assert.equal((await simulateCluster(4, told)).failure, undefined);
  }
  assert.deepEqual(traces[0], traces[1]);
});

test("one seed gives one trace", async () => {
  const traces = [0, 1].map((): string[] => []);
  for (const trace of traces)
    await simulate(5, (line) => trace.push(line.replaceAll(/"(instance|durationMs|pid|host|stack)":[^,}]+/g, "")));
  assert.ok(traces[0]!.length > 100);
  assert.deepEqual(traces[0], traces[1]);
});
