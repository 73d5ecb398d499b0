/** What the calls of the client may be told. */
import type { OctopusError } from "../base/errors.ts";
import type { RunState, TaskState } from "../base/words.ts";
import type { FeedEvent } from "../protocol/feed.ts";

export interface TaskQuery {
  state?: readonly TaskState[] | undefined;
  type?: string | undefined;
  arm?: string | undefined;
  tag?: string | undefined;
  run?: string | undefined;
  q?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface RunQuery {
  state?: readonly RunState[] | undefined;
  workflow?: string | undefined;
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

export interface FeedOptions {
  run?: string | undefined;
  type?: FeedEvent["type"] | undefined;
  signal?: AbortSignal | undefined;
  onConnection?: ((lost: OctopusError | undefined) => void) | undefined;
}
