/**
 * Output of attempts in its own database, so that a chatty task does not delay a turn: `synchronous=NORMAL`, written in
 * batches, pruned by age and by size. What a power cut can take is the newest second of output, never a task.
 */
import { DatabaseSync } from "node:sqlite";
import { LOG_STREAMS } from "../base/words.ts";
import type { LogStore } from "../engine/ports.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { LogLine } from "../protocol/views.ts";
import { storageError } from "./database.ts";
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
    data
  );
  CREATE INDEX IF NOT EXISTS chunk_task ON chunk (task, attempt);
  CREATE VIEW IF NOT EXISTS logs AS
  SELECT 't' || task AS task, attempt, CASE stream WHEN 0 THEN 'stdout' WHEN 1 THEN 'stderr' ELSE 'log' END AS stream,
    strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, data AS text
  FROM chunk;
`;

interface ChunkRow {
  n: number;
  attempt: number;
  stream: number;
  at: number;
  data: string | Uint8Array;
}

/** Chunks deleted in one go when pruning. */
const PRUNE_STEP = 5000;

export function openLogs(path: string): LogStore & { close(): void } {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(SCHEMA);
  } catch (error) {
    db.close();
    throw storageError(error, `open ${path}`);
  }
  const insert = db.prepare("INSERT INTO chunk (task, attempt, stream, at, data) VALUES (?, ?, ?, ?, ?)");
  const select = db.prepare(
    "SELECT n, attempt, stream, at, data FROM chunk WHERE task = ? AND attempt = ? AND n > ? ORDER BY n LIMIT ?",
  );
  const removeTask = db.prepare("DELETE FROM chunk WHERE task = ?");

  return {
    append(chunks) {
      transaction(db, () => {
        for (const chunk of chunks) {
          insert.run(chunk.task, chunk.attempt, LOG_STREAMS.indexOf(chunk.stream), chunk.at, dataOf(chunk));
        }
      });
    },
    read: (task, attempt, after, limit) =>
      (select.all(task, attempt, after, limit) as unknown as ChunkRow[]).map(lineOf),
    remove(tasks) {
      transaction(db, () => {
        for (const task of tasks) removeTask.run(task);
      });
    },
    prune(endedBefore, bytesMax) {
      db.prepare(`DELETE FROM chunk WHERE n IN (SELECT n FROM chunk WHERE at < ? ORDER BY n LIMIT ${PRUNE_STEP})`).run(
        endedBefore,
      );
      if (bytesUsed(db) > bytesMax) {
        db.exec(`DELETE FROM chunk WHERE n IN (SELECT n FROM chunk ORDER BY n LIMIT ${PRUNE_STEP})`);
      }
      db.exec("PRAGMA incremental_vacuum(1000)");
    },
    close: () => db.close(),
  };
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
  const line = { n: row.n, attempt: row.attempt, stream: LOG_STREAMS[row.stream]!, at: iso(row.at) };
  if (typeof row.data === "string") return { ...line, text: row.data };
  return { ...line, base64: Buffer.from(row.data).toString("base64") };
}
