/** What can have happened in the graph of a run; a part of `event.ts`, and on disk like the rest of it. */
import type { RunState } from "../../base/words.ts";

/** What a task says was evaluated; it may go on. */
export interface TaskPrepared {
  type: "TaskPrepared";
  task: number;
  /** JSON text of what it does, with every value in its place; absent = as it was. */
  work?: string | undefined;
  /** What its cache key is made of now; only for a task with a cache. */
  cacheHash?: string | undefined;
  /** What the person is asked who has to agree, with every value in its place. */
  message?: string | undefined;
}

/** A container has begun: from here on it is `running`, and holds so many members (a sub-run counts as one). */
export interface TaskOpened {
  type: "TaskOpened";
  task: number;
  total: number;
}

/** Members of an `each` were made, or took their places again after a retry: so many of them there are now. */
export interface TaskExpanded {
  type: "TaskExpanded";
  task: number;
  made: number;
}

/** Everything else that it waited for is there: from now on it waits for a person. */
export interface ApprovalAsked {
  type: "ApprovalAsked";
  task: number;
  /** Epoch milliseconds at which silence becomes an answer. */
  until?: number | undefined;
}

/** A person agreed that it may start. */
export interface TaskApproved {
  type: "TaskApproved";
  task: number;
  by?: string | undefined;
  note?: string | undefined;
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

/** A workflow was registered under a name, or got another definition. `hash` names what it is now. */
export interface WorkflowSet {
  type: "WorkflowSet";
  workflow: string;
  hash: string;
  /** The text of its file. */
  definition: string;
  /** Texts of the workflows that it runs, by the path or name that it gives them. */
  files?: Record<string, string> | undefined;
}

export interface WorkflowRemoved {
  type: "WorkflowRemoved";
  workflow: string;
}
