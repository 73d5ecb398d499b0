/**
 * What has become of a workflow: its versions, its newest runs, and these against their tasks. All of it is bounded: a
 * workflow may have had a million runs, and a run may have a hundred thousand tasks.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Library } from "../../engine/ports.ts";
import type {
  GridCell,
  RunMark,
  WorkflowGrid,
  WorkflowVersion,
  WorkflowVersions,
} from "../../protocol/workflow-views.ts";
import { FIRST_END_CODE, runStateOfCode, stateOfCode } from "../codes.ts";
import { compact, iso } from "../views.ts";
import { filesOfText } from "./definitions.ts";
import { rowsInOrder } from "../../base/rows-in-order.ts";

/** Runs whose versions are looked at. */
const RUNS_MAX = 2000;
/** Cells after which a page of the grid ends, and tasks of one run in it. */
const CELLS_MAX = 5000;
const ROWS_MAX = 1000;

type History = Pick<Library, "workflowVersions" | "workflowVersion" | "recentRuns" | "workflowGrid">;

interface MarkRow {
  seq: number;
  state: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  definition_hash: string | null;
  schedule: string | null;
  parent: number | null;
  paused: number | null;
}

interface CellRow {
  seq: number;
  key: string | null;
  name: string | null;
  state: number;
  attempt: number;
  outcome: number | null;
  duration_ms: number | null;
  started_at: number;
  ended_at: number;
  total: number | null;
  run_attempt: number | null;
  run_started_at: number | null;
}

interface VersionRow {
  hash: string;
  at: number | null;
  runs: number;
  last: number | null;
}

