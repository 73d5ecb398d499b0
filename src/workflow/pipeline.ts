/**
 * Plans a pipeline: from the tasks of its run so far, which come next, or how it ends. Pure; the same tasks at the same
 * time give the same answer, so it may be asked as often as one likes.
 *
 * N1  A stage begins when the one before it is done, and gets its output.
 * N2  Nothing is started that the budgets do not allow (`Purse`); what was left out stands in the result with the reason.
 * N3  It ends: each model is tried at most once in a stage, and a stage with nothing running is done, failed or starts one.
 */
import { isEnded, type Json } from "../base/words.ts";
import type { PipelineModel, PipelineResult, PipelineSpec, PipelineStage } from "../protocol/pipeline.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { Purse, readTry, round, type Try } from "./pipeline-money.ts";
import { describeStages } from "./pipeline-report.ts";
import { candidateOf, RULES } from "./pipeline-rules.ts";
import type { PlannedRun, StageState } from "./pipeline-state.ts";

/** By this name the engine knows the planner. */
export const PIPELINE_PLANNER = "pipeline";

export interface Plan {
  submit?: TaskSpec[];
  end?: { state: "succeeded" | "failed" | "cancelled"; result?: Json; reason?: string };
}

/** What comes next in the run of a pipeline. */
export function planPipeline(run: PlannedRun): Plan {
  const pipeline = JSON.parse(run.definition) as PipelineSpec;
  const stages = walk(pipeline, run);
  const isOpen = run.tasks.some(({ state }) => !isEnded(state));
  if (run.timedOut || run.cancelled) {
    // What still runs is being stopped; the result waits for what that has cost.
    if (isOpen) return {};
    const state = run.timedOut ? "failed" : "cancelled";
    const reason = run.timedOut ? `it ran out of time: maxTime is ${pipeline.maxTimeMs} ms` : "it was cancelled";
    return finish(pipeline, run, stages, { state, reason });
  }
  const at = stages.find(({ verdict }) => verdict?.type !== "done");
  if (at === undefined) return finish(pipeline, run, stages, { state: "succeeded" });
  const { verdict } = at;
  if (verdict?.type === "failed") {
    const reason = `stage ${at.stage.name}: ${verdict.reason}`;
    return finish(pipeline, run, stages, { state: "failed", reason });
  }
  if (at.starting.length === 0) return {};
  const outputs = outputsOf(stages);
  return { submit: at.starting.map((model) => taskFor(pipeline, at, model, outputs)) };
}

/** Goes through the stages up to the first that is not done. */
function walk(pipeline: PipelineSpec, run: PlannedRun): StageState[] {
  const byName = new Map(run.tasks.map((task) => [task.name, task]));
  const states = pipeline.stages.map((stage): StageState => {
    const models = stage.models.map((name) => pipeline.models[name]!);
    const tries = models.flatMap((model) => {
      const task = byName.get(taskName(stage, model));
      return task === undefined ? [] : [readTry(model, task)];
    });
    return { stage, models, tries, starting: [], refused: new Map() };
  });
  const spent = states.reduce((sum, { tries }) => sum + costOf(tries), 0);
  for (const [i, state] of states.entries()) {
    state.verdict = RULES[pipeline.strategy].decide(state.stage, state.models, state.tries);
    if (state.verdict.type === "start") {
      const { models, how, otherwise } = state.verdict;
      const purse = new Purse(pipeline, run.createdAt, spent, i, how === "inOrder" ? models.slice(1) : []);
      choose(state, models, how, purse, run.now);
      if (state.starting.length === 0) state.verdict = otherwise;
    }
    if (state.verdict.type !== "done") break;
  }
  return states;
}

function choose(
  state: StageState,
  models: readonly PipelineModel[],
  how: "one" | "all" | "inOrder",
  purse: Purse,
  now: number,
): void {
  for (const model of models) {
    const why = purse.refuses(model, now);
    if (why === undefined) {
      state.starting.push(model);
      purse.take(model);
    } else state.refused.set(model.name, why);
    if (how === "inOrder" || (how === "one" && state.starting.length > 0)) return;
  }
}

export function costOf(tries: readonly Try[]): number {
  return tries.reduce((sum, { cost }) => sum + cost, 0);
}

function outputsOf(stages: readonly StageState[]): Record<string, Json> {
  return Object.fromEntries(
    stages.flatMap(({ stage, verdict }) => (verdict?.type === "done" ? [[stage.name, verdict.output]] : [])),
  );
}

/** The stage's name holds no slash, so this is unique. */
export function taskName(stage: PipelineStage, model: PipelineModel): string {
  return `${stage.name}/${model.name}`;
}

function taskFor(
  pipeline: PipelineSpec,
  { stage, tries }: StageState,
  model: PipelineModel,
  outputs: Record<string, Json>,
): TaskSpec {
  const { input: given, priority, owner } = pipeline;
  const previous = Object.values(outputs).at(-1);
  const candidate = pipeline.strategy === "SEQUENTIAL_VALIDATION" ? candidateOf(tries) : undefined;
  const input: Record<string, Json> = {
    ...{ pipeline: pipeline.id, stage: stage.name, model: model.name, input: given },
    ...(previous !== undefined && { previous, outputs }),
    ...(candidate !== undefined && { candidate }),
  };
  const arm = model.arm ?? pipeline.arm;
  return {
    ...workOf(model, input),
    id: taskName(stage, model),
    ...(arm !== undefined && { arm }),
    ...(priority !== undefined && { priority }),
    ...(owner !== undefined && { owner }),
    ...(model.timeoutMs !== undefined && { timeout: model.timeoutMs }),
    retries: { limit: model.retries },
    // Another try of what was lost would be paid twice; what costs nothing may run again.
    onLost: model.cost > 0 ? "fail" : "requeue",
  };
}

function workOf(model: PipelineModel, input: Record<string, Json>): Pick<TaskSpec, "type" | "kind" | "work"> {
  if (model.http === undefined) {
    return { type: model.call!, kind: "call", work: { kind: "call", call: model.call!, input } };
  }
  return { type: "http", kind: "http", work: { kind: "http", http: { method: "POST", url: model.http, body: input } } };
}

function finish(
  pipeline: PipelineSpec,
  run: PlannedRun,
  stages: readonly StageState[],
  { state, reason }: { state: PipelineResult["state"]; reason?: string },
): Plan {
  const outputs = Object.values(outputsOf(stages));
  const last = outputs.at(-1);
  const result: PipelineResult = {
    ...{ pipeline: pipeline.id, strategy: pipeline.strategy, state },
    ...(reason !== undefined && { reason }),
    ...(last !== undefined && (state === "succeeded" ? { output: last } : { partial: last })),
    spent: round(stages.reduce((sum, { tries }) => sum + costOf(tries), 0)),
    ...(pipeline.maxCost !== undefined && { maxCost: pipeline.maxCost }),
    elapsedMs: run.now - run.createdAt,
    ...(pipeline.maxTimeMs !== undefined && { maxTimeMs: pipeline.maxTimeMs }),
    stages: describeStages(pipeline, run, stages),
  };
  // Whatever is in a result came out of JSON, or is a number or a text.
  return { end: { state, result: result as unknown as Json, ...(reason !== undefined && { reason }) } };
}
