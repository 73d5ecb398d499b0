/** What the calls of the client may be told. */
import type { OctopusError } from "../base/errors.ts";
import type { RunState, TaskKind, TaskState } from "../base/words.ts";
import type { FeedEvent } from "../protocol/feed.ts";

export interface TaskQuery {
  state?: readonly TaskState[] | undefined;
  type?: string | undefined;
  arm?: string | undefined;
  tag?: string | undefined;
  run?: string | undefined;
  /** Words that the id, name or type contains, each of them; in double quotes, a phrase. */
  q?: string | undefined;
  /** Text that stands in what it does, its result or its error. */
  text?: string | undefined;
  /** The worker of its newest attempt. */
  worker?: string | undefined;
  kind?: TaskKind | readonly TaskKind[] | undefined;
  owner?: string | undefined;
  /** The concurrency key. */
  key?: string | undefined;
  /** Dead letters only. */
  dead?: boolean | undefined;
  /** The schedule that made it. */
  schedule?: string | undefined;
  /** Members of this `each`. */
  inside?: string | undefined;
  /** Waits for a person. */
  awaiting?: "approval" | undefined;
  /** Deliveries of the callbacks of this task. */
  callbackOf?: string | undefined;
  /** Created at or after, and before: ISO 8601 with a zone, or epoch milliseconds. */
  from?: string | number | undefined;
  to?: string | number | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface RunQuery {
  state?: readonly RunState[] | undefined;
  workflow?: string | undefined;
  schedule?: string | undefined;
  /** Runs inside this one. */
  parent?: string | undefined;
  /** Only runs that stand in no other: those that somebody or a schedule began. */
  top?: boolean | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface LogOptions {
  /** Absent: the newest attempt. */
  attempt?: number | undefined;
  /** Position after which to begin. */
  after?: number | undefined;
  /** Go on until the task has ended. */
  follow?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface WaitOptions {
  /** Longest wait; absent = until it has ended. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Only events that are of these types and about everything that is named. */
export interface FeedOptions {
  type?: FeedEvent["type"] | readonly FeedEvent["type"][] | undefined;
  /** States of tasks or runs. */
  state?: readonly (TaskState | RunState)[] | undefined;
  task?: string | undefined;
  run?: string | undefined;
  arm?: string | undefined;
  taskType?: string | undefined;
  schedule?: string | undefined;
  signal?: AbortSignal | undefined;
  onConnection?: ((lost: OctopusError | undefined) => void) | undefined;
}
