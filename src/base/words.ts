/**
 * The words that everything shares: states and outcomes. Core gives them their transitions (`core/lifecycle.ts`),
 * protocol puts them on the wire, the store on disk. Their order is part of the file format (the store keeps the
 * index): append, never reorder.
 */

/** What can be said of a task. Everything from `succeeded` on is an end. */
export const TASK_STATES = [
  "blocked", // waits for the tasks named in `needs`
  "scheduled", // waits for a time: a delay, or the backoff before a retry
  "queued", // ready: waits for a slot on a worker
  "running", // an attempt of it is on a worker
  "succeeded",
  "failed",
  "cancelled", // a person asked for it
  "expired", // its `expiresAt` passed before it could start
  "skipped", // it decided that there was nothing to do (`when`, exit code 99)
  "upstream_failed", // a task that it needs did not succeed
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** How one try ended. */
export const ATTEMPT_OUTCOMES = [
  "succeeded",
  "failed", // it ran, and said no: exit code, exception, HTTP status
  "timed_out", // it ran longer than its timeout and was killed
  "cancelled", // a person cancelled the task
  "lost", // its worker vanished
  "refused", // the worker could not start it at all
  "interrupted", // its worker was told to stop; not counted as a try
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** What can be said of a run. */
export const RUN_STATES = ["queued", "running", "succeeded", "failed", "cancelled", "partial"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** What can be said of a worker, by the age of its last sign of life. */
export const WORKER_STATES = ["online", "idle", "offline", "draining"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** How a task does its work. */
export const TASK_KINDS = [
  "shell",
  "http",
  "call",
  "each", // it holds a task for each item of a list, and ends with the last of them
  "workflow", // it holds a run of its own, and ends with it
  "approval", // it waits for a person
  "plugin", // code that the server distributes to workers
  "docker", // a container
  "wasm", // a WebAssembly module that the server distributes to workers
  "custom", // an executor that a worker was given, by its name
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Kinds that never go to a worker: the engine does what there is to do. */
export const ENGINE_KINDS = ["each", "workflow", "approval"] as const;
export type EngineKind = (typeof ENGINE_KINDS)[number];

export function isEngineKind(kind: TaskKind): kind is EngineKind {
  return kind === "each" || kind === "workflow" || kind === "approval";
}

/** What a plugin is written in; a WebAssembly module is one, too. */
export const PLUGIN_LANGUAGES = ["python", "javascript", "typescript", "wasm"] as const;
export type PluginLanguage = (typeof PLUGIN_LANGUAGES)[number];

/** Where a line of output came from. `log` is what a function or the worker itself said. */
export const LOG_STREAMS = ["stdout", "stderr", "log"] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

const FIRST_END = TASK_STATES.indexOf("succeeded");
const ENDED: ReadonlySet<string> = new Set(TASK_STATES.slice(FIRST_END));

/** True for a state that a task leaves only when a person retries it. */
export function isEnded(state: TaskState): boolean {
  return ENDED.has(state);
}

/** What a callback may be bound to. */
export const CALLBACK_ON = [
  "success", // it succeeded
  "failure", // it ended without success: failed, expired, or something it needs did
  "exhausted", // it is a dead letter: it failed, and no try is left
  "end", // it ended, however
  "change", // it went to another state
] as const;
export type CallbackOn = (typeof CALLBACK_ON)[number];

/** How long a unique key is taken. */
export const UNIQUE_SCOPES = [
  "queued", // until it starts
  "active", // until it has ended
  "period", // for a time after it was submitted, whatever becomes of it
] as const;
export type UniqueScope = (typeof UNIQUE_SCOPES)[number];

/** What a second task with the same unique key means. */
export const UNIQUE_POLICIES = [
  "return", // nothing new: the answer names the task that is there
  "replace", // the one that is there is cancelled
  "reject", // the second is refused
] as const;
export type UniquePolicy = (typeof UNIQUE_POLICIES)[number];

/** What a tick means while the one before it still runs. */
export const OVERLAPS = ["allow", "skip", "queue_one", "queue_all", "cancel_previous"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** What becomes of ticks that nobody was there to fire. */
export const CATCH_UPS = ["none", "latest", "all"] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What became of a tick. */
export const TICK_ACTIONS = [
  "fired", // its task or run was made
  "skipped", // the one before it still ran
  "queued", // it waits for the one before it
  "missed", // nobody was there, and it was not to be caught up
  "failed", // its target could not be made; the reason says why
] as const;
export type TickAction = (typeof TICK_ACTIONS)[number];

/** What must be said of the tasks that a task of a workflow needs before it may run. */
export const TRIGGERS = [
  "all_succeeded", // all of them have succeeded; the usual
  "all_done", // all have ended, however
  "any_succeeded", // one has succeeded
  "any_failed", // one has failed
  "none_failed", // all have ended, and none has failed
] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Tasks of a run that do not run with the others, but when these are over. */
export const ROLES = [
  "compensate", // undoes a task that has succeeded, when the run fails or is cancelled
  "success", // when the run has succeeded, with or without failures that were allowed
  "failure", // when it has failed
  "cancel", // when it was cancelled
  "exit", // whatever became of it; the last of all
] as const;
export type Role = (typeof ROLES)[number];

/** What a run means while others of its group have all its places. */
export const RUN_OVERLAPS = [
  "queue", // it waits for a place
  "skip", // it is not run at all
  "cancel_previous", // the oldest of the others is cancelled, and it takes that place
] as const;
export type RunOverlap = (typeof RUN_OVERLAPS)[number];

/** How the tasks of a run are carried out; the outcome is the same. */
export const EXECUTORS = ["sequential", "local"] as const;
export type Executor = (typeof EXECUTORS)[number];

/** What whoever holds a token may do; each may do what those before it may, but `worker`, which may only be a worker. */
export const ACCESS_ROLES = [
  "viewer", // look at everything, change nothing
  "submitter", // submit tasks and runs, and cancel or retry what there is
  "operator", // arms, schedules, workflows, workers
  "admin", // tokens, keys, backups
  "worker", // take tasks and bring results
] as const;
export type AccessRole = (typeof ACCESS_ROLES)[number];

/** Whose tasks rules on commands tell apart: the roles of tokens, and what submits when no person asks. */
export const POLICY_ROLES = [
  ...ACCESS_ROLES,
  "schedule", // ticks
  "workflow", // members of a list, runs inside of runs, tasks that a planner adds
  "callback", // tasks that tell of others
  "trigger", // webhooks, changes of files, lines of streams
] as const;
export type PolicyRole = (typeof POLICY_ROLES)[number];

/** Which of the workers that fit gets a task. */
export const PLACEMENTS = [
  "spread", // the one with the largest free share
  "pack", // the one with the smallest free share that still has room: others stay empty and may be stopped
] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** How a label of a worker is compared. */
export const LABEL_OPS = ["==", "!=", "in", "not in", "exists", "not exists"] as const;
export type LabelOp = (typeof LABEL_OPS)[number];

/** What may be done to many tasks at once. */
export const BULK_ACTIONS = ["cancel", "retry", "delete", "dismiss", "priority", "move"] as const;
export type BulkActionName = (typeof BULK_ACTIONS)[number];

/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
