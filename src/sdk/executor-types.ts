/**
 * The types of Octopus Executor, as its document has them, and the two tables that go with them: which arms there are from
 * the start, and which arm a type of task goes to.
 */
import type { Json } from "../base/words.ts";
import type { Adapters } from "../worker/adapters/adapters.ts";

export type OctopusArmId = "deploy" | "batch" | "streams" | "secrets" | "builds" | "watchers" | "cleanup" | "analytics";

export type OctopusTaskType =
  | "deploy-app"
  | "rotate-secret"
  | "run-batch-job"
  | "ingest-stream"
  | "run-build"
  | "watch-config"
  | "cleanup-artifacts"
  | "emit-analytics"
  | "generic";

export interface OctopusTask {
  /** Names the task; the same one again counts once. */
  id: string;
  type: OctopusTaskType;
  /** What the handler needs: anything that JSON can carry. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the document types it so, and handlers read it freely
  payload?: Record<string, any>;
  /** Epoch milliseconds. */
  createdAt: number;
  /** 0 to 1, higher first; 0.5 when nothing is said. */
  priority?: number;
}

export interface OctopusArmConfig {
  id: OctopusArmId;
  enabled: boolean;
  /** Most tasks of the arm at once; absent = no limit. */
  maxParallel?: number;
}

export interface OctopusArmStatus {
  id: OctopusArmId;
  enabled: boolean;
  /** Tasks of it that run now. */
  activeTasks: number;
  /** Tasks of it that have ended. */
  processedCount: number;
  /** Epoch milliseconds at which it last started a task. */
  lastRunAt?: number;
}

export interface OctopusRuntimeStatus {
  /** Tasks that wait: accepted, or about to be. */
  queuedTasks: number;
  arms: OctopusArmStatus[];
  /** Tasks of type `generic`, which belong to none of the arms. */
  generic: { activeTasks: number; processedCount: number };
  /** A cycle is under way. */
  running: boolean;
  /** What went wrong outside of a handler, newest last: tasks that could not be accepted, adapters that threw. At most 100. */
  problems: string[];
}

/** What a cycle's handlers work with. The names are those of the document; anything else may stand here too. */
export interface OctopusContext {
  dreamOps?: unknown;
  deployKeeper?: unknown;
  envKeeper?: unknown;
  haloLoop?: unknown;
  neuralMesh?: unknown;
  quantumAnticipation?: unknown;
  squadAlchemy?: unknown;
  wolfPack?: unknown;
  [name: string]: unknown;
}

/** What a handler may use beside its task and the context. */
export interface OctopusHandlerTools {
  /** Aborts when the task must stop. */
  signal: AbortSignal;
  /** Adds a line to the task's log. */
  log(text: string): void;
  /** Says how far it is: 0 to 1. */
  progress(value: number, message?: string): void;
  /** Those that `init` was given: `await adapters.alerts.send({ text: "hello" })`. */
  adapters: Adapters;
  /** The arm that it runs in; undefined for `generic`. */
  armId: OctopusArmId | undefined;
  /** Number of this try, from 1. */
  attempt: number;
}

/** Does a task; what it returns is kept as its result. A throw is a failed task, never a failed cycle. */
export type OctopusHandler = (task: OctopusTask, context: OctopusContext, tools: OctopusHandlerTools) => unknown;

/** How a task ended. */
export interface OctopusTaskEnd {
  task: OctopusTask;
  armId: OctopusArmId | undefined;
  state: "succeeded" | "failed" | "cancelled";
  result?: Json | undefined;
  error?: string | undefined;
  durationMs: number;
}

/** Connects the executor with what stands around it: CI/CD, deployment, monitoring, analytics. Each part is optional. */
export interface OctopusAdapter {
  name: string;
  onEnqueue?(task: OctopusTask): unknown;
  onTaskStart?(task: OctopusTask, context: OctopusContext): unknown;
  /** Once for each task, when it has ended for good. A cycle ends after all of these. */
  onTaskEnd?(end: OctopusTaskEnd, context: OctopusContext): unknown;
  onCycleEnd?(status: OctopusRuntimeStatus, context: OctopusContext): unknown;
}

/** One thing that was done, and to what. */
export interface OctopusAuditEntry {
  /** ISO 8601. */
  at: string;
  action:
    | "init"
    | "enqueue"
    | "refuse"
    | "start"
    | "end"
    | "arm"
    | "handler"
    | "adapter"
    | "adapter_failed"
    | "cycle_begin"
    | "cycle_end"
    | "close";
  /** The task, arm, type or adapter that it was done to. */
  subject: string;
  detail?: string;
}

export const DEFAULT_ARMS: readonly OctopusArmConfig[] = [
  { id: "deploy", enabled: true, maxParallel: 2 },
  { id: "batch", enabled: true, maxParallel: 4 },
  { id: "streams", enabled: true, maxParallel: 2 },
  { id: "secrets", enabled: true, maxParallel: 1 },
  { id: "builds", enabled: true, maxParallel: 2 },
  { id: "watchers", enabled: true, maxParallel: 2 },
  { id: "cleanup", enabled: true, maxParallel: 2 },
  { id: "analytics", enabled: true },
];

export const ARM_OF_TYPE: Readonly<Record<OctopusTaskType, OctopusArmId | undefined>> = {
  "deploy-app": "deploy",
  "rotate-secret": "secrets",
  "run-batch-job": "batch",
  "ingest-stream": "streams",
  "run-build": "builds",
  "watch-config": "watchers",
  "cleanup-artifacts": "cleanup",
  "emit-analytics": "analytics",
  generic: undefined,
};
