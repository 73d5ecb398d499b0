/**
 * The embedded journal: a turn's events become rows in one `synchronous=FULL` transaction, together with the totals that
 * core keeps. There is no second copy of the truth that could disagree.
 */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { OctopusError } from "../base/errors.ts";
import type { Batch } from "../core/event.ts";
import type { Journal, Summary } from "../engine/ports.ts";
import { storageError } from "./database.ts";
import { type ArmTotals, loadStored } from "./load-stored.ts";
import { Projection } from "./project.ts";

/** `file` is the database's path, where it has one: what is written to a file that was removed is acknowledged to nobody. */
export function createJournal(db: DatabaseSync, file?: string): Journal {
  const isThere = file === undefined ? () => true : watchFile(file);

  const projection = new Projection(db);
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const saveMeta = db.prepare(
    "UPDATE meta SET last_task = ?, last_run = ?, counts = ?, run_counts = ?, arms = ? WHERE id = 1",
  );

  function saveSummary(summary: Summary): void {
    const { lastTask, lastRun, counts, runCounts } = summary;
    projection.saveMeters(summary.meters);
    const arms: Record<string, ArmTotals> = {};
    for (const { name, processed, failed, lastRunAt } of summary.arms) arms[name] = [processed, failed, lastRunAt];
    saveMeta.run(lastTask, lastRun, JSON.stringify(counts), JSON.stringify(runCounts), JSON.stringify(arms));
  }

  return {
    append(batch: Batch, summary: Summary): void {
      if (!isThere()) throw removed(file!);
      try {
        begin.run();
        for (const event of batch.events) projection.apply(event, batch.at);
        projection.finish(batch.at);
        saveSummary(summary);
        commit.run();
      } catch (error) {
        rollback(db);
        projection.forget();
        throw storageError(error, "write the database");
      }
    },
    load() {
      try {
        return loadStored(db);
      } catch (error) {
        throw storageError(error, "read the database");
      }
    },
    probe: () => isThere() && probe(db),
  };
}

/** Tells whether the path still leads to the file that it led to when this was called. */
function watchFile(file: string): () => boolean {
  const { ino, dev } = statSync(file);
  return () => {
    const now = statSync(file, { throwIfNoEntry: false });
    return now?.ino === ino && now.dev === dev;
  };
}

function removed(file: string): OctopusError {
  return new OctopusError(
    "storage_failed",
    `${file} was removed or replaced while the server uses it; nothing more is accepted. ` +
      "Stop the server, put a backup in its place, and start again",
  );
}

/** Ends a transaction that failed. SQLite may have done so itself. */
export function rollback(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/** Writes and removes as much as a busy turn needs, to see whether there is room again. */
export function probe(db: DatabaseSync): boolean {
  try {
    db.exec(
      `BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS probe (bytes BLOB); INSERT INTO probe VALUES (zeroblob(1048576)); COMMIT`,
    );
    db.exec("BEGIN IMMEDIATE; DROP TABLE probe; COMMIT");
    return true;
  } catch {
    rollback(db);
    return false;
  }
}
