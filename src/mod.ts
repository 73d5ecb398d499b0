/** The package's main door: Octopus inside a program. */
import { openEmbedded } from "./node.ts";
import type { EmbeddedOctopus } from "./octopus.ts";

/** Octopus inside a program: `await Octopus.open({ dataDir, functions })`. */
export const Octopus = { open: openEmbedded } as const;
export type Octopus = EmbeddedOctopus;
export type { RunHandle, TaskHandle } from "./octopus.ts";
export {
  createExecutor,
  STRATEGIES,
  type ExecutorOptions,
  type ExecutorStatus,
  type Strategy,
  type WorkflowExecutor,
} from "./strategy.ts";
export type { OpenOptions } from "./node.ts";
export { OctopusError, type ErrorCode, type Issue } from "./base/errors.ts";
export type { Json, TaskState, RunState, AttemptOutcome } from "./base/words.ts";
export type { TaskSubmission } from "./protocol/task.ts";
export type { FeedEvent } from "./protocol/feed.ts";
export type {
  AttemptView,
  Explanation,
  RunDetail,
  RunView,
  StatusView,
  TaskDetail,
  TaskView,
} from "./protocol/views.ts";
export type { FunctionContext } from "./worker/function-context.ts";
