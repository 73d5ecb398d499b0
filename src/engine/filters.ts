/** Which tasks and runs somebody asks for: of the engine, and the engine of its library. */
import type { RunState, TaskKind, TaskState } from "../base/words.ts";

export interface TaskFilter {
  state?: TaskState[];
  type?: string;
  arm?: string;
  tag?: string;
  run?: string;
  /** Words that the id, name or type contains, each of them; in double quotes, a phrase. */
  q?: string;
  /** Text that stands in what it does, its result or its error, capitals or not. Results that are kept as files are not looked at. */
  text?: string;
  /** The worker of its newest attempt. */
  worker?: string;
  kind?: TaskKind[];
  owner?: string;
  /** The concurrency key. */
  key?: string;
  /** Dead letters only. */
  dead?: boolean;
  /** The schedule that made it. */
  schedule?: string;
  /** Members of this `each`. */
  inside?: string;
  /** Waits for a person. */
  awaiting?: "approval";
  /** Deliveries of the callbacks of this task. */
  callbackOf?: string;
  /** Created at or after, and before: epoch milliseconds. */
  from?: number;
  to?: number;
  limit?: number;
  cursor?: string;
}

/** What a bulk action is done to: the tasks of a filter with at least one key, or these. */
export type BulkFilter = Omit<TaskFilter, "limit" | "cursor"> & { ids?: string[] };

export interface RunFilter {
  state?: RunState[];
  workflow?: string;
  schedule?: string;
  /** Runs inside this one. */
  parent?: string;
  /** Only runs that stand in no other. */
  top?: boolean;
  limit?: number;
  cursor?: string;
}
