/** The run of a pipeline, as it is planned and told of: the tasks that were tried, and how far each stage is. */
import type { PipelineModel, PipelineStage } from "../protocol/pipeline.ts";
import type { TriedTask, Try } from "./pipeline-money.ts";
import type { Verdict } from "./pipeline-rules.ts";

export interface PlannedRun {
  definition: string;
  createdAt: number;
  now: number;
  timedOut: boolean;
  cancelled: boolean;
  tasks: readonly TriedTask[];
}

/** How far a stage is. */
export interface StageState {
  stage: PipelineStage;
  models: PipelineModel[];
  tries: Try[];
  /** Undefined: it has not begun. */
  verdict?: Verdict | undefined;
  /** For a stage that starts models: those that may start now. */
  starting: PipelineModel[];
  /** Models that were refused, and why. */
  refused: Map<string, string>;
}
