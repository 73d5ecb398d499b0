/** What a worker can do changes while it is connected, and nothing of what it was handed is lost by that. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";

const call = (name: string) => ({ ...shell(), work: { kind: "call", call: name } }) as ReturnType<typeof shell>;

test("an offer counts from then on, and what is on its way to the worker stays with it", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5, { says: { features: ["offer"], labels: { zone: "attic" } } });
  await engine.submit([shell()]);
  // It has not said that it has it: an offer speaks of nothing else than what it offers.
  const { task, attempt } = await worker.assigned();
  worker.send({ type: "offer", abilities: { kinds: ["shell", "call"], functions: ["g"] }, labels: { zone: "cellar" } });
  await engine.submit([call("g")]);
  assert.deepEqual([attempt, (await worker.assigned()).work], [1, { kind: "call", call: "g" }]);
  assert.deepEqual([task, engine.fleet.worker("w")?.labels], [1, { zone: "cellar" }]);
  worker.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded" } });
  await worker.acknowledged(1);
  assert.deepEqual(
    engine.task("t1")?.attempts.map(({ outcome }) => outcome),
    ["succeeded"],
  );
});

test("an offer changes nothing but abilities and labels, whatever else it says", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { says: { features: ["offer"] } });
  const lie = { name: "another", slots: 1000, instance: "2", resources: { gpu: "all" }, holds: [] };
  worker.send({ type: "offer", abilities: { kinds: ["shell"], functions: [] }, ...lie } as never);
  await engine.submit([shell(), shell()]);
  await worker.assigned();
  const { slots, resources } = engine.fleet.worker("w")!;
  assert.deepEqual([slots, resources], [1, undefined]);
  assert.deepEqual([engine.fleet.worker("another"), engine.task("t2")?.state], [undefined, "queued"]);
});

test("a worker that leaves is given nothing, whatever it offers", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5, { says: { features: ["offer"] } });
  await engine.submit([shell()]);
  await worker.assigned();
  worker.send({ type: "draining" }, { type: "offer", abilities: { kinds: ["shell"], functions: [] } });
  await engine.submit([shell()]);
  assert.deepEqual([engine.fleet.worker("w")?.state, engine.task("t2")?.state], ["draining", "queued"]);
});
