/** Lists that are spread anew, judges that come late, and a journal that fails in the midst of it; on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine, until } from "../../../test/sim/engine-harness.ts";
import { each, holds, runToEnd, serve, states, task, workflow } from "../../../test/sim/flow-harness.ts";
import { evaluator } from "../../../test/sim/evaluator.ts";
import { outside } from "../../../test/sim/outside.ts";
import type { Json } from "../../base/words.ts";
import { OctopusError } from "../../base/errors.ts";
import type { Evaluator, Journal } from "../ports.ts";

test("a list that is spread anew takes the places of its members; those without a place are skipped", async () => {
  const make = (n: Json) =>
    workflow([task("list", `echo ${JSON.stringify(Array.from({ length: n as number }, (_, i) => i))}`), LIST], {
      definition: "w",
      params: { n },
      scope: { outputs: { all: "work" } },
    });
  const LIST = each("work", "list", "echo {item}", { needs: ["list"] });
  const compile = async ({ params = {} }: { params?: Record<string, Json> | undefined }) => make(params["n"]!);
  await using server = createTestEngine({ world: { ...outside, compile } });
  const { engine } = server;
  serve(engine, { slots: 500 });
  const first = await runToEnd(engine, make(1200));
  assert.equal(first.state, "succeeded");
  const id = first.tasks[1]!.id;
  const before = engine.tasks({ inside: id, limit: 500 }).items.map((member) => member.id);
  const after: (string | undefined)[] = [];
  for (const n of [700, 1500]) {
    await engine.retryRun(first.id, { from: "all", params: { n } });
    const run = (await engine.waitRun(first.id, Infinity))!;
    assert.equal(run.state, "succeeded");
    const skipped = await engine.countTasks({ inside: id, state: ["skipped"] });
    after.push(`${run.tasks[1]!.members?.total} members, ${skipped} skipped`);
  }
  assert.deepEqual(after, ["700 members, 500 skipped", "1500 members, 0 skipped"]);
  // Members of the first time are those of now.
  for (const each of before) assert.equal(engine.task(each)?.state, "succeeded");
  assert.equal(await engine.countTasks({ inside: id }), 1500);
});

test("results that come while the evaluator is being loaded are judged and acknowledged in their order", async () => {
  const { promise, resolve } = Promise.withResolvers<Evaluator>();
  await using server = createTestEngine({ world: { ...outside, evaluator: () => promise } });
  const { engine } = server;
  const worker = connectWorker(engine, 5);
  const outputs = { n: { value: "n" } };
  const { id } = await engine.submitRun(workflow([task("judged", "ok", { node: { outputs } }), task("plain")]));
  const [judged, plain] = [await worker.assigned(), await worker.assigned()];
  const end = ({ task: seq, attempt }: typeof judged, n: number) =>
    worker.send({ type: "result", n, task: seq, attempt, report: { outcome: "succeeded", result: {} } });
  end(judged, 1);
  end(plain, 2);
  await engine.submit([{ ...task("x"), id: undefined }]);
  assert.ok(worker.received.every(({ type }) => type !== "ack"));
  resolve(evaluator);
  await worker.acknowledged(2);
  assert.deepEqual(states((await engine.waitRun(id, Infinity))!), { judged: "failed", plain: "succeeded" });
});

test("an evaluator that cannot be loaded fails what needs it, and says so", async () => {
  const world = { ...outside, evaluator: () => Promise.reject(new Error("no such module")) };
  await using server = createTestEngine({ world });
  const { engine } = server;
  serve(engine);
  const run = await runToEnd(
    engine,
    workflow(
      [
        task("when", "ok", { node: { when: "true" } }),
        task("until", "ok", { node: { outputs: { n: { value: "n" } } } }),
        task("plain"),
      ],
      {
        scope: { outputs: { x: "plain" } },
      },
    ),
  );
  assert.deepEqual(states(run), { when: "failed", until: "failed", plain: "succeeded" });
  for (const { reason, error } of run.tasks.slice(0, 2))
    assert.match(reason ?? error?.message ?? "", /evaluator of workflows cannot be loaded/);
});

test("a journal that fails in the midst of it: what was begun goes on when it is well again", async () => {
  let appends = 0;
  let failing = false;
  const wrap = (journal: Journal): Journal => ({
    load: () => journal.load(),
    probe: () => !failing && journal.probe(),
    append(batch, summary) {
      appends++;
      if (failing) throw new OctopusError("storage_failed", "the disk is gone", { retryable: true });
      return journal.append(batch, summary);
    },
  });
  for (const at of [3, 7]) {
    await using server = createTestEngine({ wrap });
    const { engine } = server;
    appends = 0;
    const inner = { tasks: [task("x", "echo 1")], scope: { outputs: { x: "x" } } };
    const { id } = await engine.submitRun(
      workflow([each("work", 1500, "echo {index}"), holds("sub", inner)], {
        scope: { outputs: { all: "work", sub: "sub" } },
      }),
    );
    serve(engine, { slots: 300 });
    await until(engine, () => (appends >= at ? true : undefined));
    failing = true;
    await assert.rejects(engine.submit([{ ...task("x"), id: undefined }]), /the disk is gone/);
    failing = false;
    while (!engine.ready()) await new Promise((resolve) => setTimeout(resolve, 20));
    // The same worker comes again, and holds nothing.
    serve(engine, { slots: 300 });
    const run = (await engine.waitRun(id, Infinity))!;
    assert.equal(run.state, "succeeded", `failed at append ${at}`);
    assert.equal((run.result as { all: number[] }).all.length, 1500);
  }
});

test("a repeat counts afresh when its task is done again", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5);
  const repeat = { until: "done", intervalMs: 0, limit: 2 };
  const { id } = await engine.submitRun(workflow([task("poll", "ok", { node: { repeat } })]));
  for (let n = 0; n < 2; n++) await worker.ends({ outcome: "succeeded", result: { done: false } });
  assert.equal((await engine.waitRun(id, Infinity))?.state, "failed");
  await engine.retryRun(id, {});
  await worker.ends({ outcome: "succeeded", result: { done: false } });
  await worker.ends({ outcome: "succeeded", result: { done: true } });
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual([run.state, run.tasks[0]!.attempt], ["succeeded", 4]);
});

test("the cache is asked with the values in their places", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const cached = (from: string) => task("use", `echo {${from}}`, { needs: [from], cache: {}, node: { dynamic: true } });
  for (const text of ["1", "1", "2"]) {
    const run = await runToEnd(
      engine,
      workflow([task("a", `echo ${text}`), { ...cached("a"), cache: { key: "k", inputs: [text] } }]),
    );
    assert.equal(run.state, "succeeded");
    const plain = await runToEnd(
      engine,
      workflow([task("a", `echo ${text}`), { ...cached("a"), cache: { inputs: [0] } }]),
    );
    assert.equal(engine.resultText(plain.tasks[1]!.id), text);
  }
  assert.equal(worker.came.filter(({ name }) => name === "use").length, 4);
});
