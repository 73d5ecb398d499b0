/** What the result of a pipeline says of its stages: who was tried, at what cost, and who was left out and why. */
import type { PipelineModel, PipelineSpec, PipelineStageResult, PipelineTry } from "../protocol/pipeline.ts";
import type { PlannedRun, StageState } from "./pipeline-state.ts";
import { Purse, round, type Try } from "./pipeline-money.ts";
import { RULES } from "./pipeline-rules.ts";

export function describeStages(
  pipeline: PipelineSpec,
  run: PlannedRun,
  stages: readonly StageState[],
): PipelineStageResult[] {
  let spentBefore = 0;
  return stages.map((state, i): PipelineStageResult => {
    const { stage, tries, verdict } = state;
    const spent = tries.reduce((sum, { cost }) => sum + cost, 0);
    const done = verdict?.type === "done" ? verdict : undefined;
    const leftOut = notTried(state).map((model) => ({
      model: model.name,
      why: whyNot(pipeline, run, { state, model, stage: i, spentBefore }),
    }));
    spentBefore += spent;
    return {
      name: stage.name,
      state: stateOf(state, run),
      ...(done !== undefined && { output: done.output }),
      by: done?.by ?? [],
      ...(done?.confidence !== undefined && { confidence: round(done.confidence) }),
      spent: round(spent),
      tries: tries.map(describeTry),
      leftOut,
    };
  });
}

function stateOf({ verdict, tries }: StageState, run: PlannedRun): PipelineStageResult["state"] {
  if (verdict?.type === "done") return "done";
  if (verdict === undefined || ((run.timedOut || run.cancelled) && tries.length === 0)) return "not_reached";
  return run.timedOut || run.cancelled ? "stopped" : "failed";
}

function notTried({ models, tries }: StageState): PipelineModel[] {
  const tried = new Set(tries.map(({ model }) => model.name));
  return models.filter(({ name }) => !tried.has(name));
}

interface Left {
  state: StageState;
  model: PipelineModel;
  /** Its stage, and what the stages before that had cost. */
  stage: number;
  spentBefore: number;
}

/** Nobody wrote down why it was passed over, but its turn can be gone through again. */
function whyNot(pipeline: PipelineSpec, run: PlannedRun, { state, model, stage, spentBefore }: Left): string {
  const { refused, verdict, models, tries } = state;
  const known = refused.get(model.name);
  if (known !== undefined) return known;
  if (verdict?.type !== "done") return "its turn did not come";
  const order = RULES[pipeline.strategy].order(models);
  const before = order.slice(0, order.indexOf(model));
  const isLast = !tries.some((tried) => !before.includes(tried.model));
  if (isLast && pipeline.strategy !== "PARALLEL_ENSEMBLE") return "it was not needed";
  const purse = new Purse(pipeline, run.createdAt, spentBefore, stage);
  for (const tried of tries) if (before.includes(tried.model)) purse.take(tried.model);
  const next = tries.find((tried) => !before.includes(tried.model));
  return purse.refuses(model, next?.task.startedAt ?? run.now) ?? "it was beyond the budget when its turn came";
}

function describeTry({ model, task, cost, confidence }: Try): PipelineTry {
  const { startedAt, endedAt } = task;
  return {
    ...{ model: model.name, task: task.name, state: task.state, cost: round(cost) },
    ...(confidence !== undefined && { confidence }),
    ...(startedAt !== undefined && endedAt !== undefined && { durationMs: endedAt - startedAt }),
    ...(task.error !== undefined && { error: task.error.message }),
  };
}
