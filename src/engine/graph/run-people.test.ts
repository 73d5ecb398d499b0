/** What people ask of runs, on a real store: pause, approve, reject, mark, do again in every way. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestEngine, until } from "../../../test/sim/engine-harness.ts";
import {
  approval,
  each,
  holds,
  runToEnd,
  type Served,
  serve,
  states,
  task,
  workflow,
} from "../../../test/sim/flow-harness.ts";
import { outside } from "../../../test/sim/outside.ts";
import type { Json } from "../../base/words.ts";
import type { Engine } from "../engine.ts";
import type { RunDetail } from "../../protocol/run-views.ts";

/** The names of tasks that came to the worker since the last call. */
function since(worker: Served): () => string[] {
  let seen = 0;
  return () => worker.came.slice(seen, (seen = worker.came.length)).map(({ name }) => name);
}

/** Resolves when the task of that name is in this state. */
function reaches(engine: Engine, run: string, name: string, state: string): Promise<string> {
  return until(engine, () => engine.run(run)?.tasks.find((each) => each.name === name && each.state === state)?.id);
}

async function again(engine: Engine, run: RunDetail, retry: Parameters<Engine["retryRun"]>[1]): Promise<RunDetail> {
  await engine.retryRun(run.id, retry);
  return (await engine.waitRun(run.id, Infinity))!;
}

test("a paused run starts nothing, nor do the runs in it; resumed it goes on", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const inner = { tasks: [task("x", "hang"), task("y", "ok", { needs: ["x"] })] };
  const { id } = await engine.submitRun(
    workflow([task("a", "hang"), task("b", "ok", { needs: ["a"] }), holds("sub", inner)]),
  );
  await until(engine, () => (worker.came.length === 2 ? true : undefined));
  const paused = await engine.pauseRun(id, true, "for lunch");
  assert.equal(paused.paused, true);
  worker.finish("a");
  worker.finish("x");
  const b = await reaches(engine, id, "b", "queued");
  assert.match(engine.explain(b)!.summary, /r1 is paused/);
  assert.equal(worker.came.length, 2);
  await engine.pauseRun(id, false);
  const run = await engine.waitRun(id, Infinity);
  assert.equal(run?.state, "succeeded");
  assert.equal(worker.came.length, 4);
  await assert.rejects(engine.pauseRun(id, true), /r1 has ended already: it is succeeded/);
  await assert.rejects(engine.pauseRun("r9", true), /there is no run r9/);
});

test("a person approves or rejects, and is told of in the feed; what nobody waits for is refused", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const told: string[] = [];
  engine.subscribe(undefined, (entries) => {
    for (const { event } of entries) if (event.type === "approval") told.push(`${event.run} ${event.name}`);
  });
  const message = "deploy?";
  const { id } = await engine.submitRun(
    workflow([
      approval("go"),
      task("deploy", "ok", { needs: ["go"] }),
      task("gate", "ok", { node: { approval: { message } } }),
      each("all", [1, 2], "ok", { node: { approval: {} } }),
    ]),
  );
  const go = await reaches(engine, id, "go", "queued");
  await until(engine, () => (told.length === 3 ? true : undefined));
  assert.deepEqual(
    told.toSorted((a, b) => (a < b ? -1 : 1)),
    [`${id} all`, `${id} gate`, `${id} go`],
  );
  assert.equal(worker.came.length, 0);
  const [, deploy, gate, all] = engine.run(id)!.tasks;
  assert.deepEqual(gate!.approval, { message, state: "waiting" });
  assert.match(engine.explain(go)!.summary, /waits for somebody to approve or reject it/);
  const approved = await engine.approveTask(go, true, { by: "Ada", note: "fine" });
  assert.deepEqual([approved.state, approved.approval?.state, approved.approval?.by], ["succeeded", "approved", "Ada"]);
  await assert.rejects(engine.approveTask(go, true, {}), /has ended already/);
  await engine.approveTask(all!.id, true, {});
  const rejected = await engine.approveTask(gate!.id, false, { by: "Bob", note: "too late" });
  assert.deepEqual([rejected.state, rejected.reason], ["failed", "rejected by Bob: too late"]);
  const run = await engine.waitRun(id, Infinity);
  assert.deepEqual(states(run!), { go: "succeeded", deploy: "succeeded", gate: "failed", all: "succeeded" });
  await assert.rejects(engine.approveTask(deploy!.id, true, {}), /has ended already/);
  assert.equal(engine.resultText(go), '{"approved":true,"by":"Ada","note":"fine"}');
});

