/**
 * What may be asked of core. Commands are in the imperative; each is decided at once, by the events it causes and an
 * answer. Whatever lies outside core's memory (ended tasks, ids given long ago) was looked up by the engine and stands in
 * the command.
 */
import type { AttemptOutcome, BulkActionName, Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { ArmSettings, Origin, Quota, Resources } from "./asks.ts";
import type { AttemptDetail, TaskDefinition } from "./event.ts";
import type { ScheduleDefinition } from "./schedules/events.ts";

/** A task that is to be accepted. */
export interface NewTask extends Omit<TaskDefinition, "run" | "needs"> {
  /** JSON text of what it does. */
  work: string;
  tags?: string[] | undefined;
  /** Epoch milliseconds before which it must not start. */
  runAt?: number | undefined;
  /** Wait from its submission on. One that waits for others has the wait in its policy: it begins when they have ended. */
  delayMs?: number | undefined;
  /** Existing tasks that it needs; those that core no longer holds come with the state they ended in. */
  needs?: { task: number; ended?: TaskState | undefined }[] | undefined;
  /** Earlier tasks of the same command that it needs, by index. */
  needsEarlier?: number[] | undefined;
  /** The task that had this key before and has ended, if the store knows one. */
  prior?: { task: number; hash: string; state: TaskState } | undefined;
  /** JSON text of what is to be told to whom. */
  callbacks?: string | undefined;
  /** The task whose result the cache holds for it, if the store knows one. */
  cacheHit?: number | undefined;
}

/** A run that is to be accepted. */
export interface NewRun {
  workflow: string;
  params?: Record<string, Json> | undefined;
  definition?: string | undefined;
  tasks: NewTask[];
  /** Longest time from its submission to its end. */
  timeoutMs?: number | undefined;
  planner?: string | undefined;
  origin?: Origin | undefined;
}

/** A change of an arm's settings: absent = as it is, null = the default. */
export type ArmChange = { [K in keyof ArmSettings]?: ArmSettings[K] | null | undefined };

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
  planner?: string | undefined;
  origin?: Origin | undefined;
}

/** How an attempt ended, as core reads it. */
export interface Report extends AttemptDetail {
  outcome: Exclude<AttemptOutcome, "lost">;
  retryAfterMs?: number | undefined;
  retryable?: boolean | undefined;
  /** HTTP status that made it fail. */
  status?: number | undefined;
}

export type Command =
  | { type: "SubmitTasks"; tasks: NewTask[] }
  | ({ type: "SubmitRun" } & NewRun)
  /** What a run's planner wants next: more tasks, or (`end`) no more. */
  | {
      type: "AdvanceRun";
      run: number;
      tasks: NewTask[];
      /** Tasks of the run that are not needed any more. */
      cancel?: { task: number; reason: string }[] | undefined;
      end?: { state: RunState; result?: string | undefined; reason?: string | undefined } | undefined;
    }
  | { type: "CancelTask"; task: number; reason: string }
  | { type: "CancelRun"; run: number; reason: string; tasks: number[] }
  /**
   * `dependents`: tasks that ended because of this one and wait again. `children`: blocked tasks that need this one. A
   * task some of whose needs are live (again) waits for them.
   */
  | {
      type: "RetryTask";
      task: EndedTask;
      dependents: EndedTask[];
      children: number[];
      run?: EndedRun | undefined;
      /** JSON text of what it does from now on. */
      work?: string | undefined;
    }
  | { type: "DeleteTasks"; tasks: { task: number; state: TaskState }[] }
  /** Puts dead letters aside. */
  | { type: "DismissTasks"; tasks: number[] }
  /** Gives live tasks another arm or priority; those that have ended are left out. */
  | { type: "MoveTasks"; tasks: number[]; arm?: string | undefined; priority?: number | undefined }
  /** The cache key of a task that was held for it, and the task whose result the store has under it. `failed`: why not. */
  | { type: "KeyCache"; task: number; key: string; hit?: number | undefined; failed?: string | undefined }
  /** The tasks by which a due callback is sent; `reason` when it comes to nothing. */
  | { type: "SendCallback"; due: number; tasks: NewTask[]; reason?: string | undefined }
  /** Registers or changes an arm. */
  | ({ type: "ConfigureArm"; arm: string } & ArmChange)
  | { type: "RemoveArm"; arm: string }
  | { type: "SetQuota"; owner: string; quota: Quota | undefined }
  | ({ type: "SetSchedule"; target: string } & ScheduleDefinition)
  | { type: "RemoveSchedule"; schedule: string }
  /** Fires it now, whatever the calendar says. */
  | { type: "TriggerSchedule"; schedule: string }
  /** Fires ticks of the past; the store has looked up that they were not fired. */
  | { type: "BackfillSchedule"; schedule: string; ticks: number[] }
  /** The target of a fired tick, ready to be submitted; `reason` when it could not be made. */
  | {
      type: "FireTick";
      schedule: string;
      tick: number;
      task?: NewTask | undefined;
      run?: NewRun | undefined;
      reason?: string | undefined;
    }
  | { type: "SetCalendar"; calendar: string; days: string[] | undefined }
  | { type: "StartBulk"; action: BulkActionName; filter: string; total: number }
  /** `done` and `failed` are those of the steps before; what becomes of the commands of this one is added. */
  | {
      type: "AdvanceBulk";
      bulk: number;
      done: number;
      failed: number;
      cursor: number;
      ended?: "done" | "cancelled" | undefined;
      step?: Command[] | undefined;
      /** What follows from the step, beside it; not counted. */
      also?: Command[] | undefined;
    }
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
      resources?: Resources | undefined;
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
