/**
 * What may be asked of core. Commands are in the imperative; each is decided at once, by the events it causes and an
 * answer. Whatever lies outside core's memory (ended tasks, ids given long ago) was looked up by the engine and stands in
 * the command.
 */
import type { AttemptOutcome, BulkActionName, Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { TokenDefinition } from "./access/events.ts";
import type { ArmSettings, Origin, Quota, Resources } from "./asks.ts";
import type { AttemptDetail, TaskDefinition } from "./task-events.ts";
import type { PluginRelease } from "./plugins/events.ts";
import type { Members, RunGroup, Tally, Undone } from "./graph/rule.ts";
import type { ScheduleDefinition } from "./schedules/events.ts";

/** A task that is to be accepted. */
export interface NewTask extends Omit<TaskDefinition, "run" | "needs" | "of"> {
  /** JSON text of what it does. */
  work: string;
  tags?: string[] | undefined;
  /** Epoch milliseconds before which it must not start. */
  runAt?: number | undefined;
  /** Wait from its submission on. One that waits for others has the wait in its policy: it begins when they have ended. */
  delayMs?: number | undefined;
  /** Existing tasks that it needs; those that core no longer holds come with how they ended, `leave`: as if they had passed. */
  needs?: { task: number; ended?: TaskState | undefined; leave?: true | undefined }[] | undefined;
  /** Earlier tasks that it needs, by index: of the same command, or (`AddToRun`) of the same run. */
  needsEarlier?: number[] | undefined;
  /** The earlier task that it undoes, by index. */
  ofEarlier?: number | undefined;
  /** JSON text of what the engine needs to prepare it. */
  spec?: string | undefined;
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
  /** More tasks come by `AddToRun`. */
  open?: true | undefined;
  /** The `workflow` task that holds it. */
  parent?: number | undefined;
  group?: RunGroup | undefined;
  maxParallel?: number | undefined;
  outputs?: true | undefined;
  retryOf?: number | undefined;
  definitionHash?: string | undefined;
  files?: Record<string, string> | undefined;
  scope?: string | undefined;
}

/** A change of an arm's settings: absent = as it is, null = the default. */
export type ArmChange = { [K in keyof ArmSettings]?: ArmSettings[K] | null | undefined };

/** An ended task as the store has it, to be opened again. */
export interface EndedTask {
  task: number;
  definition: TaskDefinition;
  state: TaskState;
  attempt: number;
  /** It failed with leave. */
  allowed?: true | undefined;
  /** How those of its needs have ended that core no longer holds; only where its trigger is not the usual one. */
  tally?: Tally | undefined;
  /** For a container that had begun: how many members it has in all, and for an `each` what is known of them. */
  total?: number | undefined;
  members?: Members | undefined;
  /** It undoes a task that has ended. */
  ofEnded?: Undone | undefined;
}

/** An ended run as the store has it. */
export interface EndedRun {
  run: number;
  workflow: string;
  state: RunState;
  counts: Partial<Record<TaskState, number>>;
  planner?: string | undefined;
  origin?: Origin | undefined;
  parent?: number | undefined;
  depth?: number | undefined;
  group?: RunGroup | undefined;
  maxParallel?: number | undefined;
  outputs?: true | undefined;
  /** How many of its tasks, members aside, have ended with leave. */
  allowed?: number | undefined;
  /** Number of its tasks by state that say nothing of its outcome: members, tasks with a role, failures with leave. */
  aside?: Partial<Record<TaskState, number>> | undefined;
}

/** One task of a run that is to be done again. */
export interface Reopening {
  task: EndedTask;
  /** It does this from now on (JSON text). */
  work?: string | undefined;
  spec?: string | undefined;
  /** A container that keeps what it holds: it runs at once, and some of its members are done again. */
  holds?: true | undefined;
  /** Live blocked tasks that need it: they had counted on it, and wait for it again. */
  children?: number[] | undefined;
  /** It ends again at once, as somebody has said. */
  brief?: true | undefined;
  /** Something that it needs stays as it ended, and speaks against it: it ends so again, and what needs it hears of that. */
  barred?: { state: "skipped" | "upstream_failed"; reason: string } | undefined;
}

/** How an attempt ended, as core reads it. */
export interface Report extends AttemptDetail {
  outcome: Exclude<AttemptOutcome, "lost">;
  retryAfterMs?: number | undefined;
  retryable?: boolean | undefined;
  /** HTTP status that made it fail. */
  status?: number | undefined;
  /** It succeeded, and is to be done again after so long (`repeat`); this is not a retry. */
  againMs?: number | undefined;
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
   * `dependents`: tasks that ended because of this one and wait again. `children`: blocked tasks that need this one;
   * `grandchildren`: those that need a dependent, by its number. A task some of whose needs are live (again) waits for them.
   */
  | {
      type: "RetryTask";
      task: EndedTask;
      dependents: EndedTask[];
      children: number[];
      grandchildren?: ReadonlyMap<number, number[]> | undefined;
      run?: EndedRun | undefined;
      /** JSON text of what it does from now on. */
      work?: string | undefined;
      /** In no run: the ended container that holds it, which goes on with it. */
      around?: Reopening[] | undefined;
      /** It goes on with the members that it has, of which these are done again. */
      members?: Reopening[] | undefined;
    }
  /** More tasks of a run that is being submitted in steps; with the `last` ones it may begin. */
  | { type: "AddToRun"; run: number; tasks: NewTask[]; last: boolean }
  /** Takes a run back that was never completely submitted. */
  | { type: "DropRun"; run: number }
  /** What a task says was evaluated: it does `work`, or it ends at once. */
  | {
      type: "PrepareTask";
      task: number;
      work?: string | undefined;
      cacheHash?: string | undefined;
      message?: string | undefined;
      end?: { state: "skipped" | "failed"; reason: string } | undefined;
    }
  /**
   * Members of an `each`: those from number `from` on, of `total`. `prior`: members of an earlier time that stand in the place
   * of the new ones, by their index in `tasks`; `surplus`: those whose place is gone.
   */
  | {
      type: "ExpandTask";
      task: number;
      total: number;
      from: number;
      tasks: NewTask[];
      prior?: ReadonlyMap<number, EndedTask> | undefined;
      surplus?: EndedTask[] | undefined;
    }
  /** The run that a `workflow` task holds; `NewRun.parent` names the task. */
  | { type: "StartSubRun"; task: number; run: NewRun }
  | { type: "ApproveTask"; task: number; approve: boolean; by?: string | undefined; note?: string | undefined }
  /** A person says how a task has ended. `again`: it and what must wait again for it, when it has ended already. */
  | {
      type: "MarkTask";
      task: number;
      state: "succeeded" | "failed" | "skipped";
      by?: string | undefined;
      note?: string | undefined;
      result?: string | undefined;
      again?: { tasks: Reopening[]; children: number[]; runs: EndedRun[] } | undefined;
    }
  | { type: "PauseRun"; run: number; paused: boolean; reason?: string | undefined }
  /**
   * Tasks of ended or live runs that are done again: each after all that it needs, a container before its members.
   * `children`: live blocked tasks that need one of them. `runs`: the runs they are in that have ended, the outermost first.
   */
  | {
      type: "RetryRun";
      run: number;
      runs: EndedRun[];
      tasks: Reopening[];
      children: number[];
      params?: Record<string, Json> | undefined;
    }
  /** The outputs of a run that has come to its end; `failed`: why there are none. */
  | { type: "CloseRun"; run: number; result?: string | undefined; failed?: string | undefined }
  | {
      type: "SetWorkflow";
      workflow: string;
      description?: string | undefined;
      hash: string;
      definition: string;
      files?: Record<string, string> | undefined;
    }
  | { type: "RemoveWorkflow"; workflow: string }
  /** `runs`: ended runs all of whose tasks are among these; they go with them. */
  | {
      type: "DeleteTasks";
      tasks: { task: number; state: TaskState }[];
      runs?: { run: number; state: RunState }[];
      /** How many of them somebody chose; the others are what these hold. Absent = all. */
      chosen?: number;
    }
  /** Puts dead letters aside. */
  | { type: "DismissTasks"; tasks: number[] }
  /** Gives live tasks another arm or priority; those that have ended are left out. */
  | { type: "MoveTasks"; tasks: number[]; arm?: string | undefined; priority?: number | undefined }
  /** A waiting task is due then; 0 = now. */
  | { type: "RescheduleTask"; task: number; dueAt: number }
  /** A task that has not started does something else; `needed` are the numbers of what it needed before. */
  | { type: "ReplaceTask"; task: number; as: NewTask; needed?: number[] | undefined }
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
      units?: Record<string, string[]> | undefined;
      labels?: Record<string, string> | undefined;
      arms?: string[] | undefined;
      address?: string | undefined;
      link?: number | undefined;
      /** It lives in the engine's own process. */
      local: boolean;
      /** Attempts that it says it has; undefined = it says anew what it offers, on the connection that stands. */
      holds: { task: number; attempt: number }[] | undefined;
    }
  /** The connection is gone; the lease begins to run out. */
  | { type: "DisconnectWorker"; worker: string; session: number; goodbye: boolean }
  /** `held`: a person said so. */
  | { type: "DrainWorker"; worker: string; held?: true }
  | { type: "ResumeWorker"; worker: string }
  | { type: "ForgetWorker"; worker: string }
  /** Those of them that are gone, and of which no person has said anything. */
  | { type: "PruneWorkers"; workers: readonly string[] }
  /** Gives the cluster its id; ignored when it has one. */
  | { type: "FoundCluster"; cluster: string }
  | ({ type: "CreateToken" } & TokenDefinition)
  | { type: "RevokeToken"; token: string }
  /** Lets whoever holds this key be a worker of this name. */
  | { type: "TrustKey"; worker: string; key: string; by?: string | undefined }
  | { type: "UntrustKey"; worker: string; key?: string | undefined }
  /** `keep`: so many of its versions. */
  | ({ type: "PublishPlugin"; plugin: string; keep: number } & Omit<PluginRelease, "version">)
  | { type: "RemovePlugin"; plugin: string; by?: string | undefined }
  | { type: "WorkerAlive"; worker: string; session: number }
  | { type: "EndAttempt"; worker: string; session: number; task: number; attempt: number; report: Report }
  /** Time has passed. */
  | { type: "Tick" };
