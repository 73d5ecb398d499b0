/**
 * Output of attempts in its own database, so that a chatty task does not delay a turn: `synchronous=NORMAL`, written in
 * batches, pruned by age and by size. What a power cut can take is the newest second of output, never a task.
 *
 * Each piece is kept with the number of the line that it begins with (`log-rows.ts` in base says what a line is), so that a
 * reader can go to any line of a long log without reading what stands before it. Pieces of a database from before that are
 * numbered when somebody first reads their attempt by its lines.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { LOG_STREAMS } from "../base/words.ts";
import type { FollowingLogs } from "../cluster/output.ts";
import type { LogRange } from "../engine/ports.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { LogLine } from "../protocol/views.ts";
import { storageError } from "./database.ts";
import { type ChunkRow, LogCount } from "./log-count.ts";
import { iso } from "./views.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -4096;
  PRAGMA auto_vacuum = INCREMENTAL;
  CREATE TABLE IF NOT EXISTS chunk (
    n INTEGER PRIMARY KEY,
    task INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    at INTEGER NOT NULL,
    line INTEGER,
    joins INTEGER,
    data
  );
  CREATE INDEX IF NOT EXISTS chunk_task ON chunk (task, attempt);
  CREATE TABLE IF NOT EXISTS followed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    place TEXT NOT NULL
  );
  CREATE VIEW IF NOT EXISTS logs AS
  SELECT 't' || task AS task, attempt, CASE stream WHEN 0 THEN 'stdout' WHEN 1 THEN 'stderr' ELSE 'log' END AS stream,
    strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, data AS text
  FROM chunk;
`;

/** Chunks deleted in one go when pruning. */
const PRUNE_STEP = 5000;
const END = Number.MAX_SAFE_INTEGER;

export function openLogs(path: string): FollowingLogs & { close(): void } {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(SCHEMA);
    addColumns(db);
  } catch (error) {
    db.close();
    throw storageError(error, `open ${path}`);
  }
  return new Logs(db);
}

class Logs implements FollowingLogs {
  readonly #db: DatabaseSync;
  readonly #count: LogCount;
  readonly #insert: StatementSync;
  readonly #forwards: StatementSync;
  readonly #backwards: StatementSync;
  readonly #removeTask: StatementSync;
  readonly #follow: StatementSync;
  readonly #like: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#count = new LogCount(db);
    this.#insert = db.prepare(
      "INSERT INTO chunk (task, attempt, stream, at, line, joins, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    const select = "SELECT n, attempt, stream, at, line, joins, data FROM chunk WHERE task = ? AND attempt = ?";
    this.#forwards = db.prepare(`${select} AND n > ? ORDER BY n LIMIT ?`);
    this.#backwards = db.prepare(`${select} AND n < ? ORDER BY n DESC LIMIT ?`);
    this.#follow = db.prepare("INSERT OR REPLACE INTO followed (id, place) VALUES (1, ?)");
    this.#like = db.prepare(
      "SELECT count(*) AS times FROM chunk WHERE task = ? AND attempt = ? AND at = ? AND stream = ? AND data = ?",
    );
    this.#removeTask = db.prepare("DELETE FROM chunk WHERE task = ?");
  }

  /** `place`: how far the output of another server was followed with these. */
  append(chunks: readonly LogChunk[], place?: string): void {
    try {
      transaction(this.#db, () => {
        if (place !== undefined) this.#follow.run(place);
        for (const chunk of chunks) {
          const { task, attempt, at, seq } = chunk;
          const stream = LOG_STREAMS.indexOf(chunk.stream);
          const data = dataOf(chunk);
          const { line, joins } = this.#count.add(task, attempt, seq, { stream, data });
          this.#insert.run(task, attempt, stream, at, line, joins ? 1 : 0, data);
        }
      });
    } catch (error) {
      this.#count.forgetAll();
      throw error;
    }
  }

  count(chunk: LogChunk): number {
    const { task, attempt, at } = chunk;
    const row = this.#like.get(task, attempt, at, LOG_STREAMS.indexOf(chunk.stream), dataOf(chunk));
    return (row as { times: number }).times;
  }

  place(): string | undefined {
    const row = this.#db.prepare("SELECT place FROM followed").get() as { place: string } | undefined;
    return row?.place;
  }

  read(task: number, attempt: number, range: LogRange): LogLine[] {
    const { after, before, limit, bytes = Infinity, fromLine = 0 } = range;
    const isBack = before !== undefined || fromLine > 0;
    const rows = isBack
      ? this.#backwards.iterate(task, attempt, before ?? END, limit)
      : this.#forwards.iterate(task, attempt, after ?? 0, limit);
    const found: LogLine[] = [];
    let length = 0;
    for (const row of rows as unknown as Iterable<ChunkRow>) {
      length += row.data.length;
      if (length > bytes && found.length > 0) break;
      found.push(lineOf(row));
      if (row.line !== null && (row.line < fromLine || (row.line === fromLine && row.joins !== 1))) break;
    }
    return isBack ? found.toReversed() : found;
  }

  extent(task: number, attempt: number): { firstLine: number; lastLine: number } | undefined {
    return this.#count.extent(task, attempt);
  }

  locate(task: number, attempt: number, line: number): number {
    return this.#count.locate(task, attempt, line);
  }

  remove(tasks: readonly number[]): void {
    transaction(this.#db, () => {
      for (const task of tasks) {
        this.#removeTask.run(task);
        this.#count.forget(task);
      }
    });
  }

  prune(endedBefore: number, bytesMax: number): void {
    const db = this.#db;
    db.prepare(`DELETE FROM chunk WHERE n IN (SELECT n FROM chunk WHERE at < ? ORDER BY n LIMIT ${PRUNE_STEP})`).run(
      endedBefore,
    );
    if (bytesUsed(db) > bytesMax) {
      db.exec(`DELETE FROM chunk WHERE n IN (SELECT n FROM chunk ORDER BY n LIMIT ${PRUNE_STEP})`);
    }
    db.exec("PRAGMA incremental_vacuum(1000)");
  }

  close(): void {
    this.#db.close();
  }
}

/** A database from before lines were numbered has no room for the numbers. */
function addColumns(db: DatabaseSync): void {
  const names = db.prepare("SELECT name FROM pragma_table_info('chunk')").all() as unknown as { name: string }[];
  if (names.some(({ name }) => name === "line")) return;
  db.exec("ALTER TABLE chunk ADD COLUMN line INTEGER; ALTER TABLE chunk ADD COLUMN joins INTEGER");
}

function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function bytesUsed(db: DatabaseSync): number {
  const { bytes } = db
    .prepare(
      "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    .get() as { bytes: number };
  return bytes;
}

function dataOf(chunk: LogChunk): string | Uint8Array {
  return chunk.base64 === undefined ? (chunk.text ?? "") : Buffer.from(chunk.base64, "base64");
}

function lineOf(row: ChunkRow): LogLine {
  const line = {
    n: row.n,
    attempt: row.attempt,
    stream: LOG_STREAMS[row.stream]!,
    at: iso(row.at),
    ...(row.line !== null && { line: row.line }),
    ...(row.joins === 1 && { joins: true }),
  };
  if (typeof row.data === "string") return { ...line, text: row.data };
  return { ...line, base64: Buffer.from(row.data).toString("base64") };
}
