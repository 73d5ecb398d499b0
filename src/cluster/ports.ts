/**
 * What a cluster needs from whatever its servers share (NATS JetStream, PostgreSQL, the simulator), one interface each. Each
 * has one conformance suite that every implementation passes. An implementation knows nothing of tasks: it moves bytes.
 */
import type { Duplex } from "node:stream";
import type { Json } from "../base/words.ts";
import type { LogChunk } from "../protocol/link.ts";

/** One record of a log. Numbers grow by one, from 1. */
export interface LogRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** The numbers that a log holds: none when `last` is `first - 1`. What is trimmed stays counted. */
export interface LogRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The log of one shard.
 *
 * LG1  `append` adds the record as number `after + 1`, and only when `after` is the newest at that moment. Whoever comes
 *      later with the same `after` is refused. This is the fence: nothing else keeps a deposed leader from writing.
 * LG2  When `append` has answered `appended`, the record is as durable as the backend's settings say; `refused`: it is not
 *      there, and will not come. When it throws, nobody knows: the record may be there, or arrive later.
 * LG3  `read` and `follow` give records in order, without gaps and without repeats.
 * LG4  Where the log ends before `from - 1`, it has lost records that somebody had: `read` and `follow` throw `LogBehindError`
 *      then, when it stays so for some seconds (a leader of the backend that has just begun may not know all of it yet).
 */
export interface ReplicatedLog {
  range(): Promise<LogRange>;
  append(record: Uint8Array, after: number): Promise<"appended" | "refused">;
  /** Undefined: there is none of this number (yet, or any more). */
  get(seq: number): Promise<LogRecord | undefined>;
  /** Those from `from` to the newest at the time of the call, some at a time. Throws `LogGapError` when `from` was trimmed. */
  read(from: number): AsyncIterable<readonly LogRecord[]>;
  /** The same, and then those that come, until the signal. Lost connections are mended inside. */
  follow(from: number, signal: AbortSignal): AsyncIterable<readonly LogRecord[]>;
  /** Lets go of those below `first`, now or never. The newest one always stays. */
  trim(first: number): Promise<void>;
  /** Largest record that is taken, in bytes. */
  readonly recordBytesMax: number;
}

/** What is asked for was trimmed: a snapshot is needed. */
export class LogGapError extends Error {
  override name = "LogGapError";
  readonly first: number;

  constructor(first: number) {
    super(`the log begins with record ${first}`);
    this.first = first;
  }
}

/** The log ends before what was asked for: records that were there are gone, or not there yet. */
export class LogBehindError extends Error {
  override name = "LogBehindError";
  readonly last: number;

  constructor(last: number) {
    super(`the log ends with record ${last}`);
    this.last = last;
  }
}

/** Who leads a shard, or did. */
export interface Leadership {
  /** Grows with every taking; the number by which records and servers tell an old leader from a new one. */
  readonly term: number;
  /** Name of the server; empty: it was given back. */
  readonly server: string;
}

/**
 * Who leads a shard. Not what makes writing safe (LG1 is), but what keeps two servers from disturbing each other.
 *
 * LS1  Of those who take with the same `seen`, one gets it. The term that it gets is larger than every one before.
 */
export interface LeaderSeat {
  /** Undefined: nobody ever led. */
  read(): Promise<Leadership | undefined>;
  /** Takes the seat when its term is still `seen` (0 = nobody ever led); answers the new term, undefined = another was faster. */
  take(server: string, seen: number): Promise<number | undefined>;
  /** Gives it back, when it is still ours. */
  release(term: number): Promise<void>;
}

/** Files that all servers can read: large results, plugins, snapshots. Names: letters, digits, `-`, `_`, `.`, `/`. */
export interface Objects {
  /** Whole or not at all; a name that is there already is replaced. */
  put(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  has(name: string): Promise<boolean>;
  list(prefix: string): Promise<{ name: string; bytes: number; at: number }[]>;
  remove(name: string): Promise<void>;
}

/** Small values that all servers share. */
export interface SharedValues {
  get(name: string): Promise<string | undefined>;
  /** Keeps the value unless there is one; answers the one that is kept. */
  createOnce(name: string, value: string): Promise<string>;
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(prefix: string): Promise<{ name: string; value: string }[]>;
}

/**
 * Words between servers. `publish` may be lost, and reaches the sender too. A stream is bytes in order until one side ends it;
 * it breaks (`error`, `close`) when the other server or the way to it is gone; one that is not read slows its writer down.
 */
export interface Bus {
  publish(topic: string, message: Json): void;
  subscribe(topic: string, listener: (message: Json) => void): () => void;
  /** A stream of bytes to the server of this name; errors come as its `error`. */
  connect(server: string): Duplex;
  /** Streams that others open to this server. */
  accept(listener: (stream: Duplex) => void): () => void;
  /** False while nothing can be heard: silence then says nothing about others. */
  readonly isConnected: boolean;
  /** Called when that changes. */
  onConnected(listener: (isConnected: boolean) => void): () => void;
}

/** Output of attempts, bounded by size and age, for every server to read. Losing its newest second loses no task. */
export interface OutputStream {
  publish(chunks: readonly LogChunk[]): void;
  /** Resolves when what was published before is out. */
  flush(): Promise<void>;
  /** Everything that is kept from after `position` on, then what comes. A position is opaque; undefined = from the first. */
  follow(position: string | undefined, listener: (chunks: readonly LogChunk[], position: string) => void): () => void;
}

/** What one shard has of a backend. Its name: letters, digits, `-`. */
export interface ShardBackend {
  readonly log: ReplicatedLog;
  readonly seat: LeaderSeat;
  readonly output: OutputStream;
}

export interface BackendView {
  kind: "nats" | "postgres" | "sim";
  /** Where, without secrets. */
  address: string;
  version: string;
  /** What an acknowledgement survives, in words. */
  durability: string;
  /** What an operator should know: no fsync, one replica, an old version. */
  warnings: string[];
}

/** What the servers of a cluster share. */
export interface ClusterBackend {
  /** Name of this server in the cluster. */
  readonly server: string;
  readonly bus: Bus;
  readonly objects: Objects;
  readonly values: SharedValues;
  shard(name: string): Promise<ShardBackend>;
  /** Calls with the newest holder of every seat there is, and then at each change of one, soon after. */
  watchSeats(listener: (shard: string, leadership: Leadership) => void): () => void;
  /**
   * Deletes the log, the seat and the output of a shard, for ever: its name is never used again. Nothing happens when there is
   * none. Who still appends to it is refused, or hears an error.
   */
  removeShard(name: string): Promise<void>;
  view(): Promise<BackendView>;
  close(): Promise<void>;
}
