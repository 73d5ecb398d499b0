/** What core is rebuilt from after a start or a failed append: the rows of everything that lives. */
import type { DatabaseSync } from "node:sqlite";
import { type CallbackOn, RUN_STATES, TASK_STATES, type RunState, type TaskState } from "../base/words.ts";
import type { Token } from "../core/access/access.ts";
import type { ArmSettings, Origin, Quota, Units } from "../core/asks.ts";
import type { RunTurned } from "../core/runs/events.ts";
import type { RunGroup } from "../core/graph/rule.ts";
import type { ScheduleDefinition } from "../core/schedules/events.ts";
import type { StoredMeter, StoredState, StoredTask } from "../core/load.ts";
import { runStateOfCode, stateCode, stateOfCode } from "./codes.ts";
import { storageError } from "./database.ts";
import { loadPlugins } from "./project-plugins.ts";
import { DEFINITION_COLUMNS, type DefinitionRow, definitionOf, eachRow, TASK_TABLES } from "./rows.ts";
import { RunCounts } from "./queries/count-run.ts";
import { Ends } from "./queries/ends.ts";

/** Attempts processed, attempts failed, newest start. */
export type ArmTotals = [processed: number, failed: number, lastRunAt: number];

interface MetaRow {
  last_task: number;
  last_run: number;
  last_due: number;
  last_bulk: number;
  counts: string;
  run_counts: string;
  arms: string;
  cluster: string;
}

export function loadStored(db: DatabaseSync): StoredState {
  const meta = db.prepare("SELECT * FROM meta").get() as unknown as MetaRow;
  return {
    lastTask: meta.last_task,
    lastRun: meta.last_run,
    lastDue: meta.last_due,
    lastBulk: meta.last_bulk,
    counts: pickCounts<TaskState>(TASK_STATES, JSON.parse(meta.counts)),
    runCounts: pickCounts<RunState>(RUN_STATES, JSON.parse(meta.run_counts)),
    arms: loadArms(db, JSON.parse(meta.arms)),
    runs: loadRuns(db),
    access: loadAccess(db, meta.cluster),
    plugins: loadPlugins(db),
    drained: all<{ worker: string }>(db, "SELECT worker FROM drained ORDER BY worker").map(({ worker }) => worker),
    workflows: all<{ name: string }>(db, "SELECT name FROM workflow ORDER BY name").map(({ name }) => name),
    quotas: all<{ owner: string; quota: string }>(db, "SELECT owner, quota FROM quota").map(({ owner, quota }) => ({
      owner,
      quota: JSON.parse(quota) as Quota,
    })),
    meters: all<StoredMeter>(db, "SELECT name, at, used FROM meter").map((row) => ({ ...row })),
    uniques: all<{ key: string; task: number; until: number }>(db, "SELECT key, task, until FROM unique_key").map(
      (row) => ({ ...row }),
    ),
    schedules: loadSchedules(db),
    ticks: loadTicks(db),
    dues: loadDues(db),
    tasks: readable(liveTasks(db)),
  };
}

function all<Row>(db: DatabaseSync, sql: string): Row[] {
  return db.prepare(sql).all() as unknown as Row[];
}

function pickCounts<S extends string>(
  states: readonly S[],
  counts: Record<string, number>,
): Partial<Record<S, number>> {
  return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])) as Partial<Record<S, number>>;
}

function loadArms(db: DatabaseSync, totals: Record<string, ArmTotals>): StoredState["arms"] {
  const rows = all<{ name: string; settings: string }>(db, "SELECT name, settings FROM arm");
  const settings = new Map(rows.map((row) => [row.name, JSON.parse(row.settings) as ArmSettings]));
  return [...new Set([...settings.keys(), ...Object.keys(totals)])].map((name) => {
    const [processed, failed, lastRunAt] = totals[name] ?? [0, 0, 0];
    return { name, settings: settings.get(name), processed, failed, lastRunAt };
  });
}

interface LiveRun {
  seq: number;
  workflow: string;
  state: number;
  cancelled: number;
  deadline_at: number | null;
  planner: string | null;
  planned: number | null;
  result: string | null;
  timed_out: number | null;
  origin: string | null;
  open: number | null;
  paused: number | null;
  waiting: number | null;
  run_group: string | null;
  parent: number | null;
  depth: number | null;
  max_parallel: number | null;
  outputs: number | null;
  phase: RunTurned["phase"] | null;
  outcome: number | null;
}

function loadRuns(db: DatabaseSync): StoredState["runs"] {
  const counts = new RunCounts(db);
  const columns = `seq, workflow, state, cancelled, deadline_at, planner, planned, result, timed_out, origin, open, paused,
    waiting, run_group, parent, depth, max_parallel, outputs, phase, outcome`;
  return all<LiveRun>(db, `SELECT ${columns} FROM run WHERE state < 2 ORDER BY seq`).map((run) => ({
    run: run.seq,
    workflow: run.workflow,
    started: run.state === 1,
    cancelled: run.cancelled === 1,
    ...counts.tally(run.seq),
    deadlineAt: run.deadline_at ?? undefined,
    planner: run.planner ?? undefined,
    planned: run.planned === null ? undefined : { state: runStateOfCode(run.planned), result: run.result ?? undefined },
    timedOut: run.timed_out === 1 ? true : undefined,
    origin: run.origin === null ? undefined : (JSON.parse(run.origin) as Origin),
    sealed: run.open !== 1,
    paused: run.paused === 1,
    admitted: run.waiting !== 1,
    parent: run.parent ?? undefined,
    depth: run.depth ?? 0,
    group: run.run_group === null ? undefined : (JSON.parse(run.run_group) as RunGroup),
    maxParallel: run.max_parallel ?? undefined,
    outputs: run.outputs === 1 ? true : undefined,
    phase: run.phase ?? undefined,
    outcome: run.outcome === null ? undefined : runStateOfCode(run.outcome),
  }));
}

