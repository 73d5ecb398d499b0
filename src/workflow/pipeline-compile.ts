/** Turns a pipeline into the run that is submitted: its first tasks, and the definition by which the planner goes on. */
import { OctopusError } from "../base/errors.ts";
import type { PipelineResult, PipelineSpec } from "../protocol/pipeline.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { PIPELINE_PLANNER, planPipeline } from "./pipeline.ts";

/** The run of this pipeline; throws `invalid` when its budgets do not allow even a beginning. `now` in epoch milliseconds. */
export function compilePipeline(pipeline: PipelineSpec, now: number): RunSpec {
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
