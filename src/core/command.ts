/**
 * What may be asked of core. Commands are in the imperative; each is decided at once, by the events it causes and an
 * answer. Whatever lies outside core's memory (ended tasks, ids given long ago) was looked up by the engine and stands in
 * the command.
 */
import type { AttemptOutcome, Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { AttemptDetail, TaskDefinition } from "./event.ts";

/** A task that is to be accepted. */
export interface NewTask extends Omit<TaskDefinition, "run" | "needs"> {
  /** JSON text of what it does. */
  work: string;
  tags?: string[] | undefined;
  /** Epoch milliseconds before which it must not start. */
  runAt?: number | undefined;
  /** Existing tasks that it needs; those that core no longer holds come with the state they ended in. */
  needs?: { task: number; ended?: TaskState | undefined }[] | undefined;
  /** Earlier tasks of the same command that it needs, by index. */
  needsEarlier?: number[] | undefined;
  /** The task that had this key before and has ended, if the store knows one. */
  prior?: { task: number; hash: string; state: TaskState } | undefined;
}

/** An ended task as the store has it, to be opened again. */
export interface EndedTask {
  task: number;
  definition: TaskDefinition;
  state: TaskState;
  attempt: number;
}

/** An ended run as the store has it. */
export interface EndedRun {
  run: number;
  workflow: string;
  state: RunState;
  counts: Partial<Record<TaskState, number>>;
}

/** How an attempt ended, as core reads it. */
export interface Report extends AttemptDetail {
  outcome: Exclude<AttemptOutcome, "lost">;
  retryAfterMs?: number | undefined;
  retryable?: boolean | undefined;
}

export type Command =
  | { type: "SubmitTasks"; tasks: NewTask[] }
  | {
      type: "SubmitRun";
      workflow: string;
      params?: Record<string, Json> | undefined;
      definition?: string | undefined;
      tasks: NewTask[];
    }
  | { type: "CancelTask"; task: number; reason: string }
  | { type: "CancelRun"; run: number; reason: string; tasks: number[] }
  /** `dependents`: tasks that ended because of this one and wait again. `children`: blocked tasks that need this one. */
  | { type: "RetryTask"; task: EndedTask; dependents: EndedTask[]; children: number[]; run?: EndedRun | undefined }
  | { type: "DeleteTasks"; tasks: { task: number; state: TaskState }[] }
  | { type: "ConfigureArm"; arm: string; enabled?: boolean | undefined; maxParallel?: number | null | undefined }
  | {
      type: "ConnectWorker";
      session: number;
      worker: string;
      instance: string;
      slots: number;
      kinds: TaskKind[];
      functions: string[];
      host: string;
      pid: number;
      octopus: string;
      /** It lives in the engine's own process. */
      local: boolean;
      holds: { task: number; attempt: number }[];
    }
  /** The connection is gone; the lease begins to run out. */
  | { type: "DisconnectWorker"; worker: string; session: number; goodbye: boolean }
  | { type: "DrainWorker"; worker: string }
  | { type: "WorkerAlive"; worker: string; session: number }
  | { type: "EndAttempt"; worker: string; session: number; task: number; attempt: number; report: Report }
  /** Time has passed. */
  | { type: "Tick" };