interface TokenRow {
  token: string;
  name: string;
  role: Token["role"];
  arms: string | null;
  worker: string | null;
  hash: string;
  created_at: number;
  created_by: string | null;
  expires_at: number | null;
  revoked_at: number | null;
}

function loadAccess(db: DatabaseSync, cluster: string): StoredState["access"] {
  const tokens = all<TokenRow>(db, "SELECT * FROM token ORDER BY created_at, token").map((row) => ({
    token: row.token,
    name: row.name,
    role: row.role,
    arms: row.arms === null ? undefined : (JSON.parse(row.arms) as string[]),
    worker: row.worker ?? undefined,
    hash: row.hash,
    createdAt: row.created_at,
    by: row.created_by ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? 0,
  }));
  const keys = all<{ worker: string; key: string; at: number }>(db, "SELECT worker, key, at FROM worker_key");
  return { cluster, tokens, keys: keys.map((row) => ({ ...row })) };
}

interface ScheduleRow {
  name: string;
  definition: string;
  next_at: number | null;
  last_tick: number | null;
}

function loadSchedules(db: DatabaseSync): StoredState["schedules"] {
  const rows = all<ScheduleRow>(db, "SELECT name, definition, next_at, last_tick FROM schedule ORDER BY name");
  return rows.map(({ name, definition, next_at: nextAt, last_tick: lastTick }) => ({
    ...(JSON.parse(definition) as Omit<ScheduleDefinition, "schedule">),
    schedule: name,
    nextAt: nextAt ?? undefined,
    lastTick: lastTick ?? undefined,
  }));
}

function loadTicks(db: DatabaseSync): StoredState["ticks"] {
  type Row = { schedule: string; tick: number; action: "queued" | "fired"; manual: "trigger" | "backfill" | null };
  const sql = "SELECT schedule, tick, action, manual FROM tick WHERE open = 1 ORDER BY schedule, tick";
  return all<Row>(db, sql).map(({ manual, ...tick }) => ({ ...tick, manual: manual ?? undefined }));
}

function loadDues(db: DatabaseSync): StoredState["dues"] {
  type Row = { due: number; task: number; moment: CallbackOn; state: number; attempt: number };
  const rows = all<Row>(db, "SELECT due, task, moment, state, attempt FROM due ORDER BY due");
  return rows.map(({ moment, state, ...due }) => ({ ...due, on: moment, state: stateOfCode(state) }));
}

/** Passes the rows on; what SQLite says on the way, of a damaged file above all, becomes an error with words. */
function* readable<T>(rows: Iterable<T>): Generator<T> {
  try {
    yield* rows;
  } catch (error) {
    throw storageError(error, "read the database");
  }
}

/** Live tasks, in any order: sorting a million wide rows would take longer than reading them. */
function* liveTasks(db: DatabaseSync): Generator<StoredTask> {
  const ends = new Ends(db);
  const select = db.prepare(
    `SELECT ${DEFINITION_COLUMNS}, task.started_at AS opened_at, ask.cache_key, running.attempt AS run_attempt,
       running.worker, running.units AS run_units, running.started_at, running.admitted_at, running.cancel, total, made, prepared, verdict, asked, until,
       node.cancel AS stop
     FROM ${TASK_TABLES} WHERE state IN (0, 1, 2, 3) AND state <> 4`,
  );
  for (const row of eachRow<LiveRow>(select)) {
    const task = storedTask(row);
    if (task.definition.node !== undefined) nodeFields(row, task, ends);
    yield task;
  }
}

function storedTask(row: LiveRow): StoredTask {
  const runs = row.run_attempt !== null;
  // The row of a task that became ready and started in one turn is as it was before.
  const wasReady = row.ready_at ?? row.created_at;
  return {
    task: row.seq,
    definition: definitionOf(row),
    state: runs ? "running" : stateOfCode(row.state),
    attempt: row.run_attempt ?? row.attempt,
    tries: row.tries ?? 0,
    losses: row.losses ?? 0,
    dueAt: runs ? 0 : (row.due_at ?? 0),
    readyAt: runs && row.state < stateCode.queued ? row.started_at! : wasReady,
    worker: row.worker ?? undefined,
    units: row.run_units === null ? undefined : (JSON.parse(row.run_units) as Units),
    startedAt: row.started_at ?? undefined,
    admittedAt: row.admitted_at ?? undefined,
    cancel: row.cancel ?? undefined,
    cacheKey: row.cache_key ?? undefined,
  };
}

/** What only tasks with a node have. */
function nodeFields(row: LiveRow, task: StoredTask, ends: Ends): void {
  const { definition } = task;
  if (row.prepared === 1) task.prepared = true;
  if (row.verdict === "approved") task.approved = true;
  if (row.asked === 1) task.asked = row.until === null ? {} : { until: row.until };
  task.tally = ends.tally(definition);
  task.ofEnded = ends.undone(definition);
  if (row.total === null) return;
  task.total = row.total;
  task.startedAt = row.opened_at;
  task.cancel = row.stop ?? undefined;
  if (definition.kind === "each") task.members = ends.members(row.seq, row.made ?? 0);
}

interface LiveRow extends DefinitionRow {
  opened_at: number;
  cache_key: string | null;
  run_attempt: number | null;
  worker: string | null;
  run_units: string | null;
  started_at: number | null;
  admitted_at: number | null;
  cancel: string | null;
  total: number | null;
  made: number | null;
  prepared: number | null;
  verdict: string | null;
  asked: number | null;
  until: number | null;
  stop: string | null;
}
