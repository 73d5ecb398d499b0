/** Tasks for all workers: of no run and of one, on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell, until } from "../../../test/sim/engine-harness.ts";
import { serve } from "../../../test/sim/flow-harness.ts";
import { parse } from "../../protocol/parse.ts";
import { ScheduleSubmission } from "../../protocol/schedule.ts";
import { parseTask } from "../../protocol/task-fast.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { Engine } from "../engine.ts";
import type { Journal } from "../ports.ts";

async function submit(engine: Engine, command: string, more: TaskSubmission = {}): Promise<string> {
  const [accepted] = await engine.submit([parseTask({ shell: command, worker: "ALL", ...more })]);
  return accepted!.id;
}

async function toEnd(engine: Engine, id: string) {
  return (await engine.waitTask(id, Infinity))!;
}

test("each worker that is online gets one, and the results are one", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = ["c", "a", "b"].map((name) => serve(engine, { name }));
  const task = await toEnd(engine, await submit(engine, 'echo {"n":1}', { id: "sweep", tags: ["x"] }));
  assert.deepEqual([task.state, task.kind, task.worker, task.type], ["succeeded", "each", "ALL", "shell"]);
  assert.deepEqual(Object.keys(task.workers!), ["a", "b", "c"]);
  assert.deepEqual(task.workers!["b"], { id: "t3", state: "succeeded", result: { n: 1 } });
  assert.deepEqual(task.result, { a: { n: 1 }, b: { n: 1 }, c: { n: 1 } });
  assert.deepEqual(JSON.parse(engine.resultText("sweep")!), task.result);
  assert.deepEqual(task.members, { total: 3, counts: { succeeded: 3 } });
  assert.deepEqual(
    served.map(({ came }) => came.map(({ name }) => name)),
    [["sweep[c]"], ["sweep[a]"], ["sweep[b]"]],
  );
  const member = engine.task("t3")!;
  assert.deepEqual([member.worker, member.inside, member.tags], ["b", "sweep", ["x"]]);
});

test("whoever joins later is told apart", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine, { name: "a" });
  const id = await submit(engine, "ok");
  assert.equal((await toEnd(engine, id)).lateWorkers, undefined);
  const late = serve(engine, { name: "late" });
  assert.deepEqual(await until(engine, () => engine.task(id)!.lateWorkers), ["late"]);
  assert.deepEqual(late.came, []);
});

test("the list of workers is made once, whatever calls for it while it waits for its turn", async () => {
  const lists = new Map<number, number>();
  const later = shell({ delay: 3_600_000 });
  const wrap = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => journal.probe(),
    append(batch, summary) {
      for (const event of batch.events) {
        if (event.type !== "TaskPrepared" || event.work === undefined) continue;
        lists.set(event.task, (lists.get(event.task) ?? 0) + 1);
      }
      return journal.append(batch, summary);
    },
  });
  await using server = createTestEngine({ wrap });
  const { engine } = server;
  serve(engine, { name: "a" });
  const { id: run } = await engine.submitRun({ workflow: "flow", tasks: [later] });
  const sweep = submit(engine, "ok");
  // Whoever pauses a run has everything looked at that is held; what is large has turns of its own between.
  const others = Array.from({ length: 12 }, async (_, n) => {
    await Promise.all([engine.submit(Array.from({ length: 500 }, () => later)), engine.pauseRun(run, n % 2 === 0)]);
  });
  await Promise.all(others);
  assert.equal((await toEnd(engine, await sweep)).state, "succeeded");
  assert.deepEqual([...lists.values()], [1]);
});

test("without a worker that fits it fails, and says why", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const none = await toEnd(engine, await submit(engine, "ok"));
  assert.equal(none.state, "failed");
  assert.match(none.reason!, /no worker is online/);
  serve(engine, { name: "a" });
  const unfit = await toEnd(engine, await submit(engine, "ok", { resources: { gpu: 1 } }));
  assert.equal(unfit.state, "failed");
  assert.match(unfit.reason!, /the one worker that is online cannot take it: a .*/);
});

