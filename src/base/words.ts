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
export const TASK_KINDS = ["shell", "http", "call"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

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

/** What may be done to many tasks at once. */
export const BULK_ACTIONS = ["cancel", "retry", "delete", "dismiss", "priority", "move"] as const;
export type BulkActionName = (typeof BULK_ACTIONS)[number];

/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
