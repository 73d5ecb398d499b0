/** The read side of the store: what the journal made durable, as the API and the engine want it. */
import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../base/words.ts";
import type { Origin } from "../core/asks.ts";
import type { EndedRun } from "../core/command.ts";
import type { RunGroup } from "../core/graph/rule.ts";
import type { Artifacts, Library, LiveCounts } from "../engine/ports.ts";
import type { ArtifactView, TaskDetail, TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";
import { FIRST_END_CODE, runStateOfCode, stateCode, stateOfCode } from "./codes.ts";
import { type DeliveryRow, callbacksView, deliveryView } from "./ask-views.ts";
import { blockedOn, blockedOutside } from "./queries/blocked-on.ts";
import { RunCounts, type RunTally } from "./queries/count-run.ts";
import { DEFINITION_OF_RUN, definitionQueries, filesOfText } from "./queries/definitions.ts";
import { dependentsOf } from "./queries/dependents.ts";
import { Ends } from "./queries/ends.ts";
import { listRuns, RUN_COLUMNS } from "./queries/list-runs.ts";
import { MatchCount, matchTasks } from "./queries/match-tasks.ts";
import { TaskPages } from "./queries/task-scan.ts";
import { nodeQueries } from "./queries/nodes.ts";
import type { Others } from "./node-views.ts";
import { bulksOf, calendarsOf, listTicks, schedulesOf, tickOf, unfiredTicks } from "./queries/plans.ts";
import { emptied, prunable, within } from "./queries/prunable.ts";
import { workflowHistory } from "./queries/workflow-history.ts";
import { type AttemptRow, TASK_COLUMNS, TASK_TABLES, type TaskRow } from "./rows.ts";
import { attemptsOfTask, attemptView, compact, type RunRow, runView, taskView } from "./views.ts";
import { type WorkerRow, workerView } from "./worker-view.ts";

/** Tasks that one page looks at, where the caller waits for it. */
const SCAN_MAX = 200_000;

export function createLibrary(db: DatabaseSync, artifacts: Artifacts): Library {
  const workOf = db.prepare("SELECT work FROM task WHERE seq = ?");
  const worksBetween = db.prepare("SELECT seq, work FROM task WHERE seq BETWEEN ? AND ? ORDER BY seq");
  worksBetween.setReturnArrays(true);
  const taskRow = db.prepare(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE seq = ?`);
  const stateRow = db.prepare(`SELECT state, running.task AS running FROM ${TASK_TABLES} WHERE seq = ?`);
  const resultRow = db.prepare(
    "SELECT result, result_ref FROM task WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM running WHERE task = seq)",
  );
  resultRow.setReturnArrays(true);
  const byKey = db.prepare("SELECT seq, hash, state FROM task WHERE key = ?");
  const attemptRows = db.prepare(
    `SELECT attempt.*, (SELECT worker_name.name FROM worker_name WHERE id = attempt.worker) AS on_worker
     FROM attempt WHERE task = ? ORDER BY attempt`,
  );
  const keyOf = db.prepare("SELECT key FROM task WHERE seq = ?");

  const idOf = (seq: number): string => (keyOf.get(seq) as { key: string | null } | undefined)?.key ?? `t${seq}`;
  const row = (seq: number): TaskRow | undefined => taskRow.get(seq) as unknown as TaskRow | undefined;
  const ends = new Ends(db);
  const runCounts = new RunCounts(db);
  const nodes = nodeQueries(db);
  const nameOf = (seq: number): string | undefined => nodes.node(seq)?.name;
  const others: Others = { idOf, nameOf, memberCounts: nodes.memberCounts, subRun: nodes.subRun };
  const view = (task: TaskRow): TaskView => taskView(task, others);
  const cacheRow = db.prepare(
    `SELECT cache.task FROM cache JOIN task ON task.seq = cache.task
     WHERE cache.key = ?1 AND (until = 0 OR until > ?2) AND state = ${stateCode.succeeded}`,
  );
  const callbacks = db.prepare("SELECT callbacks FROM ask WHERE task = ?");
  const callbacksRow = (task: number): string | null =>
    (callbacks.get(task) as { callbacks: string | null } | undefined)?.callbacks ?? null;
  const deliveries = db.prepare(DELIVERIES);
  const files = db.prepare(FILES);

  function filesOf(task: number, attempt?: number): ArtifactView[] {
    const rows = files.all(task, attempt ?? null) as { path: string; bytes: number; hash: string; attempt: number }[];
    return rows.map((row) => ({ path: row.path, bytes: row.bytes, sha256: row.hash, attempt: row.attempt }));
  }

  /** What only the view of one task shows. */
  function more({
    seq: task,
    template,
  }: TaskRow): Pick<TaskDetail, "artifacts" | "callbacks" | "deliveries" | "template"> {
    return {
      ...(template !== null && { template: JSON.parse(template) as Json }),
      artifacts: filesOf(task),
      callbacks: callbacksView(callbacksRow(task)),
      deliveries: (deliveries.all(task) as unknown as DeliveryRow[]).toReversed().map(deliveryView),
    };
  }

  /** The number of the task with this id, if there is one. */
  function resolve(id: string): number | undefined {
    const own = /^t(\d+)$/.exec(id);
    if (own !== null) return Number(own[1]);
    const inRun = /^r(\d+)\/(.+)$/.exec(id);
    if (inRun !== null) {
      return nodes.taskOfRun(Number(inRun[1]), inRun[2]!);
    }
    return (byKey.get(id) as { seq: number } | undefined)?.seq;
  }
  const viewsOf = (where: string, ...values: number[]): TaskView[] => {
    const rows = db.prepare(`SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE ${where}`).all(...values);
    return (rows as unknown as TaskRow[]).map(view);
  };
  const toRunView = (run: RunRow, live?: LiveCounts): RunView => {
    if (run.counts !== null) return runView(run, JSON.parse(run.counts), idOf);
    return runView(run, live?.(run.seq) ?? runCounts.counts(run.seq), idOf);
  };

  const scan: Library["scan"] = (filter) => new TaskPages(db, filter, resolve, view);

  return {
    ...nodes,
    ...definitionQueries(db),
    ...workflowHistory(db, idOf),
    findKey(key) {
      const found = byKey.get(key) as { seq: number; hash: string | null; state: number } | undefined;
      return found && { task: found.seq, hash: found.hash ?? "", state: stateOfCode(found.state) };
    },
    works(tasks) {
      const first = tasks[0];
      const last = tasks.at(-1);
      // Tasks start in the order they came, so that a turn's worth of them are mostly neighbours: one range read.
      if (first !== undefined && tasks.length > 2 && last! - first === tasks.length - 1) {
        const rows = worksBetween.all(first, last!) as unknown as [number, string][];
        if (rows.length === tasks.length && rows.every(([seq], i) => seq === tasks[i]))
          return rows.map(([, work]) => work);
      }
      return tasks.map((task) => (workOf.get(task) as { work: string }).work);
    },
    stateOf(task) {
      const found = stateRow.get(task) as { state: number; running: number | null } | undefined;
      return found && (found.running === null ? stateOfCode(found.state) : "running");
    },
    task(seq) {
      const found = row(seq);
      if (found === undefined) return undefined;
      const attempts = (attemptRows.all(seq) as unknown as AttemptRow[]).map(attemptView);
      attempts.push(...attemptsOfTask(found));
      return { ...view(found), attempts, ...more(found) };
    },
    scan,
    tasks(filter) {
      const pages = scan(filter);
      while (!pages.done && pages.looked < SCAN_MAX) pages.step();
      return pages.page();
    },
    run(seq, live) {
      const found = db.prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE seq = ?`).get(seq) as unknown as
        | RunRow
        | undefined;
      if (found === undefined) return undefined;
      const { text, files } = db.prepare(`SELECT ${DEFINITION_OF_RUN} WHERE seq = ?`).get(seq) as {
        text: string | null;
        files: string | null;
      };
      return compact({ ...toRunView(found, live), definition: text ?? undefined, files: filesOfText(files) });
    },
    runs(filter, live) {
      const { rows, next } = listRuns(db, filter, resolve);
      const items = rows.map((row) => toRunView(row, live));
      return next === undefined ? { items } : { items, next: String(next) };
    },
    tasksOfRun: (run) => viewsOf("run = ? ORDER BY seq", run),
    topTasksOfRun: (run, limit) => viewsOf("run = ? AND inside IS NULL ORDER BY seq LIMIT ?", run, limit),
    taskSeqsOfRun: (run) =>
      (db.prepare("SELECT seq FROM task WHERE run = ? ORDER BY seq").all(run) as { seq: number }[]).map(
        ({ seq }) => seq,
      ),
    endedTask(seq) {
      const found = row(seq);
      return found === undefined || found.state < FIRST_END_CODE ? undefined : ends.ended(found);
    },
    endedRun(seq) {
      const found = db.prepare(`SELECT ${RUN_COLUMNS}, planner FROM run WHERE seq = ?`).get(seq) as unknown as
        | EndedRunRow
        | undefined;
      return found && endedRunOf(found, runCounts.tally(seq));
    },
    blockedOn: (task) => blockedOn(db, task),
    blockedOutside: () => blockedOutside(db),
    dependents: ({ task, definition }, others) => dependentsOf(db, ends, { task, run: definition.run }, others),
    resultText(seq) {
      // Expressions read the results of 100,000 members: nothing else of the rows.
      const [result, reference] = (resultRow.get(seq) ?? []) as unknown as (string | null)[];
      return result ?? (reference == null ? undefined : artifacts.get(reference));
    },
    workersThere: () =>
      (db.prepare("SELECT name FROM worker WHERE left_at IS NULL").all() as { name: string }[]).map(({ name }) => name),
    workers: () => (db.prepare("SELECT * FROM worker ORDER BY name").all() as unknown as WorkerRow[]).map(workerView),
    worker(name) {
      const found = db.prepare("SELECT * FROM worker WHERE name = ?").get(name) as unknown as WorkerRow | undefined;
      return found && workerView(found);
    },
    prunable(keep, endedBefore, limit) {
      const meta = db.prepare("SELECT counts FROM meta").get() as { counts: string };
      return prunable(db, endedCount(JSON.parse(meta.counts)) - keep, endedBefore, limit);
    },
    within: (container) => within(db, container),
    emptied: (tasks) => emptied(db, tasks),
    artifactsOf(tasks) {
      const references = db.prepare(
        `SELECT result_ref FROM attempt WHERE task = ?1 AND result_ref IS NOT NULL
         UNION SELECT result_ref FROM task WHERE seq = ?1 AND result_ref IS NOT NULL
         UNION SELECT hash FROM artifact WHERE task = ?1`,
      );
      return tasks.flatMap((task) =>
        (references.all(task) as { result_ref: string }[]).map((found) => found.result_ref),
      );
    },
    artifactUsed(reference) {
      const sql =
        "SELECT 1 FROM attempt WHERE result_ref = ?1 UNION ALL SELECT 1 FROM task WHERE result_ref = ?1 " +
        "UNION ALL SELECT 1 FROM artifact WHERE hash = ?1 UNION ALL SELECT 1 FROM plugin_file WHERE sha256 = ?1 LIMIT 1";
      return db.prepare(sql).get(reference) !== undefined;
    },
    cached: (key, now) => (cacheRow.get(key, now) as { task: number } | undefined)?.task,
    callbacksOf: (task) => callbacksRow(task) ?? undefined,
    schedule: (name) => schedulesOf(db, name)[0],
    schedules: () => schedulesOf(db),
    ticks: (schedule, filter) => listTicks(db, schedule, filter),
    tick: (schedule, tick) => tickOf(db, schedule, tick),
    unfired: (schedule, ticks) => unfiredTicks(db, schedule, ticks),
    calendars: () => calendarsOf(db),
    bulk: (bulk) => bulksOf(db, bulk)[0],
    bulks: () => bulksOf(db),
    matching: (filter, cursor, limit) => matchTasks(db, filter, resolve, { cursor, limit }),
    countMatching: (filter) => new MatchCount(db, filter, resolve),
    artifacts: (task, attempt) => filesOf(task, attempt).map((file) => ({ ...file, hash: file.sha256 })),
    databaseBytes() {
      const { bytes } = db
        .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
        .get() as { bytes: number };
      return bytes;
    },
    oldestQueuedAt() {
      const found = db
        .prepare(
          "SELECT coalesce(ready_at, created_at) AS at FROM task WHERE state = 2 AND state <> 4 AND seq NOT IN (SELECT task FROM running) ORDER BY seq LIMIT 1",
        )
        .get() as { at: number } | undefined;
      return found?.at;
    },
  };
}

