/** What the engine does for tasks that core holds, on a real store: values, lists, runs inside runs, outputs. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, until } from "../../../test/sim/engine-harness.ts";
import { each, holds, runToEnd, serve, states, task, workflow } from "../../../test/sim/flow-harness.ts";

test("values of other tasks are in their places when a task runs", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const run = await runToEnd(
    engine,
    workflow([task("a", "echo 7"), task("b", "echo {a}", { needs: ["a"], node: { dynamic: true } })]),
  );
  assert.equal(run.state, "succeeded");
  assert.deepEqual(
    worker.came.map(({ command }) => command),
    ["echo 7", "echo 7"],
  );
  assert.equal(engine.resultText(run.tasks[1]!.id), "7");
});

test("when: false is skipped, true runs, an error fails with its words", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const run = await runToEnd(
    engine,
    workflow([
      task("no", "ok", { node: { when: "false" } }),
      task("yes", "ok", { node: { when: "true" } }),
      task("odd", "ok", { node: { when: "error" } }),
      task("after", "ok", { needs: ["no"] }),
    ]),
  );
  assert.deepEqual(states(run), { no: "skipped", yes: "succeeded", odd: "failed", after: "skipped" });
  assert.equal(run.state, "failed");
  const [no, , odd, after] = run.tasks;
  assert.match(no!.reason ?? "", /when is false/);
  assert.match(odd!.reason ?? "", /cannot be evaluated/);
  const explained = engine.explain(after!.id);
  assert.match(explained!.reasons.map(({ message }) => message).join("; "), /no is skipped: when is false/);
});

test("an each makes a task for each item, and joins them", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const run = await runToEnd(
    engine,
    workflow(
      [
        task("list", 'echo ["x","y","z"]'),
        each("work", "list", 'echo "{item}{index}"', { needs: ["list"] }),
        task("after", "ok", { needs: ["work"] }),
      ],
      { scope: { outputs: { all: "work" } } },
    ),
  );
  assert.deepEqual(states(run), { list: "succeeded", work: "succeeded", after: "succeeded" });
  assert.equal(worker.came.length, 5);
  assert.deepEqual(run.result, { all: ["x0", "y1", "z2"] });
  const container = run.tasks[1]!;
  assert.deepEqual(container.members, { total: 3, counts: { succeeded: 3 } });
  const members = engine.tasks({ inside: container.id }).items;
  assert.deepEqual(members.map(({ name }) => name).toReversed(), ["work[0]", "work[1]", "work[2]"]);
});

test("a large list is made in stretches; its members are told apart; nothing is made twice", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine, { slots: 1000 });
  const run = await runToEnd(
    engine,
    workflow([each("work", 3000, "echo {index}")], { scope: { outputs: { all: "work" } } }),
  );
  assert.equal(run.state, "succeeded");
  assert.deepEqual(run.tasks[0]!.members, { total: 3000, counts: { succeeded: 3000 } });
  assert.deepEqual(
    (run.result as { all: number[] }).all,
    Array.from({ length: 3000 }, (_, index) => index),
  );
});

test("an empty list is done at once; what is no list fails; an item that cannot be made fails alone", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const run = await runToEnd(
    engine,
    workflow([
      each("none", [], "ok"),
      each("odd", "nothing", "ok"),
      each("some", ["a", "broken", "c"], "ok"),
      each("arm", ["main", "default"], "ok", { task: { ...task("", "ok"), arm: "{item}" } }),
    ]),
  );
  assert.deepEqual(states(run), { none: "succeeded", odd: "failed", some: "failed", arm: "failed" });
  assert.match(run.tasks[1]!.reason ?? "", /must be a list/);
  assert.match(run.tasks[2]!.reason ?? "", /1 of 3 failed: some\[1\]/);
  const broken = engine.tasks({ inside: run.tasks[2]!.id, state: ["failed"] }).items[0];
  assert.match(broken?.reason ?? "", /item 1 is broken/);
  const lost = engine.tasks({ inside: run.tasks[3]!.id, state: ["failed"] }).items[0];
  assert.match(lost?.reason ?? "", /names no arm: "main"/);
});

test("a run inside a run: its outcome and its outputs are those of the task", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const inner = { tasks: [task("x", "echo 5")], scope: { outputs: { x: "x" } } };
  const run = await runToEnd(
    engine,
    workflow([
      holds("sub", inner),
      task("after", "ok", { needs: ["sub"] }),
      holds("bad", { tasks: [task("f", "fail")] }),
    ]),
  );
  assert.deepEqual(states(run), { sub: "succeeded", after: "succeeded", bad: "failed" });
  assert.equal(engine.resultText(run.tasks[0]!.id), '{"x":5}');
  const sub = engine.run(run.tasks[0]!.subRun!);
  assert.deepEqual([sub?.state, sub?.parent], ["succeeded", run.tasks[0]!.id]);
});

test("a workflow that runs itself ends where runs are too deep", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const self = workflow([{ ...holds("again", { tasks: [] }), work: { kind: "workflow", workflow: { use: "self" } } }], {
    workflow: "self",
  });
  const world = { definition: JSON.stringify(self) };
  await using other = createTestEngine({
    world: { ...(await import("../../../test/sim/outside.ts")).outside, compile: async () => self },
  });
  serve(other.engine);
  await other.engine.setWorkflow(world);
  const run = await runToEnd(other.engine, self);
  assert.equal(run.state, "failed");
  const runs = other.engine.runs({ limit: 50 }).items;
  assert.equal(runs.length, 17);
  const deepest = other.engine.run(runs[0]!.id);
  assert.match(deepest?.tasks[0]?.reason ?? "", /inside 17 others; at most 16/);
});

test("after a restart it goes on where it was: held tasks, half-made lists, runs that end", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-nodes-"));
  try {
    let id = "";
    {
      await using server = createTestEngine({ dir });
      const { engine } = server;
      const run = workflow(
        [each("work", 2000, "echo {index}"), holds("sub", { tasks: [task("x", "ok")] }, { needs: ["work"] })],
        { scope: { outputs: { all: "work" } } },
      );
      ({ id } = await engine.submitRun(run));
      // Some members are there, and some are not.
      await until(engine, () => ((engine.run(id)?.tasks[0]?.members?.total ?? 0) > 0 ? true : undefined));
    }
    await using server = createTestEngine({ dir });
    const { engine } = server;
    serve(engine, { slots: 500 });
    const run = await engine.waitRun(id, Infinity);
    assert.deepEqual(states(run!), { work: "succeeded", sub: "succeeded" });
    assert.equal((run!.result as { all: number[] }).all.length, 2000);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a task is repeated until it says so, and each time is seen; a limit that is reached fails", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5);
  const repeat = { until: "done", intervalMs: 0, limit: 3 };
  const first = await engine.submitRun(workflow([task("poll", "ok", { node: { repeat } })]));
  for (const done of [false, true]) await worker.ends({ outcome: "succeeded", result: { done } });
  const run = await engine.waitRun(first.id, Infinity);
  assert.deepEqual([run?.state, run?.tasks[0]?.attempt], ["succeeded", 2]);
  const second = await engine.submitRun(workflow([task("poll", "ok", { node: { repeat } })]));
  for (let n = 0; n < 3; n++) await worker.ends({ outcome: "succeeded", result: { done: false } });
  const failed = await engine.waitRun(second.id, Infinity);
  assert.deepEqual([failed?.state, failed?.tasks[0]?.attempt], ["failed", 3]);
  assert.match(failed?.tasks[0]?.error?.message ?? "", /until was not true after 3 times/);
});

test("an output that is not there fails the attempt that left it out", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const outputs = { count: { value: "n" } };
  const run = await runToEnd(
    engine,
    workflow([
      task("has", 'echo {"n":3}', { node: { outputs } }),
      task("lacks", 'echo {"m":3}', { node: { outputs } }),
    ]),
  );
  assert.deepEqual(states(run), { has: "succeeded", lacks: "failed" });
  assert.deepEqual(engine.task(run.tasks[0]!.id)?.outputs, { n: 3, count: 3 });
  assert.match(run.tasks[1]!.error?.message ?? "", /outputs.count: the result has no n/);
});

test("a task outside of the run goes on after one that failed with leave, whether that has ended before or not", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const allowed = task("a", "hang", { node: { allow: true } });
  const { id } = await engine.submitRun(workflow([allowed, task("skipped", "ok", { node: { when: "false" } })]));
  const [a, skipped] = engine.run(id)!.tasks.map((each) => each.id);
  const [before] = await engine.submit([{ ...task("x"), id: "before", needs: [a!] }]);
  await until(engine, () => (worker.came.length === 1 ? true : undefined));
  worker.finish("a", { outcome: "failed", exitCode: 1 });
  await engine.waitRun(id, Infinity);
  await engine.submit([
    { ...task("x", "fail"), id: "after", needs: [a!] },
    { ...task("x"), id: "not", needs: [skipped!] },
  ]);
  const ends = await Promise.all([before!.id, "after", "not"].map((each) => engine.waitTask(each, Infinity)));
  assert.deepEqual(
    ends.map((each) => each?.state),
    ["succeeded", "failed", "skipped"],
  );
  // Nor does it stand in the way of another try.
  assert.match((await engine.retryTask("after")).state, /^(queued|running)$/);
});
