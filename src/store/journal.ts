/**
 * The embedded journal: a turn's events become rows in one `synchronous=FULL` transaction, together with the totals that
 * core keeps. There is no second copy of the truth that could disagree.
 */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { RUN_STATES, TASK_STATES, type RunState, type TaskState } from "../base/words.ts";
import { OctopusError } from "../base/errors.ts";
import type { Batch } from "../core/event.ts";
import type { StoredState, StoredTask } from "../core/load.ts";
import type { Journal, Summary } from "../engine/ports.ts";
import { stateOfCode } from "./codes.ts";
import { storageError } from "./database.ts";
import { Projection } from "./project.ts";
import { COUNT_RUN } from "./library.ts";
import { DEFINITION_COLUMNS, type DefinitionRow, definitionOf, TASK_TABLES } from "./rows.ts";

/** Attempts processed, attempts failed, newest start. */
type ArmTotals = [processed: number, failed: number, lastRunAt: number];

interface MetaRow {
  last_task: number;
  last_run: number;
  counts: string;
  run_counts: string;
  arms: string;
}

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
        return load(db);
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
function rollback(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/** Writes and removes as much as a busy turn needs, to see whether there is room again. */
function probe(db: DatabaseSync): boolean {
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

function load(db: DatabaseSync): StoredState {
  const meta = db.prepare("SELECT * FROM meta").get() as unknown as MetaRow;
  const runs = db.prepare("SELECT seq, workflow, state, cancelled FROM run WHERE state < 2").all() as {
    seq: number;
    workflow: string;
    state: number;
    cancelled: number;
  }[];
  const countTasks = db.prepare(COUNT_RUN);
  const totals = JSON.parse(meta.arms) as Record<string, ArmTotals>;
  const limits = db.prepare("SELECT * FROM arm").all() as unknown as {
    name: string;
    enabled: number;
    max_parallel: number | null;
  }[];
  const limitsOf = new Map(limits.map((arm) => [arm.name, arm]));
  return {
    lastTask: meta.last_task,
    lastRun: meta.last_run,
    counts: pickCounts<TaskState>(TASK_STATES, JSON.parse(meta.counts)),
    runCounts: pickCounts<RunState>(RUN_STATES, JSON.parse(meta.run_counts)),
    arms: [...new Set([...limitsOf.keys(), ...Object.keys(totals)])].map((name) => {
      const [processed, failed, lastRunAt] = totals[name] ?? [0, 0, 0];
      const arm = limitsOf.get(name);
      return {
        name,
        enabled: arm?.enabled !== 0,
        maxParallel: arm?.max_parallel ?? undefined,
        processed,
        failed,
        lastRunAt,
      };
    }),
    runs: runs.map((run) => ({
      run: run.seq,
      workflow: run.workflow,
      started: run.state === 1,
      cancelled: run.cancelled === 1,
      counts: Object.fromEntries(
        (countTasks.all(run.seq) as { state: number; count: number }[]).map(({ state, count }) => [
          stateOfCode(state),
          count,
        ]),
      ),
    })),
    tasks: readable(liveTasks(db)),
  };
}

/** Passes the rows on; what SQLite says on the way, of a damaged file above all, becomes an error with words. */
function* readable<T>(rows: Iterable<T>): Generator<T> {
  try {
    yield* rows;
  } catch (error) {
    throw storageError(error, "read the database");
  }
}

function pickCounts<S extends string>(
  states: readonly S[],
  counts: Record<string, number>,
): Partial<Record<S, number>> {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])) as Partial<Record<S, number>>;
}

/** Live tasks, in any order: sorting a million wide rows would take longer than reading them. */
function* liveTasks(db: DatabaseSync): Generator<StoredTask> {
  const select = db.prepare(
    `SELECT ${DEFINITION_COLUMNS}, running.attempt AS run_attempt, running.worker, running.started_at, running.cancel
     FROM ${TASK_TABLES} WHERE state IN (0, 1, 2) AND state <> 4`,
  );
  const columns = select.columns().map(({ name }) => name) as (keyof LiveRow)[];
  // A million rows as objects of node:sqlite take ten seconds, as arrays two; so one object is filled again and again.
  select.setReturnArrays(true);
  const row = Object.fromEntries(columns.map((column) => [column, null])) as unknown as LiveRow;
  for (const values of select.iterate() as IterableIterator<unknown>) {
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = (values as never[])[i]!;
    yield {
      task: row.seq,
      definition: definitionOf(row),
      state: row.run_attempt === null ? stateOfCode(row.state) : "running",
      attempt: row.run_attempt ?? row.attempt,
      tries: row.tries ?? 0,
      losses: row.losses ?? 0,
      dueAt: row.due_at ?? 0,
      readyAt: row.ready_at ?? row.created_at,
      worker: row.worker ?? undefined,
      startedAt: row.started_at ?? undefined,
      cancel: row.cancel ?? undefined,
    };
  }
}

interface LiveRow extends DefinitionRow {
  run_attempt: number | null;
  worker: string | null;
  started_at: number | null;
  cancel: string | null;
}
