/**
 * What a replica needs of its tables. The store implements it; nothing here knows of SQLite.
 *
 * RT1  The position stands in the same transaction as what was applied: after a crash the tables are exactly what their
 *      position says, whether or not the newest transactions survived.
 * RT2  `replaceBy` happens whole or not at all, also through a crash.
 */
import type { Batch } from "../core/event.ts";
import type { StoredState } from "../core/load.ts";
import type { RecordSummary } from "./record.ts";

/** How far tables have come. */
export interface Applied {
  /** Number of the newest record that counts; 0 = none. */
  readonly seq: number;
  /** Term of the leader who wrote it. */
  readonly term: number;
  /** Term of the newest base that the tables build on; 0 = none. Numbers of one epoch can be compared. */
  readonly epoch: number;
  /** Hash that stands for the log up to there (RC1); empty = none. */
  readonly chain: string;
}

export interface AppliedTurn {
  readonly batch: Batch;
  readonly summary: RecordSummary;
}

/** Tables as bytes, packed. */
export interface TablesCopy {
  /** How far they had come. */
  readonly position: Applied;
  /** Number of the store's format. */
  readonly format: number;
  chunks(): AsyncIterable<Uint8Array>;
  dispose(): void;
}

export interface ReplicaTables {
  applied(): Applied;
  load(): StoredState;
  /** One transaction: the turns in order, and the position after them. */
  apply(turns: readonly AppliedTurn[], position: Applied): void;
  /** The same, of which only `commit` or `rollback` is left; throws, and leaves nothing, when it cannot be. */
  begin(turns: readonly AppliedTurn[], position: Applied): void;
  commit(): void;
  /** Leaves nothing of what was begun, if anything was. */
  rollback(): void;
  /** False: nothing can be written now. */
  probe(): boolean;
  /** A consistent copy, made while work goes on. */
  copy(): Promise<TablesCopy>;
  /** Takes over what the chunks of such a copy hold, when they are whole; throws, and changes nothing, when they are not. */
  replaceBy(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** As a replica that has applied nothing. */
  clear(): void;
  /** Puts a copy beside the database, for a person to look at; answers where. */
  keepAside(why: string): Promise<string | undefined>;
  /** Hashes of all files that rows name. */
  artifacts(): Iterable<string>;
  artifactUsed(hash: string): boolean;
}
