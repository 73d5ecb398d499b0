/** Bulk actions on a real store: what each does, what it refuses, and that a restart goes on behind the last step. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell, until } from "../../test/sim/engine-harness.ts";
import { each, holds, serve, states, task, workflow } from "../../test/sim/flow-harness.ts";
import type { FeedEvent } from "../protocol/feed.ts";
import type { Engine } from "./engine.ts";
import type { Journal } from "./ports.ts";

/** Resolves with the action when it is over. */
function over(engine: Engine, id: string) {
  return until(engine, () => {
    const view = engine.bulk(id);
    return view?.state === "running" ? undefined : view;
  });
}

const many = (count: number, more = {}) =>
  Array.from({ length: count }, (_, n) => shell({ id: `${n % 2 ? "odd" : "even"}${n}`, ...more }));

test("cancel: only what the filter matches, in steps, with progress in the feed", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit(many(1200));
  const told: FeedEvent[] = [];
  engine.subscribe(undefined, (entries) => told.push(...entries.map(({ event }) => event)));
  assert.equal(await engine.countTasks({ q: "odd" }), 600);
  const begun = await engine.startBulk({ action: "cancel", filter: { q: "odd" }, reason: "not today" });
  assert.deepEqual([begun.total, begun.action], [600, "cancel"]);
  const ended = await over(engine, begun.id);
  assert.deepEqual([ended.done, ended.failed, ended.state], [600, 0, "done"]);
  assert.equal(engine.state.counts.queued, 600);
  assert.equal(engine.task("odd1")?.reason, "not today");
  const steps = told.filter((event) => event.type === "bulk").map(({ done, total }) => `${done}/${total}`);
  // The last step was full: that nothing comes after it is found by one more look.
  assert.deepEqual(steps, ["200/600", "400/600", "600/600", "600/600"]);
  assert.deepEqual(
    engine.bulks().map(({ id }) => id),
    [begun.id],
  );
});

test("retry: what failed, and what ended because of it, wherever the steps are cut", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const pairs = Array.from({ length: 150 }, (_, n) => [
    shell({ id: `a${n}` }),
    shell({ id: `b${n}` }),
    shell({ id: `c${n}`, needs: [`a${n}`, `b${n}`] }),
    shell({ id: `d${n}`, needs: [`c${n}`] }),
  ]).flat();
  await engine.submit(pairs);
  const cancelled = await engine.startBulk({ action: "cancel", filter: { state: ["queued"] } });
  await over(engine, cancelled.id);
  assert.deepEqual([engine.state.counts.cancelled, engine.state.counts.upstream_failed], [300, 300]);
  const begun = await engine.startBulk({ action: "retry", filter: { state: ["cancelled"] } });
  const ended = await over(engine, begun.id);
  assert.deepEqual([ended.done, ended.failed], [300, 0]);
  const { queued, blocked, upstream_failed: left } = engine.state.counts;
  assert.deepEqual([queued, blocked, left], [300, 300, 0]);
});

test("retry of whole runs opens each run again, once", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const tasks = [shell({ id: "a" }), shell({ id: "b", needs: ["a"] })];
  const runs = await Promise.all([1, 2, 3].map(() => engine.submitRun({ workflow: "w", tasks })));
  for (const { id } of runs) await engine.cancelRun(id);
  assert.equal(engine.state.runs.size, 0);
  await over(engine, (await engine.startBulk({ action: "retry", filter: { to: Date.now() + 1000 } })).id);
  assert.deepEqual(
    runs.map(({ id }) => engine.run(id)?.state),
    ["running", "running", "running"],
  );
  assert.deepEqual([engine.state.counts.queued, engine.state.counts.blocked], [3, 3]);
});

test("retry of a list and its members: they come back with it, and not before it", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine);
  const sub = holds("sub", { tasks: [task("x", "fail")] });
  const { id } = await engine.submitRun(workflow([each("work", [0, 1], "fail"), sub]));
  await engine.waitRun(id, Infinity);
  const begun = await over(engine, (await engine.startBulk({ action: "retry", filter: { to: Date.now() + 1000 } })).id);
  // The run inside is not done again: the task that held it gets a new one.
  assert.deepEqual([begun.done, begun.failed], [4, 1]);
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual(states(run), { work: "failed", sub: "failed" });
  const names = served.came.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["work[0]", "work[0]", "work[1]", "work[1]", "x", "x"]);
  assert.equal(engine.runs({}).items.length, 3);
});

