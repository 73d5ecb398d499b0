/** What people ask of a task for all workers that is in no run, and what becomes of it when the server goes; on a real store. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, type HandWorker, until } from "../../../test/sim/engine-harness.ts";
import { serve } from "../../../test/sim/flow-harness.ts";
import { OctopusError } from "../../base/errors.ts";
import { parseTask } from "../../protocol/task-fast.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { Engine } from "../engine.ts";
import type { Journal } from "../ports.ts";

const FAILED = { outcome: "failed", error: { message: "no disk", kind: "exit" } } as const;

async function submit(engine: Engine, more: TaskSubmission = {}): Promise<string> {
  const [accepted] = await engine.submit([parseTask({ shell: "ok", worker: "ALL", ...more })]);
  return accepted!.id;
}

const toEnd = async (engine: Engine, id: string) => (await engine.waitTask(id, Infinity))!;
const began = (engine: Engine, id: string) =>
  until(engine, () => (engine.task(id)?.state === "running" ? true : undefined));

function workersOf(engine: Engine, names = ["a", "b"]): HandWorker[] {
  return names.map((name) => connectWorker(engine, 1, { name }));
}

test("cancelled as a whole, each worker is told to stop", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const workers = workersOf(engine);
  const id = await submit(engine);
  const running = await Promise.all(workers.map((worker) => worker.assigned()));
  await engine.cancelTask(id, "enough");
  for (const [index, worker] of workers.entries()) {
    assert.ok(worker.received.some((message) => message.type === "cancel"));
    const { task, attempt } = running[index]!;
    worker.send({ type: "result", n: 1, task, attempt, report: { outcome: "cancelled" } });
  }
  const task = await toEnd(engine, id);
  assert.deepEqual([task.state, task.members?.counts], ["cancelled", { cancelled: 2 }]);
});

test("a worker that is gone is waited for, and cancelling its task ends the whole", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  await a!.succeeds();
  await b!.assigned();
  b!.send({ type: "goodbye" });
  const reasons = await until(engine, () => {
    const found = engine.task("t3")?.state === "queued" ? engine.explain("t3")!.reasons : undefined;
    return found?.length === 0 ? undefined : found;
  });
  assert.ok(reasons.length > 0);
  assert.match(
    engine
      .explain(id)!
      .reasons.map(({ message }) => message)
      .join(),
    /1 of its 2 members have not ended/,
  );
  await engine.cancelTask("t3", "it will not come back");
  const task = await toEnd(engine, id);
  assert.deepEqual(
    [task.state, task.workers!["a"]!.state, task.workers!["b"]!.state],
    ["failed", "succeeded", "cancelled"],
  );
});

test("a retry of what failed asks those workers again on which it failed", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  const [after] = await engine.submit([parseTask({ shell: "ok", needs: [id] })]);
  await a!.succeeds();
  await b!.ends(FAILED);
  assert.equal((await toEnd(engine, id)).state, "failed");
  assert.equal((await toEnd(engine, after!.id)).state, "upstream_failed");
  await engine.retryTask(id, undefined);
  assert.deepEqual([engine.task(id)!.state, engine.task(after!.id)!.state], ["running", "blocked"]);
  await b!.succeeds();
  const task = await toEnd(engine, id);
  assert.deepEqual(
    [task.state, task.workers!["a"]!.state, task.members],
    ["succeeded", "succeeded", { total: 2, counts: { succeeded: 2 } }],
  );
  await Promise.race([a!.succeeds(), b!.succeeds()]);
  assert.equal((await toEnd(engine, after!.id)).state, "succeeded");
});

test("a retry of what succeeded asks all that are online now", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine, { name: "a" });
  const id = await submit(engine);
  assert.deepEqual(Object.keys((await toEnd(engine, id)).workers!), ["a"]);
  serve(engine, { name: "b" });
  assert.deepEqual(await until(engine, () => engine.task(id)!.lateWorkers), ["b"]);
  await engine.retryTask(id, undefined);
  const task = await toEnd(engine, id);
  assert.deepEqual([task.state, Object.keys(task.workers!), task.lateWorkers], ["succeeded", ["a", "b"], undefined]);
  assert.equal(engine.task("t2")!.attempt, 2);
});

test("a retry of one member takes the whole along", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  await a!.succeeds();
  await b!.ends(FAILED);
  await toEnd(engine, id);
  await engine.retryTask("t3", undefined);
  assert.equal(engine.task(id)!.state, "running");
  await b!.succeeds();
  assert.equal((await toEnd(engine, id)).state, "succeeded");
});

test("many that are retried at once come back with what holds them", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  for (const worker of [a!, b!]) await worker.ends(FAILED);
  await toEnd(engine, id);
  const { id: bulk } = await engine.startBulk({ action: "retry", filter: { state: ["failed"] } });
  await until(engine, () => (engine.bulk(bulk)?.state === "done" ? true : undefined));
  const { done, failed } = engine.bulk(bulk)!;
  assert.deepEqual([done, failed], [3, 0]);
  for (const worker of [a!, b!]) await worker.succeeds();
  assert.equal((await toEnd(engine, id)).state, "succeeded");
});

test("what a person says of it, or of one of its members, counts", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  await a!.assigned();
  await engine.markTask(id, { state: "succeeded", by: "me" });
  assert.deepEqual([engine.task(id)!.state, engine.task("t2")!.state], ["succeeded", "cancelled"]);
  assert.ok(a!.received.some((message) => message.type === "cancel"));
  assert.equal(b!.closed, false);
});

test("a member that failed and is marked succeeded lets the whole succeed", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  await a!.succeeds();
  await b!.ends(FAILED);
  await toEnd(engine, id);
  await engine.markTask("t3", { state: "succeeded", by: "me" });
  assert.equal((await toEnd(engine, id)).state, "succeeded");
});

test("deleted as a whole; a member stays as long as the whole lives", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [a, b] = workersOf(engine);
  const id = await submit(engine);
  await a!.succeeds();
  await assert.rejects(engine.deleteTask("t2"), /belongs to t1, which has not ended/);
  await b!.succeeds();
  await toEnd(engine, id);
  await engine.deleteTask(id);
  assert.deepEqual(engine.tasks({}).items, []);
});

test("a unique key is held by the whole, who is told is told once, and an id names the whole", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const workers = workersOf(engine);
  const more: TaskSubmission = { id: "sweep", uniqueKey: "u", finally: { shell: "echo", worker: "a" } };
  const id = await submit(engine, more);
  await began(engine, id);
  const [again, same] = await engine.submit([
    parseTask({ shell: "ok", worker: "ALL", ...more }),
    parseTask({ shell: "other", uniqueKey: "u" }),
  ]);
  assert.deepEqual([again!.id, again!.existed, same!.id], ["sweep", true, "sweep"]);
  for (const worker of workers) await worker.succeeds();
  assert.equal((await toEnd(engine, id)).state, "succeeded");
  const told = await workers[0]!.assigned();
  assert.equal(told.work.kind, "shell");
  assert.match(JSON.stringify(told.work), /task\.succeeded/);
  assert.equal(engine.task(id)!.deliveries.length, 1);
});

test("a restart finds it where it was", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-all-"));
  try {
    {
      await using server = createTestEngine({ dir });
      const [a] = workersOf(server.engine);
      await submit(server.engine, { id: "sweep" });
      await a!.succeeds();
      await until(server.engine, () => (server.engine.task("t3") !== undefined ? true : undefined));
    }
    await using server = createTestEngine({ dir });
    const { engine } = server;
    assert.equal(engine.task("sweep")!.state, "running");
    serve(engine, { name: "c" });
    serve(engine, { name: "b" });
    const task = await toEnd(engine, "sweep");
    assert.deepEqual([task.state, Object.keys(task.workers!), task.lateWorkers], ["succeeded", ["a", "b"], ["c"]]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a journal that fails at any moment of the making: no worker gets two, and none is left out", async () => {
  for (const at of [2, 3, 4]) {
    let appends = 0;
    let failing = false;
    const wrap = (journal: Journal): Journal => ({
      load: () => journal.load(),
      probe: () => !failing && journal.probe(),
      append(batch, summary) {
        if (failing || ++appends === at) {
          failing = true;
          throw new OctopusError("storage_failed", "the disk is gone", { retryable: true });
        }
        return journal.append(batch, summary);
      },
    });
    await using server = createTestEngine({ wrap });
    const { engine } = server;
    const names = ["a", "b", "c"];
    appends = -1000;
    for (const name of names) serve(engine, { name });
    await engine.submit([parseTask({ shell: "ok" })]);
    appends = 0;
    const id = await submit(engine).catch(() => undefined);
    while (!failing && (id === undefined || engine.task(id)?.endedAt === undefined))
      await new Promise((resolve) => setImmediate(resolve));
    failing = false;
    while (!engine.ready()) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const name of names) serve(engine, { name });
    const task = await toEnd(engine, id ?? (await submit(engine)));
    assert.equal(task.state, "succeeded", `failed at append ${at}: ${task.reason}`);
    const workers = engine.tasks({ inside: task.id }).items.map(({ worker }) => worker!);
    assert.deepEqual(workers.toSorted(), names, `failed at append ${at}`);
  }
});

test("after a start it waits for the workers that were there, and no longer than their lease", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-all-"));
  try {
    {
      await using server = createTestEngine({ dir });
      const names = ["a", "b", "gone"];
      for (const worker of workersOf(server.engine, names).slice(2)) worker.send({ type: "goodbye" });
      await until(server.engine, () => (server.store.library.workersThere().includes("gone") ? undefined : true));
    }
    await using server = createTestEngine({ dir });
    const { engine } = server;
    serve(engine, { name: "a" });
    const id = await submit(engine);
    await engine.submit([parseTask({ shell: "ok" })]);
    assert.deepEqual([engine.task(id)!.state, engine.task(id)!.members], ["queued", undefined]);
    assert.match(engine.explain(id)!.reasons[0]!.message, /waits for those that were there before/);
    serve(engine, { name: "b" });
    assert.deepEqual(Object.keys((await toEnd(engine, id)).workers!), ["a", "b"]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
