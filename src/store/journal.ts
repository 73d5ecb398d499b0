/**
 * The embedded journal: a turn's events become rows in one `synchronous=FULL` transaction, together with the totals that
 * core keeps. There is no second copy of the truth that could disagree.
 */
import type { DatabaseSync } from "node:sqlite";
import { RUN_STATES, TASK_STATES, type RunState, type TaskState } from "../base/words.ts";
import type { Batch } from "../core/event.ts";
import type { StoredState, StoredTask } from "../core/load.ts";
import type { Journal, Summary } from "../engine/ports.ts";
import { stateOfCode } from "./codes.ts";
import { storageError } from "./database.ts";
import { Projection } from "./project.ts";
import { definitionOf, LIVE_COLUMNS, type TaskRow } from "./rows.ts";

export function createJournal(db: DatabaseSync): Journal {
  const projection = new Projection(db);
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const saveMeta = db.prepare("UPDATE meta SET last_task = ?, last_run = ?, counts = ?, run_counts = ? WHERE id = 1");
  const saveArm = db.prepare(
    `INSERT INTO arm (name, enabled, max_parallel, processed, failed, last_run_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET processed = excluded.processed, failed = excluded.failed, last_run_at = excluded.last_run_at`,
  );
  /** Arms as last written: only what changed is written again. */
  const written = new Map<string, string>();

  function saveSummary(summary: Summary): void {
    const { lastTask, lastRun, counts, runCounts } = summary;
    saveMeta.run(lastTask, lastRun, JSON.stringify(counts), JSON.stringify(runCounts));
    for (const arm of summary.arms) {
      const mark = `${arm.processed} ${arm.lastRunAt}`;
      if (written.get(arm.name) === mark) continue;
      const max = arm.maxParallel === Infinity ? null : arm.maxParallel;
      saveArm.run(arm.name, arm.enabled ? 1 : 0, max, arm.processed, arm.failed, arm.lastRunAt);
      written.set(arm.name, mark);
    }
  }

  return {
    append(batch: Batch, summary: Summary): void {
      try {
        begin.run();
        for (const event of batch.events) projection.apply(event, batch.at);
        saveSummary(summary);
        commit.run();
      } catch (error) {
        written.clear();
        rollback(db);
        throw storageError(error, "write the database");
      }
    },
    load: () => {
      written.clear();
      return load(db);
    },
    probe: () => probe(db),
  };
}

/** Ends a transaction that failed. SQLite may have done so itself. */
function rollback(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/** Writes and removes as much as a busy turn needs, to see whether there is room again. */
function probe(db: DatabaseSync): boolean {
  try {
    db.exec(`BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS probe (bytes BLOB); INSERT INTO probe VALUES (zeroblob(1048576)); COMMIT`);
    db.exec("BEGIN IMMEDIATE; DROP TABLE probe; COMMIT");
    return true;
  } catch {
    rollback(db);
    return false;
  }
}

function load(db: DatabaseSync): StoredState {
  const meta = db.prepare("SELECT * FROM meta").get() as { last_task: number; last_run: number; counts: string; run_counts: string };
  const runs = db.prepare("SELECT seq, workflow, state, cancelled FROM run WHERE state < 2").all() as {
    seq: number;
    workflow: string;
    state: number;
    cancelled: number;
  }[];
  const countTasks = db.prepare("SELECT state, count(*) AS count FROM task WHERE run = ? GROUP BY state");
  const arms = db.prepare("SELECT * FROM arm").all() as Record<string, number | string | null>[];
  return {
    lastTask: meta.last_task,
    lastRun: meta.last_run,
    counts: pickCounts<TaskState>(TASK_STATES, JSON.parse(meta.counts)),
    runCounts: pickCounts<RunState>(RUN_STATES, JSON.parse(meta.run_counts)),
    arms: arms.map((arm) => ({
      name: arm["name"] as string,
      enabled: arm["enabled"] === 1,
      maxParallel: (arm["max_parallel"] as number | null) ?? undefined,
      processed: arm["processed"] as number,
      failed: arm["failed"] as number,
      lastRunAt: arm["last_run_at"] as number,
    })),
    runs: runs.map((run) => ({
      run: run.seq,
      workflow: run.workflow,
      started: run.state === 1,
      cancelled: run.cancelled === 1,
      counts: Object.fromEntries(
        (countTasks.all(run.seq) as { state: number; count: number }[]).map(({ state, count }) => [stateOfCode(state), count]),
      ),
    })),
    tasks: liveTasks(db),
  };
}

function pickCounts<S extends string>(states: readonly S[], counts: Record<string, number>): Partial<Record<S, number>> {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])) as Partial<Record<S, number>>;
}

/** Live tasks by number, so that parents come before their children. */
function* liveTasks(db: DatabaseSync): Generator<StoredTask> {
  // The index is on (state, seq): four ordered runs, merged by number.
  const rows = db.prepare(`SELECT ${LIVE_COLUMNS} FROM task WHERE state IN (0, 1, 2, 3) AND state <> 4 ORDER BY seq`).iterate();
  for (const each of rows as IterableIterator<unknown>) {
    const row = each as TaskRow;
    yield {
      task: row.seq,
      definition: definitionOf(row),
      state: stateOfCode(row.state),
      attempt: row.attempt ?? 0,
      tries: row.tries ?? 0,
      losses: row.losses ?? 0,
      dueAt: row.due_at ?? 0,
      readyAt: row.ready_at ?? row.created_at,
      worker: row.on_worker ?? undefined,
      startedAt: row.started_at ?? undefined,
      cancel: row.cancel ?? undefined,
    };
  }
}