test("an approval outlives a restart, and so does a list that waits for one", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-approval-"));
  try {
    let id = "";
    {
      await using server = createTestEngine({ dir });
      ({ id } = await server.engine.submitRun(
        workflow([approval("go"), each("all", [1, 2], "ok", { node: { approval: {} } })]),
      ));
      await until(server.engine, () => {
        const waiting = server.engine.run(id)!.tasks.filter((each) => each.approval?.state === "waiting");
        return waiting.length === 2 ? true : undefined;
      });
    }
    {
      await using server = createTestEngine({ dir });
      for (const { id: each } of server.engine.run(id)!.tasks) await server.engine.approveTask(each, true, {});
    }
    await using server = createTestEngine({ dir });
    serve(server.engine);
    assert.equal((await server.engine.waitRun(id, Infinity))?.state, "succeeded");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

const CHAIN = [task("a"), task("b", "fail", { needs: ["a"] }), task("c", "ok", { needs: ["b"] }), task("d")];

test("what has failed is done again, with what could not run for that, and nothing else", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const news = since(worker);
  const run = await runToEnd(engine, workflow(CHAIN));
  assert.deepEqual(news().toSorted(), ["a", "b", "d"]);
  const second = await again(engine, run, {});
  assert.deepEqual(states(second), { a: "succeeded", b: "failed", c: "upstream_failed", d: "succeeded" });
  assert.deepEqual(news(), ["b"]);
  assert.equal(second.tasks[1]!.attempt, 2);
  await again(engine, run, { from: "all" });
  assert.deepEqual(news().toSorted(), ["a", "b", "d"]);
  await again(engine, run, { task: "d" });
  assert.deepEqual(news(), ["d"]);
  await again(engine, run, { task: "a", downstream: true });
  assert.deepEqual(news(), ["a", "b"]);
  await assert.rejects(engine.retryRun(run.id, { task: "c" }), /c needs b, which is failed; retry that one/);
  await assert.rejects(engine.retryRun(run.id, { task: "bb" }), /no task named "bb"; did you mean b/);
  await assert.rejects(engine.retryRun(run.id, { downstream: true }), /downstream goes with task/);
  await assert.rejects(engine.retryRun("r7", {}), /there is no run r7/);
});

test("of a list only the members that failed are done again; of a nested run what failed in it", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const news = since(worker);
  const commands = ["ok", "fail", "ok"];
  const list = each("list", commands, "{item}");
  const inner = { tasks: [task("good"), task("bad", "fail"), task("late", "ok", { needs: ["bad"] })] };
  const run = await runToEnd(
    engine,
    workflow([list, holds("sub", inner), task("end", "ok", { needs: ["list", "sub"] })]),
  );
  assert.deepEqual(states(run), { list: "failed", sub: "failed", end: "upstream_failed" });
  news();
  const second = await again(engine, run, {});
  assert.deepEqual(news().toSorted(), ["bad", "list[1]"]);
  assert.deepEqual(states(second), { list: "failed", sub: "failed", end: "upstream_failed" });
  assert.equal(second.tasks[1]!.subRun, run.tasks[1]!.subRun);
  await again(engine, run, { from: "all" });
  assert.deepEqual(news().toSorted(), ["bad", "good", "list[0]", "list[1]", "list[2]"]);
  const third = engine.run(run.id)!;
  assert.notEqual(third.tasks[1]!.subRun, run.tasks[1]!.subRun);
  assert.deepEqual(third.tasks[0]!.members, { total: 3, counts: { succeeded: 2, failed: 1 } });
});

test("a task inside is done again with all that holds it, by its id or its name", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const inner = { tasks: [task("bad", "hang")] };
  const { id } = await engine.submitRun(
    workflow([each("list", ["hang"], "{item}"), holds("sub", inner), task("end", "ok", { needs: ["list", "sub"] })]),
  );
  await until(engine, () => (worker.came.length === 2 ? true : undefined));
  worker.finish("list[0]", { outcome: "failed" });
  worker.finish("bad", { outcome: "failed" });
  const failed = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual(states(failed), { list: "failed", sub: "failed", end: "upstream_failed" });
  const sub = engine.run(failed.tasks[1]!.subRun!)!;
  await engine.retryTask(sub.tasks[0]!.id);
  await engine.retryRun(id, { task: "list[0]" });
  await until(engine, () => (worker.came.length === 4 ? true : undefined));
  worker.finish("list[0]");
  worker.finish("bad");
  assert.deepEqual(states((await engine.waitRun(id, Infinity))!), {
    list: "succeeded",
    sub: "succeeded",
    end: "succeeded",
  });
});