export function workflowHistory(db: DatabaseSync, idOf: (task: number) => string): History {
  const marks = db.prepare(
    `SELECT seq, state, created_at, started_at, ended_at, definition_hash, origin ->> '$.schedule' AS schedule, parent, paused
     FROM run WHERE workflow = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const cells = db.prepare(
    `SELECT seq, key, name, state, task.attempt, outcome, duration_ms, task.started_at, ended_at, total,
       running.attempt AS run_attempt, running.started_at AS run_started_at
     FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN node ON node.task = task.seq
     WHERE run = ? AND inside IS NULL ORDER BY seq LIMIT ?`,
  );
  const versions = db.prepare(VERSIONS);
  const registered = db.prepare("SELECT hash FROM workflow WHERE name = ?");
  const count = db.prepare(`SELECT count(*) AS runs FROM (SELECT 1 FROM run WHERE workflow = ? LIMIT ${RUNS_MAX + 1})`);
  const runRow = db.prepare("SELECT state, created_at FROM run WHERE seq = ?");
  const text = db.prepare(
    `SELECT text, files FROM definition WHERE hash = ?2 AND (
       EXISTS (SELECT 1 FROM workflow_version AS version WHERE version.hash = ?2 AND workflow = ?1)
       OR EXISTS (SELECT 1 FROM run WHERE definition_hash = ?2 AND workflow = ?1))`,
  );

  const marksOf = (workflow: string, limit: number, before = Number.MAX_SAFE_INTEGER): RunMark[] =>
    (marks.all(workflow, before, limit) as unknown as MarkRow[]).map((row) => markOf(row, idOf));

  function lastRun(run: number): WorkflowVersion["lastRun"] {
    const { state, created_at } = runRow.get(run) as { state: number; created_at: number };
    return { id: `r${run}`, state: runStateOfCode(state), createdAt: iso(created_at) };
  }

  return {
    workflowVersions(workflow): WorkflowVersions {
      const now = (registered.get(workflow) as { hash: string } | undefined)?.hash;
      const { runs } = count.get(workflow) as { runs: number };
      const items = (versions.all(workflow) as unknown as VersionRow[]).map((row) =>
        compact<WorkflowVersion>({
          hash: row.hash,
          current: row.hash === now,
          registeredAt: row.at === null ? undefined : iso(row.at),
          runs: row.runs,
          lastRun: row.last === null ? undefined : lastRun(row.last),
        }),
      );
      return { items, runsLookedAt: Math.min(runs, RUNS_MAX), more: runs > RUNS_MAX };
    },
    workflowVersion(workflow, hash) {
      const row = text.get(workflow, hash) as { text: string; files: string | null } | undefined;
      return row && compact({ hash, definition: row.text, files: filesOfText(row.files) });
    },
    recentRuns: (workflow, limit) => marksOf(workflow, limit),
    workflowGrid(workflow, { limit, before }): WorkflowGrid {
      const runs = marksOf(workflow, limit + 1, before);
      let more = runs.length > limit;
      if (more) runs.pop();
      const page = gridPage(runs, (run) => cells.all(run, ROWS_MAX + 1) as unknown as CellRow[]);
      more ||= page.runs.length < runs.length;
      return { ...page, ...(more && { next: page.runs.at(-1)!.id }) };
    },
  };
}

/** As many of the runs as a page holds, against their tasks. */
function gridPage(runs: readonly RunMark[], tasksOf: (run: number) => CellRow[]): Omit<WorkflowGrid, "next"> {
  const columns: Map<string, GridCell>[] = [];
  let isCut = false;
  let count = 0;
  for (const { id } of runs) {
    // A page of large runs ends early, and says where to go on.
    if (count > CELLS_MAX) break;
    const found = tasksOf(Number(id.slice(1)));
    if (found.length > ROWS_MAX) isCut = true;
    count += found.length;
    columns.push(new Map(found.slice(0, ROWS_MAX).map((row) => [row.name ?? `t${row.seq}`, cellOf(row)] as const)));
  }
  const rows = rowsInOrder(columns.map((column) => [...column.keys()]));
  if (rows.length > ROWS_MAX) isCut = true;
  rows.length = Math.min(rows.length, ROWS_MAX);
  return {
    runs: runs.slice(0, columns.length),
    rows,
    cells: rows.map((name) => columns.map((column) => column.get(name) ?? null)),
    ...(isCut && { cut: true }),
  };
}

/** Each version once, what the workflow is now first, with when it was registered and how many of the newest runs began with it. */
const VERSIONS = `
  WITH ran AS (
    SELECT definition_hash AS hash, count(*) AS runs, max(seq) AS last
    FROM (SELECT seq, definition_hash FROM run WHERE workflow = ?1 ORDER BY seq DESC LIMIT ${RUNS_MAX})
    WHERE definition_hash IS NOT NULL GROUP BY definition_hash),
  was AS (SELECT hash, at FROM workflow_version WHERE workflow = ?1)
  SELECT * FROM (
    SELECT hash, at, coalesce(runs, 0) AS runs, last FROM was LEFT JOIN ran USING (hash)
    UNION ALL SELECT hash, NULL, runs, last FROM ran WHERE hash NOT IN (SELECT hash FROM was))
  ORDER BY hash = (SELECT hash FROM workflow WHERE name = ?1) DESC,
    coalesce(at, (SELECT created_at FROM run WHERE seq = last)) DESC, hash LIMIT 200`;

function markOf(row: MarkRow, idOf: (task: number) => string): RunMark {
  const { started_at: from, ended_at: to } = row;
  return compact<RunMark>({
    id: `r${row.seq}`,
    state: runStateOfCode(row.state),
    createdAt: iso(row.created_at),
    startedAt: from === null ? undefined : iso(from),
    endedAt: to === null ? undefined : iso(to),
    durationMs: to === null ? undefined : Math.max(0, to - (from ?? row.created_at)),
    definitionHash: row.definition_hash ?? undefined,
    schedule: row.schedule ?? undefined,
    parent: row.parent === null ? undefined : idOf(row.parent),
    paused: row.paused === 1 ? true : undefined,
  });
}

/** The columns of a row are placeholders until an attempt has ended, or a container has begun. */
function cellOf(row: CellRow): GridCell {
  const isRunning = row.run_attempt !== null;
  const hasEnded = !isRunning && row.state >= FIRST_END_CODE;
  const isKnown = row.outcome !== null || row.total !== null;
  const attempt = row.run_attempt ?? row.attempt;
  return compact<GridCell>({
    id: row.key ?? `t${row.seq}`,
    state: isRunning ? "running" : stateOfCode(row.state),
    startedAt: isRunning ? iso(row.run_started_at!) : undefined,
    durationMs: hasEnded && isKnown ? (row.duration_ms ?? Math.max(0, row.ended_at - row.started_at)) : undefined,
    attempt: attempt > 1 ? attempt : undefined,
    members: row.total ?? undefined,
  });
}