/** The newest deliveries of a task's callbacks. */
const DELIVERIES = `SELECT task.seq, key, state, running.task AS running, asks ->> '$.origin.on' AS moment
  FROM ask CROSS JOIN task ON task.seq = ask.task LEFT JOIN running ON running.task = task.seq
  WHERE callback_of = ? ORDER BY ask.task DESC LIMIT 100`;

/** Files of an attempt, or of the newest one that left any. */
const FILES = `SELECT path, bytes, hash, attempt FROM artifact
  WHERE task = ?1 AND attempt = coalesce(?2, (SELECT max(attempt) FROM artifact WHERE task = ?1)) ORDER BY path`;

interface EndedRunRow extends RunRow {
  planner: string | null;
}

function endedRunOf(row: EndedRunRow, { counts, aside, allowed }: RunTally): EndedRun {
  return {
    run: row.seq,
    workflow: row.workflow,
    state: runStateOfCode(row.state),
    counts,
    planner: row.planner ?? undefined,
    origin: row.origin === null ? undefined : (JSON.parse(row.origin) as Origin),
    parent: row.parent ?? undefined,
    depth: row.depth ?? undefined,
    group: row.run_group === null ? undefined : (JSON.parse(row.run_group) as RunGroup),
    maxParallel: row.max_parallel ?? undefined,
    outputs: row.outputs === 1 ? true : undefined,
    allowed,
    aside,
  };
}

function endedCount(counts: Record<string, number>): number {
  let ended = 0;
  for (const [state, count] of Object.entries(counts)) if (!LIVE.has(state)) ended += count;
  return ended;
}
const LIVE = new Set(["blocked", "scheduled", "queued", "running"]);
