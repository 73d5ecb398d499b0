/**
 * The worker link: two unions, one for each direction. One frame is a JSON array of messages; whatever is ready in one
 * tick travels together. Types only: a worker stays small, and the server checks what a worker says in
 * `server/link-check.ts`.
 *
 * L1  An attempt is named by (task, attempt); a message about an attempt that is no longer current is ignored by rule.
 * L2  A worker repeats a result until the server has acknowledged it; the server acknowledges after the append.
 * L3  After `hello` the server answers `welcome` or `refuse`, and nothing else first. Before it, only `challenge` and `proof`
 *     pass, for a worker that has a key instead of a token.
 * L4  What a frame larger than `PACK_BYTES_MIN` holds may come as a binary frame: the same JSON, zstd. Only when the other
 *     side has said that it reads it.
 */
import type { AttemptOutcome, Json, LogStream, TaskKind } from "../base/words.ts";
import type { AdapterCopy, PluginCopy } from "./plugin.ts";
import type { Work } from "./task.ts";

/** Raised when a message changes so that an older peer would misread it. */
export const LINK_VERSION = 3;

/** Oldest version that this server and this worker still speak: that of the minor release before. */
export const LINK_VERSION_MIN = 2;

/** What a peer may be able to do beyond its version. */
export const LINK_FEATURES = ["zstd", "plugins", "offer"] as const;
export type LinkFeature = (typeof LINK_FEATURES)[number];

/** Frames smaller than this are not worth packing. */
export const PACK_BYTES_MIN = 4096;

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
  /** By resource the names of the units that it has: `{gpu: ["0", "2"]}`. */
  units?: Record<string, string[]>;
  /** For `plugin` and `wasm`: the version that it runs. */
  plugin?: PluginCopy;
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

/** What a worker can do, and what it is: the part of its hello that may change while it is connected. Feature `offer`. */
export interface OfferAnew {
  type: "offer";
  abilities: Abilities;
  /** Absent = none. */
  labels?: Record<string, string>;
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
  /** By resource the names of its units, where these are told apart; `resources` holds their number. */
  units?: Record<string, string[]>;
  /** What it is, for tasks that choose by that: `{os: "linux", zone: "attic"}`. */
  labels?: Record<string, string>;
  /** It takes tasks of these arms only. */
  arms?: string[];
  features?: LinkFeature[];
}

/** What a worker and the machine under it use. Absent = not known there. */
export interface WorkerUsage {
  /** Share of all cores that the machine used since the last time, 0 to 1. */
  cpu?: number;
  cores?: number;
  memoryBytes?: number;
  memoryUsedBytes?: number;
  /** Of the file system that holds its files. */
  diskBytes?: number;
  diskUsedBytes?: number;
  gpus?: GpuUsage[];
}

export interface GpuUsage {
  index: number;
  name: string;
  /** 0 to 1. */
  load?: number;
  memoryBytes?: number;
  memoryUsedBytes?: number;
}

/** What an attempt used so far. */
export interface AttemptUsage extends AttemptRef {
  cpuMs?: number;
  rssBytes?: number;
}

/** One piece of output. Text when it is valid UTF-8, else base64. */
export interface LogChunk extends AttemptRef {
  stream: LogStream;
  /** Epoch milliseconds on the worker. */
  at: number;
  text?: string;
  base64?: string;
  /**
   * Counts the pieces of the attempt, from 1. After a broken connection a worker sends again what it cannot know to have
   * arrived; a piece that is not newer than the last one is dropped.
   */
  seq?: number;
}

export type FromWorker =
  | Hello
  | OfferAnew
  | { type: "log"; chunks: LogChunk[] }
  | ({ type: "progress"; value: number; message?: string } & AttemptRef)
  /** `n` numbers the results of this session, from 1. */
  | ({ type: "result"; n: number; report: AttemptReport } & AttemptRef)
  | {
      type: "heartbeat";
      load: number;
      rssBytes: number;
      active: number;
      usage?: WorkerUsage;
      attempts?: AttemptUsage[];
    }
  /** By their hashes the plugins that it has, and those that it could not get or prepare, with the reason. Feature `plugins`. */
  | { type: "plugins"; ready: string[]; failed?: Record<string, string> }
  /** It takes no more work and ends when what it runs has ended. */
  | { type: "draining" }
  | { type: "goodbye" };

export type ToWorker =
  /** `version` is the one that both speak from here on; absent = 2. `cluster` is the id of the server's data directory. */
  | {
      type: "welcome";
      session: string;
      heartbeatMs: number;
      leaseMs: number;
      version?: number;
      features?: LinkFeature[];
      cluster?: string;
      /** For requests over HTTP while this session lasts, for a worker without an access token. */
      token?: string;
      /** In a cluster: where its servers are reached. */
      servers?: string[];
    }
  /** `waits`: a person has to approve it; it may ask again. `taken`: another process has its name, perhaps not for long. */
  | { type: "refuse"; reason: string; retryable: boolean; waits?: true; taken?: true }
  | { type: "assign"; tasks: Assignment[] }
  /** `lost`: the server has given the attempt up; kill it, nobody waits for its result. */
  | ({ type: "cancel"; reason: "cancelled" | "lost" } & AttemptRef)
  /** Every result up to `n` is durable. */
  | { type: "ack"; n: number }
  /**
   * All plugins that there are, in their newest versions, after the welcome and with each change, so that a worker has them
   * before they are asked for; and the adapters that its handlers get. Feature `plugins`.
   */
  | { type: "plugins"; plugins: PluginCopy[]; adapters?: Record<string, AdapterCopy> }
  /** `stop`: it also ends when what it runs has ended. */
  | { type: "drain"; stop?: true };

/**
 * What passes before `hello` when a worker has a key instead of a token. The server draws a nonce; the worker signs
 * `proofText` with its key. The certificate that it sees is part of what it signs, so that nobody in between can pass the
 * proof on; and the nonce is good once.
 */
export interface Challenge {
  type: "challenge";
  nonce: string;
  cluster: string;
}

export interface Proof {
  type: "proof";
  name: string;
  /** Ed25519 public key, base64url of its 32 bytes. */
  key: string;
  /** Over `proofText`, base64url. */
  signature: string;
}

/** Header by which a worker without a token says that it has a key: then the server begins with `challenge`. */
export const KEY_HEADER = "octopus-worker-key";
/** Beside it the worker's name. */
export const NAME_HEADER = "octopus-worker-name";

/** Header of the server's answer to the upgrade: it begins with `challenge`. Without it the worker says hello at once. */
export const CHALLENGE_HEADER = "octopus-challenge";

/** What a proof signs. `certificate`: SHA-256 of the server's certificate as the worker sees it, in hex; `""` without TLS. */
export function proofText(nonce: string, cluster: string, certificate: string, name: string): string {
  return ["octopus worker proof 1", nonce, cluster, certificate, name].join("\n");
}

/** The text that is sent as the body, and signed: both sides of the worker link must agree on it to the letter. */
export function bodyText(body: Json | undefined): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}
