/** The planner of pipelines against its rules, by a run that is played by hand: no engine, no clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../base/words.ts";
import { parse } from "../protocol/parse.ts";
import {
  PIPELINE_STRATEGIES,
  type PipelineResult,
  type PipelineStrategy,
  PipelineSubmission,
} from "../protocol/pipeline.ts";
import { compilePipeline } from "./pipeline-compile.ts";
import type { TriedTask } from "./pipeline-money.ts";
import { planPipeline } from "./pipeline.ts";

type Answer = { result?: Json; fails?: true; ms?: number; attempts?: number };

/** Plays a pipeline to its end: `answer` says what each task comes to. Answers the result and the tasks in order of start. */
function play(
  submission: PipelineSubmission,
  answer: (task: string, input: Record<string, Json>) => Answer,
): { result: PipelineResult; order: string[]; tasks: TriedTask[]; declaredMax: number } {
  const spec = parse(PipelineSubmission, submission);
  const run = compilePipeline(spec, { now: 1000, arms: ["default"] });
  const tasks: TriedTask[] = [];
  const order: string[] = [];
  let now = 1000;
  let next = run.tasks;
  let declaredMax = 0;
  for (let round = 0; round < 2000; round++) {
    const inputs = new Map<string, Record<string, Json>>();
    for (const task of next) {
      order.push(task.id!);
      inputs.set(task.id!, (task.work as { input: Record<string, Json> }).input);
      tasks.push({ name: task.id!, state: "running", attempt: 1, startedAt: now });
    }
    const declared = tasks.reduce((sum, { name }) => sum + spec.models[name.split("/")[1]!]!.cost, 0);
    declaredMax = Math.max(declaredMax, declared);
    const asked = { definition: run.definition!, createdAt: 1000, timedOut: false, cancelled: false };
    // Asked again in the middle of things, it has nothing new to say.
    if (next.length > 0) assert.deepEqual(planPipeline({ ...asked, now, tasks }), {});
    for (const task of tasks.filter(({ state }) => state === "running")) {
      const { result, fails, ms = 10, attempts = 1 } = answer(task.name, inputs.get(task.name) ?? {});
      now += ms;
      Object.assign(task, { state: fails ? "failed" : "succeeded", endedAt: now, attempt: attempts });
      if (fails) task.error = { message: "boom" };
      else if (result !== undefined) task.result = result;
    }
    const plan = planPipeline({ ...asked, now, tasks });
    assert.deepEqual(plan, planPipeline({ ...asked, now, tasks }), "the same question has the same answer");
    if (plan.end !== undefined)
      return { result: plan.end.result as unknown as PipelineResult, order, tasks, declaredMax };
    assert.ok(plan.submit!.length > 0, "a plan that waits for nothing");
    next = plan.submit!;
  }
  assert.fail("the pipeline did not end");
}

const MODELS = {
  small: { cost: 1, latency: 100, quality: 0.4, local: true },
  tiny: { cost: 0, latency: 20, quality: 0.2, local: true },
  big: { cost: 10, latency: 1000, quality: 0.9 },
  mid: { cost: 4, latency: 500, quality: 0.7 },
};
const of = (strategy: PipelineStrategy, more: Partial<PipelineSubmission> = {}): PipelineSubmission => ({
  id: "p",
  strategy,
  stages: [{ name: "one" }],
  models: MODELS,
  ...more,
});

test("D4 LOCAL_FAST_PRECISE: the quickest local model first, the best remote one when that is not sure enough", () => {
  const sure = play(of("LOCAL_FAST_PRECISE"), () => ({ result: "yes" }));
  assert.deepEqual(sure.order, ["one/tiny"]);
  assert.equal(sure.result.output, "yes");
  assert.deepEqual(
    sure.result.stages[0]!.leftOut.map(({ why }) => why),
    ["it was not needed", "it was not needed", "it was not needed"],
  );
  const unsure = play(of("LOCAL_FAST_PRECISE"), (task) =>
    task === "one/big" ? { result: { output: 42, confidence: 0.9 } } : { result: { output: 1, confidence: 0.3 } },
  );
  assert.deepEqual(unsure.order, ["one/tiny", "one/small", "one/big"]);
  assert.equal(unsure.result.output, 42);
  assert.equal(unsure.result.spent, 11);
});

test("D4 when no model is sure enough, the surest output is taken", () => {
  const { result, order } = play(of("COST_OPTIMIZED"), (task) => ({
    result: { output: task, confidence: task === "one/mid" ? 0.6 : 0.5 },
  }));
  assert.deepEqual(order, ["one/tiny", "one/small", "one/mid", "one/big"]);
  assert.deepEqual([result.state, result.output, result.stages[0]!.confidence], ["succeeded", "one/mid", 0.6]);
});

