/** What can have happened to tasks and their attempts; a part of `event.ts`, and on disk like the rest of it. */
import type { AttemptOutcome, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { Asks, Units } from "./asks.ts";
import type { Members, NodeRule, Tally, Undone } from "./graph/rule.ts";
import type { Policy } from "./policy.ts";

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
  /** What it asks for beyond that; most tasks ask for nothing. */
  asks?: Asks | undefined;
  /** What it is in the graph of its run, beyond a task that needs others. */
  node?: NodeRule | undefined;
  /** The `each` that holds it. */
  inside?: number | undefined;
  /** The task that it undoes; its role is `compensate`. */
  of?: number | undefined;
  /** Among the ready tasks of its run those with the highest rank are first: milliseconds of work from here to the end. */
  rank?: number | undefined;
}

/** A file that an attempt left behind, by the hash of its content. */
export interface Artifact {
  path: string;
  /** SHA-256 in hex. */
  hash: string;
  bytes: number;
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
  artifacts?: Artifact[] | undefined;
}

/** A task was accepted. `work` and `callbacks` (JSON texts) and `tags` are for the store; core does not keep them. */
export interface TaskSubmitted extends TaskDefinition {
  type: "TaskSubmitted";
  task: number;
  state: TaskState;
  dueAt?: number | undefined;
  reason?: string | undefined;
  work: string;
  tags?: string[] | undefined;
  callbacks?: string | undefined;
  /** Its result was there already: the task that made it. `state` is then `succeeded`. */
  cachedFrom?: number | undefined;
  /** It is queued, and the cache was asked already: its result is kept under this key. */
  cacheKey?: string | undefined;
  /** JSON text of what the engine needs to prepare it and to read what it leaves; core does not keep it. */
  spec?: string | undefined;
  /** How those of its needs had ended that were not live; only where its trigger is not the usual one. */
  tally?: Tally | undefined;
}

/** A task became ready to run. */
export interface TaskReady {
  type: "TaskReady";
  task: number;
}

/** A task whose needs are met waits for a time; one that was queued already was put off by a person. */
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
  /** Since when nothing but a worker was missing; absent where it became ready and waited for nothing else. */
  admittedAt?: number | undefined;
  /** The units that it has. All of each, but of the last one what is left: 1.5 of two is all of the first and half of the second. */
  units?: Units | undefined;
}

/** An attempt came to its end, and with it the task went to `next`. */
export interface AttemptEnded extends AttemptDetail {
  type: "AttemptEnded";
  task: number;
  attempt: number;
  /** Where it ran, and since when (epoch milliseconds). */
  worker: string;
  startedAt: number;
  /** As its start said. */
  admittedAt?: number | undefined;
  outcome: AttemptOutcome;
  next: TaskState;
  /** When `next` is `scheduled`. */
  dueAt?: number | undefined;
  reason?: string | undefined;
  /** True when the attempt counts against the retry limit. */
  counted: boolean;
  /** It failed and no try is left: it is a dead letter until somebody retries or dismisses it. */
  dead?: true | undefined;
  /** The result goes to the cache under this key, until then (0 = as long as the task is kept). */
  cache?: { key: string; until: number } | undefined;
  /** It failed with leave: its children go on. */
  allowed?: true | undefined;
}

/** A task that was not running came to its end. */
export interface TaskEnded {
  type: "TaskEnded";
  task: number;
  state: TaskState;
  reason?: string | undefined;
  /** It ended with the result of this task, by the cache; `state` is then `succeeded`. */
  cachedFrom?: number | undefined;
  /** It failed before its first try, and there will be none: it is a dead letter. */
  dead?: true | undefined;
  /** It failed with leave, or (`succeeded`) something in it did. */
  allowed?: true | undefined;
  /** A person did not agree to it, or did not answer in time; or a person said how it has ended. */
  said?: "rejected" | "marked" | undefined;
  /** Who said so, and why. */
  by?: string | undefined;
  note?: string | undefined;
  /** JSON text of the result that it has from there. */
  result?: string | undefined;
}

/** A waiting or running task was given another arm or priority. A queued one goes to the end of its new queue. */
export interface TaskMoved {
  type: "TaskMoved";
  task: number;
  arm: string;
  priority: number;
}

/** A task is due at another time: a scheduled one, or one that is blocked and waits for it once its needs are met (0 = for none). */
export interface TaskPutOff {
  type: "TaskPutOff";
  task: number;
  dueAt: number;
}

/** A task that has not started is another one from now on, with the same number and id. It goes to the end of its queue. */
export interface TaskReplaced extends TaskDefinition {
  type: "TaskReplaced";
  task: number;
  state: TaskState;
  dueAt?: number | undefined;
  /** What it needed before. */
  needed?: number[] | undefined;
  work: string;
  tags?: string[] | undefined;
  callbacks?: string | undefined;
}

/** Dead letters were put aside by a person. */
export interface TasksDismissed {
  type: "TasksDismissed";
  tasks: number[];
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
  /** It does something else now: the new work, as JSON text. */
  work?: string | undefined;
  /** Likewise what the engine needs to prepare it. */
  spec?: string | undefined;
  /** It had ended with leave. */
  allowed?: true | undefined;
  /** How those of its needs had ended that are not live; only where its trigger is not the usual one. */
  tally?: Tally | undefined;
  /** For a container that keeps what it holds (`state` is `running`): how many members it has in all, and what is known of them. */
  holds?: (Members & { total: number }) | undefined;
  /** A member whose container is evaluated anew: it takes its place as a new one would. */
  anew?: true | undefined;
  /** It ends again in this very batch, as was said before: a unique key that it had is left to whoever has it by now. */
  brief?: true | undefined;
  /** How the task had ended that it undoes. */
  ofEnded?: Undone | undefined;
}

/** Ended tasks were removed, all of one state and arm-independent. */
export interface TasksDeleted {
  type: "TasksDeleted";
  tasks: number[];
  /** How many of them were in each state. */
  counts: Partial<Record<TaskState, number>>;
  /** Ended runs that went with the last of their tasks. */
  runs?: { run: number; state: RunState }[] | undefined;
}
