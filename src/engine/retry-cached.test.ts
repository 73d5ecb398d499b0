/** What the simulator found of caches: tasks that run once more, with other input or over a restart. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, until } from "../../test/sim/engine-harness.ts";
import { TaskSubmission } from "../protocol/task.ts";

const call = (id: string, more: object = {}) =>
  TaskSubmission.parse({ id, call: "f", input: { n: 1 }, cache: true, ...more });

test("the result of a retry with other input is not taken for that of the input before", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1, { functions: ["f"] });
  await engine.submit([call("a")]);
  await worker.ends({ outcome: "succeeded", result: 1 });
  await engine.retryTask("a", { input: { n: 2 } });
  await worker.ends({ outcome: "succeeded", result: 2 });
  await engine.submit([call("b")]);
  await worker.ends({ outcome: "succeeded", result: 1 });
  const { result, cachedFrom } = (await engine.waitTask("b", Infinity))!;
  assert.deepEqual([result, cachedFrom], [1, undefined]);
});

test("a task that refreshes the cache keeps its result for others although the server started again meanwhile", async () => {
  const data = mkdtempSync(join(tmpdir(), "octopus-retry-cached-"));
  const held = { task: 1, attempt: 1 };
  try {
    {
      await using server = createTestEngine({ dir: data });
      const worker = connectWorker(server.engine, 1, { functions: ["f"] });
      await server.engine.submit([call("a", { cache: { refresh: true } })]);
      assert.deepEqual(await worker.assigned().then(({ task, attempt }) => ({ task, attempt })), held);
    }
    await using server = createTestEngine({ dir: data });
    const { engine } = server;
    const worker = connectWorker(engine, 1, { functions: ["f"], holds: [held] });
    await until(engine, () => worker.received.find(({ type }) => type === "welcome"));
    worker.send({ type: "result", n: 1, ...held, report: { outcome: "succeeded", result: 7 } });
    await worker.acknowledged(1);
    await engine.submit([call("b")]);
    const { result, cachedFrom } = (await engine.waitTask("b", 1000))!;
    assert.deepEqual([result, cachedFrom], [7, "a"]);
  } finally {
    rmSync(data, { recursive: true });
  }
});
