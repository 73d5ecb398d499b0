/** Every task of a run can say why it is where it is: what it waits for, or what became of it and why. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestEngine, until } from "../../../test/sim/engine-harness.ts";
import { approval, each, holds, serve, task, workflow } from "../../../test/sim/flow-harness.ts";

test("each task of a live run, and of one that has ended", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = serve(engine);
  const { id } = await engine.submitRun(
    workflow([
      task("bad", "exit 3"),
      task("child", "ok", { needs: ["bad"] }),
      task("grandchild", "ok", { needs: ["child"] }),
      task("may", "exit 4", { node: { allow: true } }),
      each("list", ["hang", "ok"], "{item}"),
      holds("sub", { tasks: [task("inner", "hang")] }),
      approval("go"),
      task("late", "ok", { needs: ["list", "bad"], node: { trigger: "all_done" } }),
      task("clean", "ok", { node: { role: "exit" } }),
    ]),
  );
  const named = (name: string): string => engine.run(id)!.tasks.find((each) => each.name === name)!.id;
  await until(engine, () => {
    const { running, succeeded, failed, upstream_failed: upstream } = engine.run(id)!.counts;
    return running === 3 && succeeded === 1 && failed === 2 && upstream === 2 && worker.came.length === 5
      ? true
      : undefined;
  });
  const told = (name: string): string => {
    const { state, summary, reasons } = engine.explain(named(name))!;
    return `${state}: ${[summary, ...reasons.map(({ message }) => message)].join("; ")}`;
  };
  assert.match(told("bad"), /^failed: it is failed: exit code 3/);
  assert.match(
    told("child"),
    /^upstream_failed: it is upstream_failed: needs bad, which is failed.*bad is failed: exit code 3/,
  );
  assert.match(told("grandchild"), /^upstream_failed: .*needs child, which could not run.*bad is failed: exit code 3/);
  assert.match(told("may"), /^failed: .*exit code 4 \(it may fail, and the run goes on\)/);
  assert.match(told("list"), /^running: 1 of its 2 members have not ended/);
  assert.match(told("sub"), /^running: its run r2 has not ended/);
  assert.match(told("go"), /^queued: waits for somebody to approve or reject it/);
  assert.match(told("late"), /^blocked: runs when all that it needs has ended, however/);
  assert.match(told("clean"), /^blocked: runs when the run is over/);
  const member = engine.tasks({ inside: named("list"), state: ["running"] }).items[0]!;
  assert.match(engine.explain(member.id)!.summary, /it runs on w as attempt 1/);
  await engine.cancelRun(id);
  const run = (await engine.waitRun(id, Infinity))!;
  assert.equal(run.state, "cancelled");
  assert.match(told("go"), /^cancelled: .*cancelled by a person/);
});
