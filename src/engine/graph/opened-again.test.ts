/** Tasks that are cancelled and opened again while something is still on its way for what they were before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine, until } from "../../../test/sim/engine-harness.ts";
import { evaluator } from "../../../test/sim/evaluator.ts";
import { each, holds, serve, states, task, workflow } from "../../../test/sim/flow-harness.ts";
import { outside } from "../../../test/sim/outside.ts";
import type { Assignment } from "../../protocol/link.ts";
import type { Evaluator } from "../ports.ts";

test("a list that is spread anew while its members of before are still being made gets all of those of now", async () => {
  let interrupt: (() => void) | undefined;
  let isOver = true;
  const slow: Evaluator = {
    ...evaluator,
    prepare(spec, scope) {
      const prepared = evaluator.prepare(spec, scope);
      if (prepared.type !== "each") return prepared;
      const member = (index: number) => {
        if (index === 600) {
          interrupt?.();
          interrupt = undefined;
        }
        // The stretch that is being made takes until the list was opened again.
        for (const until = performance.now() + 2; !isOver && performance.now() < until;);
        return prepared.member(index);
      };
      return { ...prepared, member };
    },
  };
  await using server = createTestEngine({ world: { ...outside, evaluator: () => Promise.resolve(slow) } });
  const { engine } = server;
  serve(engine, { slots: 500 });
  const retried = Promise.withResolvers<void>();
  const again = async (id: string): Promise<void> => {
    isOver = false;
    await engine.cancelRun(id);
    await engine.waitRun(id, Infinity);
    await engine.retryRun(id, { from: "all" });
    isOver = true;
  };
  const items = Array.from({ length: 1600 }, (_, i) => i);
  interrupt = () => void again("r1").then(retried.resolve, retried.reject);
  const { id } = await engine.submitRun(workflow([each("work", items, "ok")]));
  await retried.promise;
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual([run.state, run.tasks[0]!.members?.counts], ["succeeded", { succeeded: 1600 }]);
});

test("a run is not done again when the task that held it holds a newer one, be that task over or not", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine);
  const { id } = await engine.submitRun(workflow([holds("h", { tasks: [task("a", "hang")] })]));
  const fail = async (times: number): Promise<void> => {
    await until(engine, () => served.came.length === times || undefined);
    served.finish("a", { outcome: "failed", exitCode: 1 });
    await engine.waitRun(id, Infinity);
  };
  await fail(1);
  await engine.retryRun(id, { from: "all" });
  await until(engine, () => served.came.length === 2 || undefined);
  await assert.rejects(engine.retryRun("r2", {}), /r2 cannot be done again: t1 holds r3 since; retry that one/);
  await fail(2);
  await assert.rejects(engine.retryRun("r2", {}), /t1 holds r3 since/);
  await engine.retryRun("r3", {});
  await fail(3);
  assert.deepEqual(states((await engine.waitRun(id, Infinity))!), { h: "failed" });
});

test("a list that had stopped for a member that failed is made to its end when that is done again", async () => {
  const assigned: Assignment[] = [];
  let fail: (() => void) | undefined;
  let last = 0;
  const slow: Evaluator = {
    ...evaluator,
    prepare(spec, scope) {
      const prepared = evaluator.prepare(spec, scope);
      if (prepared.type !== "each") return prepared;
      const member = (index: number) => {
        last = index;
        if (assigned.length === 512) fail?.();
        // What has failed is decided before the second stretch is there.
        for (const until = performance.now() + 2; index >= 512 && performance.now() < until;);
        return prepared.member(index);
      };
      return { ...prepared, member };
    },
  };
  await using server = createTestEngine({ world: { ...outside, evaluator: () => Promise.resolve(slow) } });
  const { engine } = server;
  const worker = connectWorker(engine, 1000);
  let n = 0;
  const end = ({ task: seq, attempt }: Assignment, outcome: "failed" | "succeeded"): void =>
    worker.send({ type: "result", n: ++n, task: seq, attempt, report: { outcome } });
  fail = () => {
    fail = undefined;
    end(assigned[0]!, "failed");
  };
  const items = Array.from({ length: 900 }, (_, i) => i);
  const { id } = await engine.submitRun(workflow([each("work", items, "ok", { failFast: true })]));
  while (assigned.length < 512) assigned.push(await worker.assigned());
  const first = `t${assigned[0]!.task}`;
  await until(engine, () => (engine.task(first)?.state === "failed" ? true : undefined));
  // The second stretch has come to nothing by then.
  while (last < 899) await new Promise(setImmediate);
  await engine.submit([{ ...task("x"), id: undefined, runAt: Date.now() + 1e9 }]);
  await engine.retryTask(first);
  for (const each of assigned.slice(1)) end(each, "succeeded");
  for (let left = 900 - 511; left > 0; left--) end(await worker.assigned(), "succeeded");
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual([run.state, run.tasks[0]!.members?.counts], ["succeeded", { succeeded: 900 }]);
});
