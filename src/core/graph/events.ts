/** What can have happened in the graph of a run; a part of `event.ts`, and on disk like the rest of it. */

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

/** A workflow was registered under a name, or got another definition. `hash` names what it is now. */
export interface WorkflowSet {
  type: "WorkflowSet";
  workflow: string;
  description?: string | undefined;
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
