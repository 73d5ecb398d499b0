import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { loadState } from "../core/load.ts";
import type { Journal } from "./ports.ts";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";

test("two deletes of one task in one turn count it once", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([shell({ id: "a" })]);
  await engine.cancelTask("a");
  const results = await Promise.allSettled([engine.deleteTask("a"), engine.deleteTask("a")]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(engine.state.counts.cancelled, 0);
});

test("an id that was deleted in the same turn is free", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([shell({ id: "a" })]);
  await engine.cancelTask("a");
  const [, [again]] = await Promise.all([engine.deleteTask("a"), engine.submit([shell({ id: "a" })])]);
  assert.deepEqual(again, { id: "a", state: "queued" });
  assert.equal(engine.task("a")?.state, "queued");
});

test("a retry in the same turn as a delete finds no task", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([shell({ id: "a" })]);
  await engine.cancelTask("a");
  const results = await Promise.allSettled([engine.deleteTask("a"), engine.retryTask("a")]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(engine.state.tasks.size, 0);
});

test("two parents retried at once bring their child back", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit([shell({ id: "a" }), shell({ id: "b" }), shell({ id: "c", needs: ["a", "b"] })]);
  await Promise.all([engine.cancelTask("a"), engine.cancelTask("b")]);
  assert.equal(engine.task("c")?.state, "upstream_failed");
  await Promise.all([engine.retryTask("a"), engine.retryTask("b")]);
  assert.equal(engine.task("c")?.state, "blocked");
});

test("tasks of a run stay until it has ended", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const { id } = await engine.submitRun({ workflow: "w", tasks: [shell({ id: "a" }), shell({ id: "b" })] });
  const [first, second] = engine.run(id)!.tasks.map((task) => task.id);
  await engine.cancelTask(first!);
  await assert.rejects(engine.deleteTask(first!), { code: "conflict" });
  assert.equal(await engine.clearEnded(0), 0);
  assert.deepEqual(engine.run(id)!.counts, { cancelled: 1, queued: 1 });
  await engine.cancelTask(second!);
  assert.equal(await engine.clearEnded(0), 2);
  // The run goes with the last of its tasks.
  assert.equal(engine.run(id), undefined);
});

test("a succeeded task that is retried is waited for again, and still is after a restart", async () => {
  await using server = createTestEngine();
  const { engine, store } = server;
  await engine.submit([shell({ id: "a" }), shell({ id: "b" }), shell({ id: "c", needs: ["a", "b"] })]);
  const worker = connectWorker(engine, 1);
  await worker.succeeds();
  await engine.retryTask("a");
  assert.equal(engine.state.keys.get("c")!.task.waiting, 2);
  assert.equal(loadState(store.journal.load(), Date.now(), 1000).keys.get("c")!.task.waiting, 2);
});

test("more attempts than one turn starts go on after an append that answers later", async () => {
  const later = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => journal.probe(),
    append: async (batch, summary) => {
      await Promise.resolve();
      await journal.append(batch, summary);
    },
  });
  await using server = createTestEngine({ wrap: later });
  const { engine } = server;
  await engine.submit(Array.from({ length: 2300 }, () => shell()));
  const worker = connectWorker(engine, 2300);
  for (let i = 0; i < 2300; i++) await worker.assigned();
  assert.equal(engine.state.counts.running, 2300);
});

test("a submission of many thousands is cut into turns, however few commands it takes", async () => {
  const sizes: number[] = [];
  const measured = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => journal.probe(),
    append: (batch, summary) => {
      sizes.push(batch.events.length);
      return journal.append(batch, summary);
    },
  });
  await using server = createTestEngine({ wrap: measured });
  const accepted = await server.engine.submit(Array.from({ length: 20_000 }, () => shell()));
  assert.equal(accepted.length, 20_000);
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    20_000,
  );
  assert.ok(Math.max(...sizes) <= 1024, `a turn holds the loop for ${Math.max(...sizes)} events`);
});

test("of a large submission that somebody came between the refusal says which tasks were accepted", async () => {
  await using server = createTestEngine({});
  const { engine } = server;
  const tasks = Array.from({ length: 1500 }, (_, n) => (n === 5 ? { ...shell(), id: "mine" } : shell()));
  const all = engine.submit(tasks);
  // It has looked over its first tasks by now, and is not through with the others.
  const [mine] = await engine.submit([{ ...shell(), id: "mine", priority: 9 }]);
  assert.equal(mine!.id, "mine");
  await assert.rejects(all, (error: OctopusError) => {
    assert.deepEqual([error.code, error.retryable], ["conflict", false]);
    assert.match(error.message, /of the same request tasks\[512\] to tasks\[1499\] were accepted/);
    assert.equal(error.issues[0]!.path, "tasks[5].id");
    return true;
  });
  assert.equal(engine.state.lastTask, 1 + 1500 - 512);
});

test("whoever waits for a task that an append loses is told that it is not there", async () => {
  const { promise: written, reject: lose } = Promise.withResolvers<void>();
  let appends = 0;
  const wrap = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => journal.probe(),
    append: (batch, summary) => (++appends === 1 ? written : journal.append(batch, summary)),
  });
  await using server = createTestEngine({ wrap });
  const { engine } = server;
  const submitted = engine.submit([shell()]);
  while (appends === 0) await new Promise(setImmediate);
  const waited = engine.waitTask("t1", Infinity);
  lose(new OctopusError("storage_full", "the disk is full", { retryable: true }));
  await assert.rejects(submitted, /the disk is full/);
  assert.equal(await waited, undefined);
});