test("a run is done again with other params: what has succeeded stays, the rest does what they say", async () => {
  const tasks = (k: string) => [
    task("a", `echo "${k}"`),
    task("b", k === "bad" ? "fail" : `echo "${k}"`, { needs: ["a"] }),
  ];
  const list = (k: string) => each("list", ["x", k], k === "bad" ? "exit {index}" : 'echo "{item}"');
  const compile = async ({ params = {} }: { params?: Record<string, Json> | undefined }) =>
    workflow([...tasks(params["k"] as string), list(params["k"] as string)], { definition: "w", params });
  await using server = createTestEngine({ world: { ...outside, compile } });
  const { engine } = server;
  const worker = serve(engine);
  const news = since(worker);
  const run = await runToEnd(engine, await compile({ params: { k: "bad" } }));
  assert.deepEqual(states(run), { a: "succeeded", b: "failed", list: "failed" });
  news();
  const second = await again(engine, run, { params: { k: "good" } });
  assert.equal(second.state, "succeeded");
  assert.deepEqual(second.params, { k: "good" });
  assert.deepEqual(news().toSorted(), ["b", "list[0]", "list[1]"]);
  assert.equal(engine.resultText(second.tasks[1]!.id), '"good"');
  assert.deepEqual(
    worker.came
      .slice(-2)
      .map(({ command }) => command)
      .toSorted(),
    ['echo "good"', 'echo "x"'],
  );
  await assert.rejects(engine.retryRun(run.id, { params: { k: "z" } }), /nothing of run r1 has failed/);
});

test("what lives is not done again; a live run takes single tasks back", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const { id } = await engine.submitRun(
    workflow([task("a", "fail"), task("b", "ok", { needs: ["a"] }), task("c", "hang")]),
  );
  await reaches(engine, id, "b", "upstream_failed");
  await assert.rejects(engine.retryRun(id, {}), /run r1 has not ended; retry single tasks/);
  await assert.rejects(engine.retryRun(id, { task: "c" }), /task c \(t3\) cannot be retried: it is running/);
  await engine.retryRun(id, { task: "a" });
  await until(engine, () => (worker.came.filter(({ name }) => name === "a").length === 2 ? true : undefined));
  worker.finish("c");
  const run = await engine.waitRun(id, Infinity);
  assert.deepEqual(states(run!), { a: "failed", b: "upstream_failed", c: "succeeded" });
});

test("a mark ends what waits or runs, and opens what ended for its sake", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const run = await runToEnd(engine, workflow([task("a", "fail"), task("b", "ok", { needs: ["a"] })]));
  const marked = await engine.markTask(run.tasks[0]!.id, {
    state: "succeeded",
    by: "Ada",
    note: "by hand",
    result: { n: 1 },
  });
  assert.deepEqual([marked.state, marked.reason], ["succeeded", "marked succeeded by Ada: by hand"]);
  assert.deepEqual(marked.marked, { by: "Ada", note: "by hand" });
  const after = (await engine.waitRun(run.id, Infinity))!;
  assert.deepEqual([after.state, states(after)], ["succeeded", { a: "succeeded", b: "succeeded" }]);
  assert.equal(engine.resultText(run.tasks[0]!.id), '{"n":1}');
  const { id } = await engine.submitRun(workflow([task("x", "hang"), task("y", "ok", { needs: ["x"] })]));
  const x = await reaches(engine, id, "x", "running");
  await engine.markTask(x, { state: "skipped" });
  assert.deepEqual(states((await engine.waitRun(id, Infinity))!), { x: "skipped", y: "skipped" });
  assert.equal(worker.came.filter(({ name }) => name === "y").length, 0);
  await assert.rejects(engine.markTask(x, { state: "failed", result: 1 }), /result goes only with state succeeded/);
});

test("many are done again at once, members and tasks of nested runs among them, each counted once", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const news = since(worker);
  const inner = { tasks: [task("bad", "fail"), task("late", "ok", { needs: ["bad"] })] };
  const run = await runToEnd(
    engine,
    workflow([each("list", ["fail", "ok", "fail"], "{item}"), holds("sub", inner), task("plain", "fail")]),
  );
  news();
  const { id, total } = await engine.startBulk({ action: "retry", filter: { state: ["failed"], type: "shell" } });
  const bulk = await until(engine, () => (engine.bulk(id)!.state === "done" ? engine.bulk(id) : undefined));
  assert.deepEqual([total, bulk.done, bulk.failed], [4, 4, 0]);
  const after = (await engine.waitRun(run.id, Infinity))!;
  assert.deepEqual(news().toSorted(), ["bad", "list[0]", "list[2]", "plain"]);
  assert.deepEqual(states(after), { list: "failed", sub: "failed", plain: "failed" });
});