test("D4 PARALLEL_ENSEMBLE: all at once, the weighted majority wins", () => {
  const { result, order } = play(of("PARALLEL_ENSEMBLE"), (task) =>
    task === "one/big" ? { result: { b: 1, a: "x" } } : { result: { a: "x", b: task === "one/tiny" ? 1 : 2 } },
  );
  assert.deepEqual(order, ["one/big", "one/mid", "one/small", "one/tiny"]);
  // big (0.9) and tiny (0.2) against mid (0.7) and small (0.4): a draw in weight, which the better one decides.
  assert.deepEqual(result.stages[0]!.by, ["tiny", "big"]);
  assert.equal(result.stages[0]!.confidence, 0.5);
  const mean = play(
    of("PARALLEL_ENSEMBLE", { stages: [{ name: "one", models: ["big", "mid"], combine: "mean" }] }),
    (t) => ({
      result: t === "one/big" ? 16 : 0,
    }),
  );
  assert.equal(mean.result.output, 9);
  const all = play(
    of("PARALLEL_ENSEMBLE", { stages: [{ name: "one", models: ["big", "mid"], combine: "all" }] }),
    (t) => (t === "one/big" ? { fails: true } : { result: 0 }),
  );
  assert.deepEqual(all.result.output, [0]);
});

test("D4 SEQUENTIAL_VALIDATION: the first makes, the others correct or reject", () => {
  const stages = [{ name: "one", models: ["small", "mid", "big"] }];
  const inputs: Record<string, Json>[] = [];
  const corrected = play(of("SEQUENTIAL_VALIDATION", { stages }), (task, input) => {
    inputs.push(input);
    if (task === "one/small") return { result: "draft" };
    return { result: task === "one/mid" ? { valid: false, output: "better" } : { valid: true, confidence: 0.8 } };
  });
  assert.deepEqual(
    inputs.map((input) => input["candidate"]),
    [undefined, "draft", "better"],
  );
  assert.equal(corrected.result.output, "better");
  assert.deepEqual(corrected.result.stages[0]!.by, ["small", "mid"]);
  assert.equal(corrected.result.stages[0]!.confidence, 0.8);
  const rejected = play(of("SEQUENTIAL_VALIDATION", { stages }), (task) => ({
    result: task === "one/small" ? "draft" : { valid: false, reason: "no source" },
  }));
  assert.deepEqual(rejected.order, ["one/small", "one/mid"]);
  assert.equal(rejected.result.reason, "stage one: mid rejected it: no source");
});

test("D4 QUALITY_FIRST: the best the budget allows; a failure leads to the next", () => {
  const { result, order } = play(of("QUALITY_FIRST", { maxCost: 6 }), (task) =>
    task === "one/mid" ? { fails: true } : { result: { output: 1, confidence: 0.1 } },
  );
  assert.deepEqual(order, ["one/mid", "one/small"]);
  assert.equal(result.output, 1);
  assert.match(result.stages[0]!.leftOut[1]!.why, /costs 10, and 6 of maxCost 6 is left/);
  assert.deepEqual(result.stages[0]!.leftOut[0], { model: "tiny", why: "it was not needed" });
});

test("D4 a stage gets what the one before it made, and enough is kept for those to come", () => {
  const stages = [{ name: "draft" }, { name: "check", model: "mid" }];
  const seen: Record<string, Json>[] = [];
  const { order, result } = play(of("QUALITY_FIRST", { stages, maxCost: 9, input: "question" }), (task, input) => {
    seen.push(input);
    return { result: `${task}!` };
  });
  assert.deepEqual(order, ["draft/mid", "check/mid"]);
  assert.deepEqual(seen[1], {
    ...{ pipeline: "p", stage: "check", model: "mid", input: "question", previous: "draft/mid!" },
    outputs: { draft: "draft/mid!" },
  });
  assert.equal(result.output, "check/mid!");
});

