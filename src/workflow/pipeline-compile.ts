/** Turns a pipeline into the run that is submitted: its first tasks, and the definition by which the planner goes on. */
import { OctopusError } from "../base/errors.ts";
import type { PipelineResult, PipelineSpec } from "../protocol/pipeline.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { PIPELINE_PLANNER, planPipeline } from "./pipeline.ts";

export interface PipelineSurroundings {
  /** Epoch milliseconds. */
  now: number;
  /** Names of the arms that there are. */
  arms: readonly string[];
}

/** The run of this pipeline; throws `invalid` for an arm that is not there, and when its budgets do not allow even a beginning. */
export function compilePipeline(pipeline: PipelineSpec, { now, arms }: PipelineSurroundings): RunSpec {
  checkArms(pipeline, arms);
  const definition = JSON.stringify(pipeline);
  const run = { definition, createdAt: now, now, timedOut: false, cancelled: false, tasks: [] };
  const { submit, end } = planPipeline(run);
  if (submit === undefined) {
    const path = pipeline.maxCost === undefined ? "maxTime" : "maxCost";
    // A plan that begins nothing ends at once, with what it has left out.
    const { stages } = end!.result as unknown as PipelineResult;
    const left = stages[0]!.leftOut;
    const words = left.map(({ model, why }) => `${model}: ${why}`).join("; ");
    const message = `does not allow the pipeline to begin (${words}); raise it, or name cheaper models`;
    throw new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
  }
  return {
    workflow: pipeline.id,
    tasks: submit,
    definition,
    planner: PIPELINE_PLANNER,
    ...(pipeline.maxTimeMs !== undefined && { timeoutMs: pipeline.maxTimeMs }),
  };
}

/** Tasks of later stages are made when their turn comes; a wrong arm is better told now. */
function checkArms(pipeline: PipelineSpec, arms: readonly string[]): void {
  const used = [
    { path: "arm", arm: pipeline.arm },
    ...Object.values(pipeline.models).map(({ name, arm }) => ({ path: `models.${name}.arm`, arm })),
  ];
  const issues = used
    .filter(({ arm }) => arm !== undefined && !arms.includes(arm))
    .map(({ path, arm }) => ({
      path,
      message: `must be an arm that is there (${arms.join(", ")}), not ${JSON.stringify(arm)}; register it first`,
    }));
  if (issues.length === 0) return;
  throw new OctopusError("invalid", issues.map(({ path, message }) => `${path} ${message}`).join("; "), { issues });
}
