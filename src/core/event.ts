/**
 * Everything that can have happened, on one page. Events are plain JSON, in the past tense, and the only thing that
 * changes core's state (`apply.ts`) or a table (`store/project.ts`). A turn's events share one time, which stands on the
 * batch. Changing the meaning of a field here means raising EVENT_VERSION and reading the old form for ever.
 */
import type { AttemptOutcome, Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { Policy } from "./policy.ts";

export const EVENT_VERSION = 1;

/** What a task is from the moment it is submitted. */
export interface TaskDefinition {
  key?: string | undefined;
  /** Fingerprint of the submission, kept for tasks with a key: tells "the same again" from a conflict. */
  hash?: string | undefined;
  run?: number | undefined;
  name?: string | undefined;
  taskType: string;
  kind: TaskKind;
  handler?: string | undefined;
  worker?: string | undefined;
  arm: string;
  priority: number;
  policy?: Policy | undefined;
  expiresAt?: number | undefined;
  /** Numbers of the tasks that it needs. */
  needs?: number[] | undefined;
}

/** How an attempt ended, as its worker told it. */
export interface AttemptDetail {
  /** JSON text of the result, or a reference to an artifact when it is large. */
  result?: string | undefined;
  resultRef?: string | undefined;
  error?: { message: string; kind?: string | undefined; stack?: string | undefined } | undefined;
  exitCode?: number | undefined;
  signal?: string | undefined;
  durationMs?: number | undefined;
  cpuMs?: number | undefined;
  maxRssBytes?: number | undefined;
}

/** A task was accepted. `work` (JSON text) and `tags` are for the store; core does not keep them. */
export interface TaskSubmitted extends TaskDefinition {
  type: "TaskSubmitted";
  task: number;
  state: TaskState;
  dueAt?: number | undefined;
  reason?: string | undefined;
  work: string;
  tags?: string[] | undefined;
}

/** A task became ready to run. */
export interface TaskReady {
  type: "TaskReady";
  task: number;
}

/** A task whose needs are met waits for a time. */
export interface TaskScheduled {
  type: "TaskScheduled";
  task: number;
  dueAt: number;
}

/** An attempt was given to a worker. */
export interface AttemptStarted {
  type: "AttemptStarted";
  task: number;
  attempt: number;
  worker: string;
}

/** An attempt came to its end, and with it the task went to `next`. */
export interface AttemptEnded extends AttemptDetail {
  type: "AttemptEnded";
  task: number;
  attempt: number;
  /** Where it ran, and since when (epoch milliseconds). */
  worker: string;
  startedAt: number;
  outcome: AttemptOutcome;
  next: TaskState;
  /** When `next` is `scheduled`. */
  dueAt?: number | undefined;
  reason?: string | undefined;
  /** True when the attempt counts against the retry limit. */
  counted: boolean;
}

/** A task that was not running came to its end. */
export interface TaskEnded {
  type: "TaskEnded";
  task: number;
  state: TaskState;
  reason?: string | undefined;
}

/** A person asked to cancel a running task; its worker is told. */
export interface CancelRequested {
  type: "CancelRequested";
  task: number;
  reason: string;
}

/** A person gave an ended task another try. It carries the definition, because core had forgotten the task. */
export interface TaskReopened extends TaskDefinition {
  type: "TaskReopened";
  task: number;
  from: TaskState;
  state: TaskState;
  attempt: number;
  /** Blocked tasks that need it: they had counted on it, and wait for it again. */
  children?: number[] | undefined;
}

/** Ended tasks were removed, all of one state and arm-independent. */
export interface TasksDeleted {
  type: "TasksDeleted";
  tasks: number[];
  /** How many of them were in each state. */
  counts: Partial<Record<TaskState, number>>;
}

export interface RunCreated {
  type: "RunCreated";
  run: number;
  workflow: string;
  params?: Record<string, Json> | undefined;
  definition?: string | undefined;
}

export interface RunStarted {
  type: "RunStarted";
  run: number;
}

export interface RunCancelRequested {
  type: "RunCancelRequested";
  run: number;
}

export interface RunEnded {
  type: "RunEnded";
  run: number;
  state: RunState;
  /** Number of its tasks in each state. */
  counts: Partial<Record<TaskState, number>>;
}

/** A task of an ended run was retried. `counts` are those of its tasks before that. */
export interface RunReopened {
  type: "RunReopened";
  run: number;
  from: RunState;
  workflow: string;
  counts: Partial<Record<TaskState, number>>;
}

export interface ArmConfigured {
  type: "ArmConfigured";
  arm: string;
  enabled: boolean;
  /** Absent = no limit. */
  maxParallel?: number | undefined;
}

/** A worker connected, or came back. */
export interface WorkerJoined {
  type: "WorkerJoined";
  worker: string;
  instance: string;
  slots: number;
  kinds: TaskKind[];
  functions: string[];
  host: string;
  pid: number;
  octopus: string;
}

export interface WorkerDraining {
  type: "WorkerDraining";
  worker: string;
}

/** A worker said goodbye or its lease ran out; it holds no attempts any more. */
export interface WorkerLeft {
  type: "WorkerLeft";
  worker: string;
  reason: string;
}

export type Event =
  | TaskSubmitted
  | TaskReady
  | TaskScheduled
  | AttemptStarted
  | AttemptEnded
  | TaskEnded
  | CancelRequested
  | TaskReopened
  | TasksDeleted
  | RunCreated
  | RunStarted
  | RunCancelRequested
  | RunEnded
  | RunReopened
  | ArmConfigured
  | WorkerJoined
  | WorkerDraining
  | WorkerLeft;

/** The events of one turn: appended together or not at all. */
export interface Batch {
  version: number;
  /** Epoch milliseconds of the turn. */
  at: number;
  events: Event[];
}