test("D4 a budget that allows no beginning is refused with what it would take", () => {
  const submission = of("SEQUENTIAL_VALIDATION", { maxCost: 3, stages: [{ name: "one", models: ["tiny", "mid"] }] });
  assert.throws(() => play(submission, () => ({})), {
    code: "invalid",
    message: /^maxCost does not allow the pipeline to begin \(tiny: it costs 0, and 3 of maxCost 3 is left/,
  });
  assert.throws(() => play(of("QUALITY_FIRST", { maxTime: 5 }), () => ({})), { message: /^maxTime does not allow/ });
});

test("D4 a run out of time says what was done, what it has cost, and what was stopped", () => {
  const spec = parse(
    PipelineSubmission,
    of("QUALITY_FIRST", { stages: [{ name: "a" }, { name: "b" }], maxTime: "3s" }),
  );
  const { definition } = compilePipeline(spec, { now: 0, arms: ["default"] });
  const tasks: TriedTask[] = [
    { name: "a/big", state: "succeeded", attempt: 1, startedAt: 0, endedAt: 10, result: { output: "x", cost: 2.5 } },
    { name: "b/big", state: "cancelled", attempt: 1, startedAt: 10, endedAt: 3000 },
  ];
  const plan = planPipeline({
    definition: definition!,
    createdAt: 0,
    now: 3000,
    timedOut: true,
    cancelled: false,
    tasks,
  });
  const result = plan.end!.result as unknown as PipelineResult;
  assert.deepEqual([result.state, result.partial, result.spent], ["failed", "x", 12.5]);
  assert.equal(result.reason, "it ran out of time: maxTime is 3000 ms");
  assert.deepEqual(
    result.stages.map(({ state }) => state),
    ["done", "stopped"],
  );
});

test("D4 what a pipeline may not be is refused with the field named", () => {
  const refused = (submission: unknown): string => {
    try {
      parse(PipelineSubmission, submission);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  assert.match(
    refused(of("QUALITY_FIRST", { stages: [{ name: "x", model: "bgi" }] })),
    /stages\[0\]\.model must be the name/,
  );
  assert.match(refused(of("QUALITY_FIRST", { stages: [] })), /stages/);
  assert.match(refused(of("FASTEST" as PipelineStrategy)), /strategy must be .*QUALITY_FIRST/);
  assert.match(refused({ stages: [{ name: "x" }] }), /has no model/);
  assert.match(
    refused(of("QUALITY_FIRST", { models: { a: { cost: -1 } } })),
    /models\.a\.cost must be a number from 0/,
  );
  assert.match(refused(of("QUALITY_FIRST", { stages: [{ name: "x" }, { name: "x" }] })), /another stage/);
});

test("D4 an arm that is not there is refused at once, also that of a later stage", () => {
  const stages = [
    { name: "one", model: "a" },
    { name: "two", model: "b" },
  ];
  const submission: PipelineSubmission = { stages, models: { a: {}, b: { arm: "gpus" } } };
  assert.throws(() => play(submission, () => ({})), {
    code: "invalid",
    message: /^models\.b\.arm must be an arm that is there/,
  });
});

test("D4 property: no strategy exceeds the budget by declared costs, and every pipeline ends", () => {
  const names = ["a", "b", "c", "d"];
  const model = fc.record({
    cost: fc.integer({ min: 0, max: 40 }).map((n) => n / 10),
    latency: fc.integer({ min: 0, max: 200 }),
    quality: fc.integer({ min: 0, max: 10 }).map((n) => n / 10),
    local: fc.boolean(),
  });
  const stage = fc.subarray(names, { minLength: 1 });
  const answer = fc.record({
    fails: fc.boolean(),
    valid: fc.constantFrom(true, true, false, undefined),
    confidence: fc.option(
      fc.integer({ min: 0, max: 10 }).map((n) => n / 10),
      { nil: undefined },
    ),
    ms: fc.integer({ min: 0, max: 300 }),
  });
  const pipelines = fc.record({
    strategy: fc.constantFrom(...PIPELINE_STRATEGIES),
    models: fc.tuple(model, model, model, model),
    stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
    maxCost: fc.option(
      fc.integer({ min: 0, max: 200 }).map((n) => n / 10),
      { nil: undefined },
    ),
    maxTime: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
    answers: fc.array(answer, { minLength: 16, maxLength: 16 }),
  });
  fc.assert(
    fc.property(pipelines, ({ strategy, models, stages, maxCost, maxTime, answers }) => {
      const submission: PipelineSubmission = {
        ...{ id: "p", strategy, stages: stages.map((list, i) => ({ name: `s${i}`, models: list })) },
        models: Object.fromEntries(models.map((one, i) => [names[i]!, one])),
        ...(maxCost !== undefined && { maxCost }),
        ...(maxTime !== undefined && { maxTime }),
      };
      let n = 0;
      let played: ReturnType<typeof play>;
      try {
        played = play(submission, () => {
          const { fails, valid, confidence, ms } = answers[n++ % answers.length]!;
          if (fails) return { fails, ms };
          return { result: { output: n, valid: valid ?? null, confidence: confidence ?? null }, ms };
        });
      } catch (error) {
        assert.equal((error as { code?: string }).code, "invalid");
        return;
      }
      const { result, declaredMax, order } = played;
      assert.ok(declaredMax <= (maxCost ?? Infinity) + 1e-6, `${declaredMax} of ${maxCost}`);
      assert.ok(result.spent <= (maxCost ?? Infinity) + 1e-6);
      assert.equal(new Set(order).size, order.length, "no model twice in a stage");
      if (result.state === "succeeded") assert.ok(result.stages.every(({ state }) => state === "done"));
      else assert.match(result.reason!, /^stage s\d: /);
      for (const { tries, leftOut } of result.stages) for (const { why } of leftOut) assert.ok(why.length > 0 && tries);
    }),
    { numRuns: 300 },
  );
});
