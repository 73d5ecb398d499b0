/**
 * The lines of output as the store counts them: where the output of an attempt stands, which lines there are, and at which
 * position a line begins. What attempts that print have come to is kept at hand; of others the newest piece tells it.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { countRows, newRows, type RowState } from "../base/log-rows.ts";
import { LOG_STREAMS } from "../base/words.ts";

/** A piece of output as it stands in its table. */
export interface ChunkRow {
  n: number;
  attempt: number;
  stream: number;
  at: number;
  line: number | null;
  joins: number | null;
  data: string | Uint8Array;
}

/** Attempts whose count is kept at hand while they print. */
const COUNTED_MAX = 4096;

export class LogCount {
  readonly #db: DatabaseSync;
  readonly #place: StatementSync;
  readonly #newest: StatementSync;
  readonly #all: StatementSync;
  readonly #number: StatementSync;
  /** By task the attempt that prints. */
  readonly #counted = new Map<number, { attempt: number; rows: RowState }>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    const ofAttempt = "FROM chunk WHERE task = ? AND attempt = ?";
    this.#place = db.prepare(`SELECT n, line, joins ${ofAttempt} AND n >= ? ORDER BY n LIMIT 1`);
    this.#newest = db.prepare(`SELECT n, stream, line, joins, data ${ofAttempt} ORDER BY n DESC LIMIT 1`);
    this.#all = db.prepare(`SELECT n, stream, line, joins, data ${ofAttempt} ORDER BY n`);
    this.#number = db.prepare("UPDATE chunk SET line = ?, joins = ? WHERE n = ?");
  }

  /** Counts a piece in that is about to be added. `seq`: which of its attempt it is, where that is known. */
  add(task: number, attempt: number, seq: number | undefined, piece: Pick<ChunkRow, "stream" | "data">) {
    // The first piece needs no look at what is there: most attempts print no more than that.
    const rows = seq === 1 ? newRows() : this.#stateOf(task, attempt);
    const counted = countRows(rows, pieceOf(piece));
    this.#remember(task, attempt, rows);
    return counted;
  }

  /** What was added last is not there after all. */
  forgetAll(): void {
    this.#counted.clear();
  }

  forget(task: number): void {
    this.#counted.delete(task);
  }

  extent(task: number, attempt: number): { firstLine: number; lastLine: number } | undefined {
    this.#numberAll(task, attempt);
    const first = this.#from(task, attempt, 0);
    return first && { firstLine: first.line ?? 1, lastLine: this.#stateOf(task, attempt).line };
  }

  /** The position after which to read, to begin with this line. */
  locate(task: number, attempt: number, line: number): number {
    this.#numberAll(task, attempt);
    // Positions are those of the whole database, so the right one is found by halving between two of them.
    let low = this.#from(task, attempt, 0)?.n;
    if (low === undefined) return 0;
    let high = this.#newestOf(task, attempt)!.n + 1;
    while (high - low > 1) {
      const middle: number = Math.floor((low + high) / 2);
      const row = this.#from(task, attempt, middle);
      if (row !== undefined && row.n < high && (row.line! < line || (row.line === line && row.joins !== 1)))
        low = row.n;
      else high = middle;
    }
    return low - 1;
  }

  /** The first piece at or after a position. */
  #from(task: number, attempt: number, n: number): Pick<ChunkRow, "n" | "line" | "joins"> | undefined {
    return this.#place.get(task, attempt, n) as unknown as ChunkRow | undefined;
  }

  #newestOf(task: number, attempt: number): ChunkRow | undefined {
    return this.#newest.get(task, attempt) as unknown as ChunkRow | undefined;
  }

  #stateOf(task: number, attempt: number): RowState {
    const known = this.#counted.get(task);
    if (known?.attempt === attempt) return known.rows;
    const newest = this.#newestOf(task, attempt);
    const rows = newRows();
    if (newest === undefined || newest.line === null) return rows;
    rows.line = newest.joins === 1 ? newest.line : newest.line - 1;
    rows.isOpen = newest.joins === 1;
    rows.stream = LOG_STREAMS[newest.stream]!;
    countRows(rows, pieceOf(newest));
    return rows;
  }

  #remember(task: number, attempt: number, rows: RowState): void {
    this.#counted.delete(task);
    this.#counted.set(task, { attempt, rows });
    if (this.#counted.size > COUNTED_MAX) this.#counted.delete(this.#counted.keys().next().value!);
  }

  /** Numbers the pieces of an attempt that printed before there were numbers. */
  #numberAll(task: number, attempt: number): void {
    const oldest = this.#from(task, attempt, 0);
    if (oldest === undefined || oldest.line !== null) return;
    const rows = newRows();
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      for (const row of this.#all.iterate(task, attempt) as unknown as Iterable<ChunkRow>) {
        const { line, joins } = countRows(rows, pieceOf(row));
        this.#number.run(line, joins ? 1 : 0, row.n);
      }
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
    this.#remember(task, attempt, rows);
  }
}

/** What a piece counts as. */
function pieceOf({ stream, data }: Pick<ChunkRow, "stream" | "data">): Parameters<typeof countRows>[1] {
  const name = LOG_STREAMS[stream]!;
  if (typeof data === "string")
    return { stream: name, length: data.length, indexOf: (sign, from) => data.indexOf(sign, from) };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { stream: name, length: bytes.length, indexOf: (sign, from) => bytes.indexOf(sign, from) };
}
