/** Planned runs on a real store: asked at the right moments, after a restart too, and what a bad planner does. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";
import { outside } from "../../test/sim/outside.ts";
import { isEnded } from "../base/words.ts";
import type { Planner } from "./ports.ts";

/** One step after the other, each needing the one before, until `steps` have succeeded; a failure ends it. */
const chain: Planner = ({ tasks, params, timedOut, cancelled }) => {
  if (timedOut) return { end: { state: "partial", result: tasks.length, reason: "no time left" } };
  if (cancelled) return { end: { state: "cancelled" } };
  if (tasks.some(({ state }) => !isEnded(state))) return {};
  if (tasks.some(({ state }) => state !== "succeeded")) return { end: { state: "failed", reason: "a step failed" } };
  if (tasks.length === params["steps"]) {
    return { end: { state: "succeeded", result: { results: tasks.map(({ result }) => result ?? null) } } };
  }
  const last = tasks.at(-1)?.name;
  return { submit: [{ ...shell(), id: `s${tasks.length}`, ...(last !== undefined && { needs: [last] }) }] };
};
const broken: Planner = ({ tasks }) => {
  if (tasks.length === 0)
    return {
      submit: [
        { ...shell(), id: "a" },
        { ...shell(), id: "b" },
      ],
    };
  throw new Error("cannot think");
};
const world = { ...outside, planners: { chain, broken } };

test("the planner is asked as tasks end; the run ends as it says, with its result", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = connectWorker(engine, 5);
  const { id } = await engine.submitRun({ workflow: "w", tasks: [], planner: "chain", params: { steps: 3 } });
  for (let n = 0; n < 3; n++) await worker.ends({ outcome: "succeeded", result: n });
  const run = await engine.waitRun(id, Infinity);
  assert.deepEqual([run?.state, run?.result], ["succeeded", { results: [0, 1, 2] }]);
  assert.deepEqual(
    run?.tasks.map(({ name, needs }) => [name, needs.length]),
    [
      ["s0", 0],
      ["s1", 1],
      ["s2", 1],
    ],
  );
});

test("after a restart it is asked again and makes nothing twice", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-plan-"));
  try {
    let id = "";
    {
      await using server = createTestEngine({ dir, world });
      const worker = connectWorker(server.engine, 5);
      ({ id } = await server.engine.submitRun({ workflow: "w", tasks: [], planner: "chain", params: { steps: 2 } }));
      await worker.succeeds();
    }
    await using server = createTestEngine({ dir, world });
    const { engine } = server;
    const worker = connectWorker(engine, 5);
    await worker.succeeds();
    const run = await engine.waitRun(id, Infinity);
    assert.equal(run?.state, "succeeded");
    assert.equal(run?.tasks.length, 2);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a run that waits for nothing but its planner is over when that is asked after a restart", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-plan-"));
  try {
    let id = "";
    {
      // A server without this planner would have ended the run: here it is only slow to be asked.
      await using server = createTestEngine({ dir, world: { ...world, planners: { chain: () => ({}) } } });
      const accepted = server.engine.submitRun({
        workflow: "w",
        tasks: [shell({ id: "s0" })],
        planner: "chain",
        params: { steps: 1 },
      });
      ({ id } = await accepted);
    }
    await using server = createTestEngine({ dir, world });
    const worker = connectWorker(server.engine, 1);
    await worker.succeeds();
    assert.equal((await server.engine.waitRun(id, Infinity))?.state, "succeeded");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("out of time: what is left is cancelled, and the planner sums up", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const { id } = await engine.submitRun({
    workflow: "w",
    tasks: [],
    planner: "chain",
    params: { steps: 2 },
    timeoutMs: 20,
  });
  const run = await engine.waitRun(id, Infinity);
  assert.deepEqual([run?.state, run?.result, run?.reason], ["partial", 1, "no time left"]);
  assert.deepEqual(
    run?.tasks.map(({ state }) => state),
    ["cancelled"],
  );
});

test("a run of a workflow that is out of time has failed, and says so", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const tasks = [shell({ id: "a" }), shell({ id: "b", needs: ["a"] })];
  const { id } = await engine.submitRun({ workflow: "w", tasks, timeoutMs: 20 });
  const run = await engine.waitRun(id, Infinity);
  assert.equal(run?.state, "failed");
  assert.match(run?.reason ?? "", /ran out of time/);
  assert.deepEqual(
    run?.tasks.map(({ state }) => state),
    ["cancelled", "cancelled"],
  );
});

test("cancelling a planned run stops it for good", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const { id } = await engine.submitRun({ workflow: "w", tasks: [], planner: "chain", params: { steps: 2 } });
  await engine.cancelRun(id);
  const run = await engine.waitRun(id, Infinity);
  assert.equal(run?.state, "cancelled");
});

test("a planner that throws fails its run and leaves nothing running", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const { id } = await engine.submitRun({ workflow: "w", tasks: [], planner: "broken" });
  await worker.succeeds();
  const second = await worker.assigned();
  worker.send({ type: "result", n: 2, task: second.task, attempt: second.attempt, report: { outcome: "cancelled" } });
  const run = await engine.waitRun(id, Infinity);
  assert.deepEqual([run?.state, run?.reason], ["failed", "its planner failed: cannot think"]);
});

test("a planner that there is not is refused, with those that there are", async () => {
  await using server = createTestEngine({ world });
  const refused = server.engine.submitRun({ workflow: "w", tasks: [], planner: "nope" });
  await assert.rejects(refused, /planner names no planner: "nope". There are broken, chain/);
});

test("a task of a planned run that is retried lets the planner decide afresh", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const { id } = await engine.submitRun({ workflow: "w", tasks: [], planner: "chain", params: { steps: 2 } });
  await worker.ends({ outcome: "failed", exitCode: 1 });
  assert.equal((await engine.waitRun(id, Infinity))?.state, "failed");
  await engine.retryTask(engine.run(id)!.tasks[0]!.id);
  assert.equal(engine.run(id)?.state, "running");
  await worker.succeeds();
  await worker.succeeds();
  assert.equal((await engine.waitRun(id, Infinity))?.state, "succeeded");
});
