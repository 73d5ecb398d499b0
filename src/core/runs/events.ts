/** What can have happened to runs; a part of `event.ts`, and on disk like the rest of it. */
import type { Json, RunState, TaskState } from "../../base/words.ts";
import type { Origin } from "../asks.ts";
import type { RunGroup } from "../graph/rule.ts";

export interface RunCreated {
  type: "RunCreated";
  run: number;
  workflow: string;
  params?: Record<string, Json> | undefined;
  definition?: string | undefined;
  /** Epoch milliseconds at which what is left of it is cancelled. */
  deadlineAt?: number | undefined;
  /** Name of the planner that adds tasks as others end: the run ends when the planner says so. */
  planner?: string | undefined;
  origin?: Origin | undefined;
  /** Its tasks come in later batches, too; nothing of it starts before `RunSealed`. */
  open?: true | undefined;
  /** The `workflow` task that holds it. */
  parent?: number | undefined;
  /** How many runs are around it. */
  depth?: number | undefined;
  group?: RunGroup | undefined;
  /** Most of its tasks that run at once. */
  maxParallel?: number | undefined;
  /** When it has come to its end, the engine is asked for its outputs. */
  outputs?: true | undefined;
  /** The run that this one does again. */
  retryOf?: number | undefined;
  /** Names its definition and files by their content. */
  definitionHash?: string | undefined;
  files?: Record<string, string> | undefined;
  /** JSON text of what the engine needs to evaluate what its tasks say; core does not keep it. */
  scope?: string | undefined;
}

export interface RunStarted {
  type: "RunStarted";
  run: number;
}

export interface RunCancelRequested {
  type: "RunCancelRequested";
  run: number;
}

/** Its time is over: what is left of it is being cancelled. */
export interface RunTimedOut {
  type: "RunTimedOut";
  run: number;
}

/** Its planner will add no more tasks: it ends with the last one, in this state and with this result. */
export interface RunPlanned {
  type: "RunPlanned";
  run: number;
  state: RunState;
  /** JSON text. */
  result?: string | undefined;
  reason?: string | undefined;
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
  /** It decides afresh how the run goes on. */
  planner?: string | undefined;
  origin?: Origin | undefined;
  parent?: number | undefined;
  depth?: number | undefined;
  group?: RunGroup | undefined;
  maxParallel?: number | undefined;
  outputs?: true | undefined;
  /** How many of its tasks, members aside, have ended with leave. */
  allowed?: number | undefined;
  /** Those of `counts` that say nothing of its outcome; see `Run.aside`. */
  aside?: Partial<Record<TaskState, number>> | undefined;
  /** From now on it has these params. */
  params?: Record<string, Json> | undefined;
}

/** All tasks of a run that was submitted in several steps are there: it may begin. */
export interface RunSealed {
  type: "RunSealed";
  run: number;
}

/** A run that was never completely submitted is taken back, with all its tasks, as if it had never been there. */
export interface RunDropped {
  type: "RunDropped";
  run: number;
}

/** A person stopped it from starting more tasks, or lets it go on. */
export interface RunPaused {
  type: "RunPaused";
  run: number;
  paused: boolean;
  reason?: string | undefined;
}

/** There was a place in its group. */
export interface RunAdmitted {
  type: "RunAdmitted";
  run: number;
}

/**
 * The main part of a run is over, and it will end in `state` unless what follows fails: first what was done is undone, then
 * the handlers of that state run, then those of every state, then its outputs are made.
 */
export interface RunTurned {
  type: "RunTurned";
  run: number;
  phase: "compensate" | "handlers" | "exit" | "outputs";
  state: RunState;
}
