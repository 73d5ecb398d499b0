/** What can have happened to caches, callbacks and bulk actions; a part of `event.ts`, and on disk like the rest of it. */
import type { BulkActionName, CallbackOn, TaskState } from "../../base/words.ts";

/** The files of a cached task were read: its key is complete, and it may go on. */
export interface CacheKeyed {
  type: "CacheKeyed";
  task: number;
  key: string;
}

/** Somebody wants to be told of what just happened to `task`; `due` numbers what is still to be sent. */
export interface CallbackDue {
  type: "CallbackDue";
  due: number;
  task: number;
  on: CallbackOn;
  state: TaskState;
  attempt: number;
}

/** The tasks that tell of it were made, in this same batch, or it came to nothing for this reason. */
export interface CallbackSent {
  type: "CallbackSent";
  due: number;
  reason?: string | undefined;
}

/** One action on many tasks was begun. `filter` (JSON text) is for the store. */
export interface BulkStarted {
  type: "BulkStarted";
  bulk: number;
  action: BulkActionName;
  filter: string;
  total: number;
}

/** Both numbers are those of all its steps so far. */
export interface BulkProgressed {
  type: "BulkProgressed";
  bulk: number;
  done: number;
  failed: number;
  /** The last task that was looked at. */
  cursor: number;
  /** It is over: complete, or stopped by a person. */
  ended?: "done" | "cancelled" | undefined;
}
