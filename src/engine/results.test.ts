import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";

const LARGE = "x".repeat(2000);

test("a large result survives the deletion of a task with the same one, whenever that comes", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 2);
  await engine.submit([shell({ id: "a" }), shell({ id: "b" })]);
  const [a, b] = [await worker.assigned(), await worker.assigned()];
  const report = { outcome: "succeeded", result: LARGE } as const;
  worker.send({ type: "result", n: 1, ...pick(a), report });
  await engine.waitTask("a", Infinity);
  const deleted = engine.deleteTask("a");
  worker.send({ type: "result", n: 2, ...pick(b), report });
  await Promise.all([deleted, engine.waitTask("b", Infinity)]);
  assert.equal(engine.resultText("b"), JSON.stringify(LARGE));
});

test("a large result that nobody waits for any more leaves no file", async () => {
  await using server = createTestEngine();
  const { engine, store } = server;
  const worker = connectWorker(engine, 1);
  await engine.submit([shell()]);
  const ref = pick(await worker.assigned());
  worker.send({ type: "result", n: 1, ...ref, report: { outcome: "succeeded" } });
  worker.send({ type: "result", n: 2, ...ref, report: { outcome: "succeeded", result: LARGE } });
  await worker.acknowledged(2);
  assert.equal(store.artifacts.get(createHash("sha256").update(JSON.stringify(LARGE)).digest("hex")), undefined);
});

function pick({ task, attempt }: { task: number; attempt: number }) {
  return { task, attempt };
}