test("retry of a member of a list that is about to be spread anew is refused", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const { id } = await engine.submitRun(workflow([each("work", [0, 1], "fail"), task("other", "hang")]));
  const list = (await until(engine, () => engine.run(id)!.tasks.find(({ state }) => state === "failed"))).id;
  const [member] = engine.tasks({ inside: list }).items;
  await engine.pauseRun(id, true);
  await engine.retryTask(list);
  await assert.rejects(engine.retryTask(member!.id), /work, which holds it, makes its members anew/);
});

test("priority and move: live tasks only; delete and dismiss: ended ones only", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  await engine.submit([shell({ id: "dead" })]);
  await worker.ends({ outcome: "failed", exitCode: 1 });
  worker.send({ type: "goodbye" });
  await engine.submit([shell({ id: "x" }), shell({ id: "y" })]);
  assert.equal(engine.task("dead")?.dead, true);
  await over(engine, (await engine.startBulk({ action: "move", filter: { type: "shell" }, arm: "batch" })).id);
  await over(engine, (await engine.startBulk({ action: "priority", filter: { arm: "batch" }, priority: 9 })).id);
  const views = ["dead", "x", "y"].map((id) => engine.task(id)!);
  assert.deepEqual(
    views.map(({ arm, priority }) => `${arm} ${priority}`),
    ["default 5", "batch 9", "batch 9"],
  );
  const dismissed = await over(engine, (await engine.startBulk({ action: "dismiss", filter: { type: "shell" } })).id);
  assert.deepEqual([dismissed.done, engine.task("dead")?.dead], [1, undefined]);
  const deleted = await over(engine, (await engine.startBulk({ action: "delete", filter: { type: "shell" } })).id);
  assert.deepEqual([deleted.done, engine.task("dead")], [1, undefined]);
  assert.equal(await engine.countTasks({ type: "shell" }), 2);
});

test("tasks of a run that is not over are not deleted, and counted as such", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const { id } = await engine.submitRun({ workflow: "w", tasks: [shell({ id: "a" }), shell({ id: "b" })] });
  await engine.cancelTask(engine.run(id)!.tasks[0]!.id);
  const ended = await over(engine, (await engine.startBulk({ action: "delete", filter: { run: id } })).id);
  assert.deepEqual([ended.done, ended.failed], [0, 1]);
});

test("what is wrong is said with its field, and nothing begins", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const refused = (spec: Parameters<Engine["startBulk"]>[0], path: string) =>
    assert.rejects(engine.startBulk(spec), (error: { issues: { path: string }[] }) => error.issues[0]?.path === path);
  await refused({ action: "cancel", filter: {} }, "filter");
  await refused({ action: "move", filter: { type: "x" } }, "arm");
  await refused({ action: "move", filter: { type: "x" }, arm: "nope" }, "arm");
  await refused({ action: "priority", filter: { type: "x" } }, "priority");
  await refused({ action: "cancel", filter: { type: "x" }, priority: 3 }, "priority");
  await refused({ action: "retry", filter: { state: ["running"] } }, "filter.state");
  assert.deepEqual(engine.bulks(), []);
  await assert.rejects(engine.cancelBulk("b7"), { code: "not_found" });
});

test("a crash between two steps: the next start goes on behind the last one and counts nothing twice", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-bulk-"));
  try {
    let id = "";
    const dying = (journal: Journal): Journal => ({
      ...journal,
      append(batch, summary) {
        if (batch.events.some((event) => event.type === "BulkProgressed" && event.done > 1000)) throw new Error("gone");
        return journal.append(batch, summary);
      },
      probe: () => false,
    });
    {
      await using server = createTestEngine({ dir, wrap: dying });
      await server.engine.submit(many(1800));
      ({ id } = await server.engine.startBulk({ action: "cancel", filter: { type: "shell" } }));
      while (server.engine.ready()) await new Promise((resolve) => setImmediate(resolve));
    }
    await using server = createTestEngine({ dir });
    const { engine } = server;
    assert.equal(engine.state.counts.cancelled, 1000);
    const ended = await over(engine, id);
    assert.deepEqual([ended.total, ended.done, ended.failed, ended.state], [1800, 1800, 0, "done"]);
    assert.equal(engine.state.counts.cancelled, 1800);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("one that is cancelled stops behind the step that is under way", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  await engine.submit(many(3000));
  const { id } = await engine.startBulk({ action: "cancel", filter: { type: "shell" } });
  const stopped = await engine.cancelBulk(id);
  assert.equal(stopped.state, "cancelled");
  assert.ok(stopped.done < 3000);
  assert.equal(engine.state.counts.queued, 3000 - stopped.done);
  await assert.rejects(engine.cancelBulk(id), { code: "conflict" });
});
