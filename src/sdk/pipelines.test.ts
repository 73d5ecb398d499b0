/** Pipelines on the real engine, embedded and over HTTP: an ordinary run that is visible, cancellable, retryable and bounded. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Octopus, type PipelineResult } from "../mod.ts";
import { startTestServer } from "./testing.ts";

const WAIT_MS = 20_000;

test("D4 a pipeline runs its stages on the engine, and its run shows them", async () => {
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  octopus.models.register("model1", { cost: 1, quality: 0.9, handler: ({ input }) => `read ${input as string}` });
  octopus.models.register("model2", {
    ...{ cost: 2, latency: "1ms", quality: 0.9 },
    handler: ({ previous, outputs, stage, task }) => ({
      output: [previous, Object.keys(outputs), stage, task.attempt],
      cost: 1.5,
    }),
  });
  const handle = await octopus.pipeline({
    id: "my_pipeline",
    stages: [
      { name: "Stage 1", model: "model1" },
      { name: "Stage 2", model: "model2" },
    ],
    strategy: "LOCAL_FAST_PRECISE",
    maxTime: "300s",
    maxCost: 10,
    priority: 8,
    input: "this",
  });
  const result = await handle.result(WAIT_MS);
  assert.deepEqual(result.output, ["read this", ["Stage 1"], "Stage 2", 1]);
  assert.deepEqual([result.state, result.spent, result.maxCost, result.maxTimeMs], ["succeeded", 2.5, 10, 300_000]);
  const run = await handle.wait();
  assert.deepEqual([run.workflow, run.state], ["my_pipeline", "succeeded"]);
  assert.deepEqual(
    run.tasks.map(({ name, priority, state }) => [name, priority, state]),
    [
      ["Stage 1/model1", 8, "succeeded"],
      ["Stage 2/model2", 8, "succeeded"],
    ],
  );
});

test("D4 maxTime is hard: what runs is cancelled, and the result says how far it was", async () => {
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let isReached = false;
  octopus.models.register("quick", { handler: () => "draft" });
  octopus.models.register("endless", {
    cost: 3,
    handler({ signal }) {
      isReached = true;
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          stop();
          reject(new Error("stopped"));
        });
      });
    },
  });
  const stages = [
    { name: "draft", model: "quick" },
    { name: "polish", model: "endless" },
  ];
  // A machine that has other things to do may need longer than that to come to the second stage.
  let maxTime = 300;
  let handle = await octopus.pipeline({ stages, maxTime });
  let result = await handle.result(WAIT_MS);
  while (!isReached && maxTime < WAIT_MS / 2) {
    maxTime *= 2;
    handle = await octopus.pipeline({ stages, maxTime });
    result = await handle.result(WAIT_MS);
  }
  assert.ok(isReached, `the second stage was not reached within ${maxTime} ms`);
  await stopped;
  assert.deepEqual([result.state, result.partial, result.spent], ["failed", "draft", 3]);
  assert.match(result.reason!, /ran out of time/);
  assert.deepEqual(
    result.stages.map(({ state }) => state),
    ["done", "stopped"],
  );
  assert.equal((await handle.wait()).state, "failed");
});

test("D4 a pipeline can be cancelled; what it had reached is told", async () => {
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  octopus.models.register("endless", {
    handler: ({ signal }) => {
      start();
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    },
  });
  const handle = await octopus.pipeline({ stages: [{ name: "one", model: "endless" }] });
  await started;
  await handle.cancel("not needed");
  const result = await handle.result(WAIT_MS);
  assert.deepEqual([result.state, result.stages[0]!.state], ["cancelled", "stopped"]);
  assert.equal((await handle.wait()).state, "cancelled");
});

test("D4 a failed model of a failed pipeline can be retried like any task, and the pipeline goes on", async () => {
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  let isUp = false;
  octopus.models.register("flaky", {
    handler: () => {
      if (!isUp) throw new Error("no connection");
      return "made";
    },
  });
  octopus.models.register("last", { handler: ({ previous }) => `${previous as string}, checked` });
  const handle = await octopus.pipeline({
    stages: [
      { name: "make", model: "flaky" },
      { name: "check", model: "last" },
    ],
  });
  const failed = await handle.result(WAIT_MS);
  assert.deepEqual(
    [failed.state, failed.reason],
    ["failed", "stage make: every model that was tried failed (flaky: no connection)"],
  );
  isUp = true;
  const { tasks } = await handle.wait();
  await octopus.retry(tasks[0]!.id);
  const result = await handle.result(WAIT_MS);
  assert.deepEqual([result.state, result.output], ["succeeded", "made, checked"]);
});

test("D4 a pipeline goes on after its program was closed and opened again", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "octopus-pipeline-"));
  try {
    const before = await Octopus.open({ dataDir });
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    before.models.register("first", { handler: () => "kept" });
    before.models.register("second", {
      handler: ({ signal }) => {
        reach();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("closing"))));
      },
    });
    const stages = [
      { name: "a", model: "first" },
      { name: "b", model: "second" },
    ];
    const { id } = await before.pipeline({ stages });
    await reached;
    await before.close(0);
    await using after = await Octopus.open({ dataDir });
    after.models.register("second", { handler: ({ previous }) => `${previous as string} and done` });
    const run = await after.engine.waitRun(id, WAIT_MS);
    assert.equal((run!.result as unknown as PipelineResult).output, "kept and done");
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test("D4 over HTTP: models inline, as functions of a worker or as URLs", async (t) => {
  const model = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { previous } = JSON.parse(body) as { previous: string };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ output: `${previous} from afar`, cost: 0.25 }));
    });
  }).listen(0, "127.0.0.1");
  await once(model, "listening");
  t.after(() => model.close());
  await using server = await startTestServer();
  await using octopus = Octopus.connect(server.url);
  octopus.register("classify", (input: { input: string }) => `class of ${input.input}`);
  // The server of the test has no worker of its own that does HTTP; this one does functions only.
  const handle = await octopus.pipeline({
    stages: [{ name: "classify", model: "local" }],
    models: { local: { call: "classify", cost: 1, local: true } },
    input: "mail",
  });
  assert.equal((await handle.result(WAIT_MS)).output, "class of mail");

  await using embedded = await Octopus.open({ dataDir: ":memory:" });
  embedded.models.register("first", { handler: () => "word" });
  const { port } = model.address() as AddressInfo;
  const far = await embedded.pipeline({
    stages: [
      { name: "one", model: "first" },
      { name: "two", model: "far" },
    ],
    models: { far: { http: `http://127.0.0.1:${port}/`, cost: 1 } },
  });
  const result = await far.result(WAIT_MS);
  assert.deepEqual([result.output, result.spent], ["word from afar", 0.25]);
});

test("D4 over HTTP a pipeline that cannot be is refused with the field", async () => {
  await using server = await startTestServer();
  const post = async (body: unknown): Promise<{ status: number; detail: string }> => {
    const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${server.url}/api/v1/pipelines`, init);
    return { status: response.status, ...((await response.json()) as { detail: string }) };
  };
  const models = { m: { cost: 5 } };
  const unknown = await post({ stages: [{ name: "a", model: "x" }], models });
  assert.deepEqual(
    [unknown.status, /stages\[0\]\.model must be the name of a model: there are m/.test(unknown.detail)],
    [422, true],
  );
  const dear = await post({ stages: [{ name: "a" }], models, maxCost: 4 });
  assert.match(
    dear.detail,
    /maxCost does not allow the pipeline to begin \(m: it costs 5, and 4 of maxCost 4 is left\)/,
  );
  assert.match((await post({ stages: [{ name: "a" }], models, maxCosts: 4 })).detail, /maxCosts/);
  assert.match((await post([])).detail, /body must be an object/);
});
