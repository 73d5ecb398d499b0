/** Registered workflows and their schedules, on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestEngine } from "../../../test/sim/engine-harness.ts";
import { holds, runToEnd, serve, task, workflow } from "../../../test/sim/flow-harness.ts";
import { outside } from "../../../test/sim/outside.ts";
import type { ScheduleSpec } from "../../protocol/schedule.ts";
import type { RunSpec } from "../../protocol/workflow.ts";

const HOURLY = {
  ...({ everyMs: 3_600_000, jitterMs: 0, overlap: "allow", paused: false } as const),
  catchUp: { policy: "latest", windowMs: 1000, max: 1 } as const,
};

/** A world in which a definition is a run as JSON. */
const world = {
  ...outside,
  compile: async ({
    definition,
    files,
    params,
  }: {
    definition: string;
    files?: object | undefined;
    params?: object | undefined;
  }) =>
    ({
      ...(JSON.parse(definition) as RunSpec),
      definition,
      ...(files && { files }),
      ...(params && { params }),
    }) as RunSpec,
};
const text = (name: string, schedules: Omit<ScheduleSpec, "name" | "target">[] = [], more: Partial<RunSpec> = {}) =>
  JSON.stringify(workflow([task("a")], { workflow: name, schedules, ...more }));

test("a workflow is registered, replaced, run by name and removed", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  serve(engine);
  const first = await engine.setWorkflow({ definition: text("etl"), files: { "x.yaml": "x" } });
  assert.deepEqual([first.name, first.schedules, first.files, first.warnings], ["etl", [], { "x.yaml": "x" }, []]);
  const warnings = [{ path: "tasks.a", message: "is odd" }];
  const second = await engine.setWorkflow({ definition: text("etl", [], { warnings }) });
  assert.notEqual(second.definitionHash, first.definitionHash);
  assert.deepEqual([second.files, second.warnings, second.createdAt], [undefined, warnings, first.createdAt]);
  const run = await runToEnd(
    engine,
    await engine.compileRun({ workflow: "etl", params: { k: 1 }, executor: "sequential" }),
  );
  assert.deepEqual([run.state, run.params, run.maxParallel], ["succeeded", { k: 1 }, 1]);
  assert.equal(run.definitionHash, second.definitionHash);
  assert.deepEqual(engine.workflow("etl")?.lastRun, { id: run.id, state: "succeeded" });
  await assert.rejects(engine.compileRun({ workflow: "elt" }), /there is no workflow elt; did you mean etl/);
  await engine.removeWorkflow("etl");
  assert.deepEqual(engine.workflows(), []);
  await assert.rejects(engine.removeWorkflow("etl"), /there is no workflow etl/);
  assert.equal(engine.run(run.id)?.definition, text("etl", [], { warnings }));
});

test("the schedules of a file come, change and go with its workflow; a person's schedule is left alone", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const set = await engine.setWorkflow({ definition: text("etl", [HOURLY, { ...HOURLY, everyMs: 60_000 }]) });
  assert.deepEqual(set.schedules, ["etl", "etl-2"]);
  await engine.pauseSchedule("etl", true);
  const changed = await engine.setWorkflow({ definition: text("etl", [{ ...HOURLY, everyMs: 7_200_000 }]) });
  assert.deepEqual(changed.schedules, ["etl"]);
  const kept = engine.schedule("etl")!;
  assert.deepEqual([kept.paused, kept.everyMs], [true, 7_200_000]);
  const mine = { ...HOURLY, name: "mine", target: { task: task("x") } };
  delete (mine.target.task as { id?: string }).id;
  await engine.setSchedule(mine);
  await assert.rejects(
    engine.setWorkflow({ definition: text("mine", [HOURLY]) }),
    /there is one named mine that is not its own/,
  );
  assert.equal(engine.workflow("mine"), undefined);
  await engine.pauseSchedule("etl", false);
  serve(engine);
  const tick = await engine.triggerSchedule("etl");
  assert.equal(engine.runs({ workflow: "etl" }).items[0]?.id, tick.made);
  await engine.removeWorkflow("etl");
  assert.deepEqual(
    engine.schedules().map(({ name }) => name),
    ["mine"],
  );
});

test("a group lets so many runs go on; the others wait, are refused, or take the place", async () => {
  await using server = createTestEngine({ world });
  const { engine } = server;
  const worker = serve(engine);
  const spec = (overlap: "queue" | "skip" | "cancel_previous") =>
    workflow([task("a", "hang")], { group: { name: "g", limit: 1, overlap } });
  const first = await engine.submitRun(spec("queue"));
  const second = await engine.submitRun(spec("queue"));
  assert.match(
    engine.explain(engine.run(second.id)!.tasks[0]!.id)!.summary,
    /waits for a place in the group g, of which 1 may run: r1/,
  );
  assert.equal(engine.run(second.id)!.waiting, true);
  await assert.rejects(engine.submitRun(spec("skip")), /not run: r1 has the place in the group g/);
  const holder = await runToEnd(engine, workflow([holds("sub", { ...spec("skip"), workflow: "inner" })]));
  assert.equal(holder.state, "failed");
  assert.match(holder.tasks[0]!.reason ?? "", /r1 has the place in the group g/);
  await engine.submitRun(spec("cancel_previous"));
  assert.equal((await engine.waitRun(first.id, Infinity))?.state, "cancelled");
  assert.equal(worker.came.length, 2);
});
