/**
 * The worker link: two unions, one for each direction. One frame is a JSON array of messages; whatever is ready in one
 * tick travels together. Types only: a worker stays small, and the server checks what a worker says in
 * `server/link-check.ts`.
 *
 * L1  An attempt is named by (task, attempt); a message about an attempt that is no longer current is ignored by rule.
 * L2  A worker repeats a result until the server has acknowledged it; the server acknowledges after the append.
 * L3  After `hello` the server answers `welcome` or `refuse`, and nothing else first.
 */
import type { AttemptOutcome, Json, LogStream, TaskKind } from "../base/words.ts";
import type { Work } from "./task.ts";

/** Raised when a message changes so that an older peer would misread it. */
export const LINK_VERSION = 2;

/** Largest frame that either side accepts, in bytes. */
export const FRAME_BYTES_MAX = 32 * 1024 * 1024;

/** What a worker can do. */
export interface Abilities {
  kinds: TaskKind[];
  /** Names of the functions that `call` may use. */
  functions: string[];
}

/** One try of a task, as handed to a worker. */
export interface Assignment {
  /** The task's number; with `attempt` it names the attempt. */
  task: number;
  attempt: number;
  /** The task's id as people see it. */
  id: string;
  name?: string;
  type: string;
  arm: string;
  run?: string;
  /** The schedule that made it or its run, and for which tick (epoch milliseconds). */
  schedule?: { name: string; tick: number };
  /** Longest time that it may run; 0 = no limit. */
  timeoutMs: number;
  work: Work;
  /** Headers that sign the request of an HTTP task. */
  signature?: Record<string, string>;
  /** Files that it finds in `$OCTOPUS_INPUTS`, kept by the server. */
  inputs?: InputFile[];
}

/** A file of another task, by the SHA-256 of its content. */
export interface InputFile {
  /** Where the attempt finds it, relative to `$OCTOPUS_INPUTS`. */
  path: string;
  sha256: string;
  bytes: number;
}

/** What a worker has to say about an attempt that ended. */
export interface AttemptReport {
  outcome: Exclude<AttemptOutcome, "lost">;
  /** What the function returned, the HTTP response, or by name what a command left as its outputs. */
  result?: Json;
  error?: AttemptError;
  exitCode?: number;
  signal?: string;
  durationMs?: number;
  /** User and system time of the command and its children. */
  cpuMs?: number;
  /** Largest resident set of the command. */
  maxRssBytes?: number;
  /** The server of an HTTP task asked to wait this long (`Retry-After`). */
  retryAfterMs?: number;
  /** False: another try is known to be useless. */
  retryable?: boolean;
  /** HTTP status that made it fail. */
  status?: number;
  /** Files that it left, already with the server. */
  artifacts?: { path: string; hash: string; bytes: number }[];
}

export interface AttemptError {
  message: string;
  /** Class of the exception, or a short word such as `exit`, `signal`, `http`. */
  kind?: string;
  stack?: string;
}

/** Names an attempt. */
export interface AttemptRef {
  task: number;
  attempt: number;
}

export interface Hello {
  type: "hello";
  version: number;
  name: string;
  /** Drawn at start: tells a restarted worker from the one before it. */
  instance: string;
  slots: number;
  abilities: Abilities;
  /** Attempts that it still runs or whose result is not acknowledged. */
  holds: AttemptRef[];
  host: string;
  pid: number;
  octopus: string;
  /** What it offers to tasks that ask for resources, in thousandths. */
  resources?: Record<string, number>;
}

/** One piece of output. Text when it is valid UTF-8, else base64. */
export interface LogChunk extends AttemptRef {
  stream: LogStream;
  /** Epoch milliseconds on the worker. */
  at: number;
  text?: string;
  base64?: string;
}

export type FromWorker =
  | Hello
  | { type: "log"; chunks: LogChunk[] }
  | ({ type: "progress"; value: number; message?: string } & AttemptRef)
  /** `n` numbers the results of this session, from 1. */
  | ({ type: "result"; n: number; report: AttemptReport } & AttemptRef)
  | { type: "heartbeat"; load: number; rssBytes: number; active: number }
  /** It takes no more work and ends when what it runs has ended. */
  | { type: "draining" }
  | { type: "goodbye" };

export type ToWorker =
  | { type: "welcome"; session: string; heartbeatMs: number; leaseMs: number }
  | { type: "refuse"; reason: string; retryable: boolean }
  | { type: "assign"; tasks: Assignment[] }
  /** `lost`: the server has given the attempt up; kill it, nobody waits for its result. */
  | ({ type: "cancel"; reason: "cancelled" | "lost" } & AttemptRef)
  /** Every result up to `n` is durable. */
  | { type: "ack"; n: number }
  | { type: "drain" };

/** The text that is sent as the body, and signed: both sides of the worker link must agree on it to the letter. */
export function bodyText(body: Json | undefined): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}