test("one that fails fails the whole, and names the worker", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const workers = ["a", "b"].map((name) => connectWorker(engine, 1, { name }));
  const id = await submit(engine, "ok");
  await workers[0]!.succeeds();
  await workers[1]!.ends({ outcome: "failed", error: { message: "no disk", kind: "exit" } });
  const task = await toEnd(engine, id);
  assert.equal(task.state, "failed");
  assert.match(task.reason!, /1 of 2 failed: t1\[b\]/);
  assert.deepEqual(task.workers!["b"]!.error, { message: "no disk", kind: "exit" });
});

test("it waits for its needs and its time, and who joined meanwhile is asked", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const a = connectWorker(engine, 1, { name: "a" });
  await engine.submit([parseTask({ shell: "ok", id: "first" })]);
  const id = await submit(engine, "ok", { needs: "first", delay: 10 });
  const running = await a.assigned();
  const b = connectWorker(engine, 1, { name: "b" });
  a.send({ type: "result", n: 1, task: running.task, attempt: running.attempt, report: { outcome: "succeeded" } });
  await a.acknowledged(1);
  const [one, two] = [await a.assigned(), await b.assigned()];
  assert.deepEqual([one.name, two.name], ["t2[a]", "t2[b]"]);
  a.send({ type: "result", n: 2, task: one.task, attempt: 1, report: { outcome: "succeeded" } });
  b.send({ type: "result", n: 1, task: two.task, attempt: 1, report: { outcome: "succeeded" } });
  assert.equal((await toEnd(engine, id)).state, "succeeded");
});

test("one that takes the place of another by a unique key begins when that has stopped", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const a = connectWorker(engine, 5, { name: "a" });
  const more: TaskSubmission = { uniqueKey: { key: "u", policy: "replace" } };
  const old = await submit(engine, "old", more);
  const running = await a.assigned();
  const id = await submit(engine, "new", more);
  // There are slots, and yet it waits.
  await engine.submit([parseTask({ shell: "other" })]);
  const other = await a.assigned();
  assert.equal(other.work.kind === "shell" && other.work.shell.command, "other");
  assert.deepEqual([engine.task(old)!.state, engine.task(id)!.members], ["running", undefined]);
  assert.match(engine.explain(id)!.summary, /t1, which it replaces under the unique key u, has not stopped yet/);
  a.send({ type: "result", n: 1, task: running.task, attempt: 1, report: { outcome: "cancelled" } });
  const next = await a.assigned();
  assert.deepEqual(
    [engine.task(old)!.state, next.work.kind === "shell" && next.work.shell.command],
    ["cancelled", "new"],
  );
});

test("a schedule may be for all workers, and one tick waits for the end of the one before", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const a = connectWorker(engine, 5, { name: "a" });
  await engine.setSchedule(
    parse(ScheduleSubmission, { name: "sweep", every: "1h", overlap: "skip", task: { shell: "ok", worker: "ALL" } }),
  );
  await engine.triggerSchedule("sweep");
  const { task: seq } = await a.assigned();
  assert.match(engine.task(`t${seq}`)!.name!, /\[a\]$/);
  a.send({ type: "result", n: 1, task: seq, attempt: 1, report: { outcome: "succeeded" } });
  const whole = engine.task(`t${seq}`)!.inside!;
  assert.deepEqual([(await toEnd(engine, whole)).state, engine.task(whole)!.schedule], ["succeeded", "sweep"]);
});

test("those who are told get the results of all", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine, { name: "a" });
  const id = await submit(engine, "echo 7", { on: { success: { task: { shell: "told", worker: "a" } } } });
  await toEnd(engine, id);
  const told = await until(engine, () => served.came.find(({ command }) => command === "told"));
  const { work } = told.assignment;
  assert.ok(work.kind === "shell");
  assert.deepEqual(JSON.parse(work.shell.env!["OCTOPUS_EVENT"]!).task.result, { a: 7 });
});
