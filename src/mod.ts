/** The package's main door: Octopus inside a program. */
import { openEmbedded } from "./root/embedded.ts";
import type { EmbeddedOctopus } from "./octopus.ts";
import { type ConnectOptions, RemoteOctopus } from "./sdk/remote.ts";
import { ownVersion } from "./root/version.ts";

/**
 * Octopus for a program: `await Octopus.open({ dataDir, tasks })` runs engine and worker in this process;
 * `Octopus.connect(url, { tasks })` is the same on a server, with this program's functions run here.
 */
export const Octopus = {
  open: openEmbedded,
  /** The Octopus at `url`, such as `http://127.0.0.1:8000`. Nothing is sent before the first call. */
  connect: (url: string, options: ConnectOptions = {}): RemoteOctopus =>
    new RemoteOctopus(url, { ...options, version: ownVersion() }),
} as const;
export type Octopus = EmbeddedOctopus;
export type { TaskHandle } from "./octopus.ts";
export type { ConnectOptions, RemoteOctopus };
export {
  createOctopusExecutor,
  OctopusExecutor,
  type OctopusExecutorInstance,
  type OctopusExecutorSettings,
} from "./root/facade.ts";
export type {
  OctopusAdapter,
  OctopusArmConfig,
  OctopusArmId,
  OctopusArmStatus,
  OctopusAuditEntry,
  OctopusContext,
  OctopusHandler,
  OctopusHandlerTools,
  OctopusRuntimeStatus,
  OctopusTask,
  OctopusTaskEnd,
  OctopusTaskType,
} from "./sdk/executor-types.ts";
export {
  task,
  type EnqueueOptions,
  type ScheduleOptions,
  type TaskContext,
  type TaskDefaults,
  type TaskOptions,
  type TypedTask,
  type When,
} from "./sdk/typed-task.ts";
export { workflow, subworkflow, type BuiltWorkflow, type Workflow } from "./sdk/workflow-builder.ts";
export { approval, call, each, http, matrix, pipeline, shell, type Step } from "./sdk/workflow-steps.ts";
export { docker, plugin, uses, wasm } from "./sdk/workflow-kinds.ts";
export { cel, type Expression, type Ref } from "./sdk/workflow-refs.ts";
export type { StandardSchema } from "./sdk/standard-schema.ts";
export type { Jsonified } from "./sdk/jsonified.ts";
export type { FlowHandle, FlowResult, PipelineHandle, RunHandle, TypedHandle } from "./sdk/handle.ts";
export type { RunOptions } from "./sdk/run-options.ts";
export type { AnyTask, ArmHandler, ArmOptions } from "./sdk/octopus-base.ts";
export type { ModelContext, ModelHandler, ModelOptions } from "./sdk/models.ts";
export { PIPELINE_STRATEGIES } from "./protocol/pipeline.ts";
export type { PipelineResult, PipelineStrategy, PipelineSubmission } from "./protocol/pipeline.ts";
export {
  createExecutor,
  STRATEGIES,
  type ExecutorOptions,
  type ExecutorStatus,
  type Strategy,
  type WorkflowExecutor,
} from "./root/strategy.ts";
export type { OpenOptions } from "./root/embedded.ts";
export { OctopusError, type ErrorCode, type Issue } from "./base/errors.ts";
export type { Json, TaskState, RunState, AttemptOutcome } from "./base/words.ts";
export type { ArmSubmission, QuotaSubmission } from "./protocol/arm.ts";
export type { BulkSubmission } from "./protocol/bulk.ts";
export type { ScheduleSubmission } from "./protocol/schedule.ts";
export type { TaskSubmission } from "./protocol/task.ts";
export type { FeedEvent } from "./protocol/feed.ts";
export type {
  ArmDetail,
  ArmView,
  ArtifactView,
  AttemptView,
  BulkView,
  Explanation,
  QuotaView,
  StatusView,
  TaskDetail,
  TaskView,
} from "./protocol/views.ts";
export type { RunDetail, RunView, WorkflowDetail, WorkflowView } from "./protocol/run-views.ts";
export type { RunRetry, RunSubmission, TaskMark, Verdict, WorkflowSubmission } from "./protocol/workflow.ts";
export type { ScheduleView, TickView } from "./protocol/schedule-views.ts";
export { type Adapters, AdapterError } from "./worker/adapters/adapters.ts";
export type { AdapterSettings } from "./root/plugin-door.ts";
export { FatalError, type FunctionContext, type FunctionTask } from "./worker/function-context.ts";
export type {
  CommandResult,
  CommandToRun,
  CustomExecutor,
  ExecutorContext,
} from "./worker/executors/custom-executor.ts";
