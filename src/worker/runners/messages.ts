/**
 * What a worker and a runner say to each other. A runner runs the calls in the order in which they came, one at a time.
 *
 * M1  A runner writes the answer of a call before it begins the next one.
 * M2  After an answer with `dirty` or `left` it begins nothing before `go`; after one with `retire` nothing any more.
 * M3  Between two calls it looks for `hold` whenever `LOOK_MS` have passed since it last did. It forgets the calls that it has
 *     not begun then, and says `held`.
 */
import type { Json } from "../../base/words.ts";

/** At least so long does a worker stay silent before it counts on a runner to see what it sends before the next call. */
export const LOOK_MS = 5;

export interface CallMessage {
  t: "call";
  n: number;
  action: string;
  args?: Json[] | undefined;
  kwargs?: Record<string, Json> | undefined;
  /** What it finds in its environment while it runs. */
  env?: Record<string, string> | undefined;
  task?: TaskSaid | undefined;
  /** Folder with the files of other tasks. */
  inputs?: string | undefined;
  /** Settings of the adapter as which it is called. */
  config?: Record<string, unknown> | undefined;
}

export interface TaskSaid {
  id: string;
  attempt: number;
  type: string;
  arm: string;
  name?: string | undefined;
  run?: string | undefined;
  schedule?: { name: string; tick: number } | undefined;
}

export type ToRunner =
  | CallMessage
  | { t: "hold" }
  | { t: "go" }
  /** This call shall end. Its process gets a signal after that, which it may see before it has read of the call. */
  | { t: "stop"; n: number; reason: string }
  | { t: "answer"; id: number; value?: Json | undefined; error?: string | undefined };

/** What went wrong in a plugin. */
export interface RunnerError {
  message: string;
  kind: string;
  stack?: string;
  retryable?: boolean;
}

/** How a call ended: with a value, or an error. */
export interface Done {
  t: "done";
  n: number;
  ms: number;
  /** User and system time of the process meanwhile, in milliseconds. */
  cpu?: number;
  value?: Json;
  error?: RunnerError;
  /** It was told to stop before it ended. */
  stopped?: 1;
  /** It wrote something that may not have been read yet. */
  dirty?: 1;
  /** Processes that it started may still be there. */
  left?: 1;
  /** Nothing more is to be run by this process: its state is in doubt. */
  retire?: 1;
}

/** What plugin code wants of its worker while it runs. */
export type Question =
  | { what: "artifact"; path: string; text?: string; base64?: string; file?: string }
  | { what: "adapter"; name: string; action: string; args?: Json[]; kwargs?: Record<string, Json> };

export type FromRunner =
  | { t: "ready"; pid: number; version: string; program: string }
  | Done
  | { t: "held" }
  /** It ends, and has begun none of the calls that it has not answered. */
  | { t: "bye" }
  | { t: "log"; text: string }
  | { t: "progress"; value: number; message?: string }
  | ({ t: "ask"; id: number } & Question);
