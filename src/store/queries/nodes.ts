/** Tasks of workflows as expressions and retries look at them. */
import type { DatabaseSync } from "node:sqlite";
import type { Library, RetryNode, StoredNode, TaskDuration } from "../../engine/ports.ts";
import { FIRST_END_CODE, kindCode, kindOfCode, stateCode, stateOfCode } from "../codes.ts";
import type { Ended } from "../../core/graph/trigger.ts";
import { BESIDE_TASK, DEFINITION_COLUMNS, eachRow } from "../rows.ts";
import { type EndedRow, type EndOf, endOfRow, type Ends } from "./ends.ts";
import { RunNames } from "./run-names.ts";

interface NodeRow {
  seq: number;
  key: string | null;
  name: string | null;
  run: number;
  kind: number;
  state: number;
  attempt: number;
  exit_code: number | null;
  error: string | null;
  reason: string | null;
  inside: number | null;
  spec: string | null;
  total: number | null;
  reopened_at: number | null;
  run_attempt: number | null;
}

const COLUMNS = `SELECT seq, key, name, run, kind, state, task.attempt, exit_code, error, reason, inside, spec, total, reopened_at,
    running.attempt AS run_attempt
  FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN node ON node.task = task.seq`;

function nodeOf(row: NodeRow): StoredNode {
  const isRunning = row.run_attempt !== null;
  return {
    task: row.seq,
    id: row.key ?? `t${row.seq}`,
    name: row.name ?? undefined,
    run: row.run,
    kind: kindOfCode(row.kind),
    state: isRunning ? "running" : stateOfCode(row.state),
    attempt: row.run_attempt ?? row.attempt,
    exitCode: isRunning ? undefined : (row.exit_code ?? undefined),
    error: isRunning ? undefined : errorOf(row),
    spec: row.spec ?? undefined,
    inside: row.inside ?? undefined,
    total: row.total ?? undefined,
    reopenedAt: row.reopened_at ?? undefined,
  };
}

/** What its newest attempt said; a task that ended without one has a reason. */
function errorOf({ error, reason, state }: NodeRow): StoredNode["error"] {
  if (error !== null) {
    const { message, kind } = JSON.parse(error) as { message: string; kind?: string };
    return { message, kind };
  }
  const hasFailed = state > FIRST_END_CODE && state !== stateCode.skipped;
  return hasFailed && reason !== null ? { message: reason } : undefined;
}

type Nodes = Pick<
  Library,
  "taskOfRun" | "nodeOfRun" | "node" | "members" | "memberCounts" | "subRun" | "retryNodes" | "example" | "durations"
>;

export function nodeQueries(db: DatabaseSync, ends: Ends): Nodes {
  const names = new RunNames(db);
  const one = db.prepare(`${COLUMNS} WHERE seq = ?`);
  const some = db.prepare(`${COLUMNS} WHERE inside = ? AND seq > ? ORDER BY seq LIMIT ? OFFSET ?`);
  const counts = db.prepare(
    `SELECT CASE WHEN running.task IS NULL THEN state ELSE 3 END AS state, count(*) AS count
     FROM task LEFT JOIN running ON running.task = task.seq WHERE inside = ? GROUP BY 1`,
  );
  const newestRun = db.prepare("SELECT max(seq) AS run FROM run WHERE parent = ?");
  const node = (task: number): StoredNode | undefined => {
    const row = one.get(task) as unknown as NodeRow | undefined;
    return row && nodeOf(row);
  };
  const subRun = (task: number): number | undefined => (newestRun.get(task) as { run: number | null }).run ?? undefined;
  // Members are read a stretch at a time: where the last one ended, so that none is counted again from the first.
  let read = { container: 0, position: 0, last: 0 };

  return {
    taskOfRun: (run, name) => names.find(run, name),
    nodeOfRun(run, name) {
      const task = names.find(run, name);
      return task === undefined ? undefined : node(task);
    },
    node,
    members(container, from = 0, limit = -1) {
      const goesOn = read.container === container && read.position === from;
      const rows = some.all(container, goesOn ? read.last : 0, limit, goesOn ? 0 : from) as unknown as NodeRow[];
      const last = rows.at(-1);
      if (last !== undefined) read = { container, position: from + rows.length, last: last.seq };
      return rows.map(nodeOf);
    },
    memberCounts(container) {
      const rows = counts.all(container) as { state: number; count: number }[];
      return Object.fromEntries(rows.map(({ state, count }) => [stateOfCode(state), count]));
    },
    subRun,
    retryNodes: (run) => retryNodes(db, ends, run, subRun),
    example: (workflow) => example(db, workflow),
    durations: (run, after, limit) => durations(db, run, after, limit),
  };
}

interface RetryRow extends EndedRow {
  run_attempt: number | null;
}

function retryNodes(
  db: DatabaseSync,
  ends: Ends,
  run: number,
  subRun: (task: number) => number | undefined,
): RetryNode[] {
  const select = db.prepare(
    `SELECT ${DEFINITION_COLUMNS}, total, made, running.attempt AS run_attempt FROM task ${BESIDE_TASK}
     WHERE run = ? ORDER BY seq`,
  );
  // What a task needs comes before it; a need of another run is looked up.
  const ended = new Map<number, Ended | undefined>();
  const endOf: EndOf = (task) => (ended.has(task) ? ended.get(task) : ends.endOf(task));
  const nodes: RetryNode[] = [];
  for (const row of eachRow<RetryRow>(select, run)) {
    const node: RetryNode = {
      ...ends.ended(row, endOf),
      name: row.name ?? "",
      kind: kindOfCode(row.kind),
      needs: NO_NEEDS,
    };
    const { definition } = node;
    if (definition.needs !== undefined) node.needs = definition.needs;
    const allowSkip = definition.node?.allowSkip === true;
    ended.set(row.seq, endOfRow({ state: row.state, allowed: row.allowed, skip: allowSkip ? 1 : 0 }));
    if (row.run_attempt !== null) {
      node.state = "running";
      node.attempt = row.run_attempt;
    }
    const holds = row.kind === kindCode.workflow ? subRun(row.seq) : undefined;
    if (holds !== undefined) node.subRun = holds;
    nodes.push(node);
  }
  return nodes;
}

const NO_NEEDS: readonly number[] = [];

/** Runs among which one is looked for that came to a good end; a workflow may have failed a million times. */
const EXAMPLES_MAX = 100;

function example(db: DatabaseSync, workflow: string): number | undefined {
  const newest = `SELECT seq, state FROM run WHERE workflow = ? ORDER BY seq DESC LIMIT ${EXAMPLES_MAX}`;
  const select = db.prepare(`SELECT max(seq) AS seq FROM (${newest}) WHERE state IN (2, 5)`);
  return (select.get(workflow) as { seq: number | null }).seq ?? undefined;
}

/** Tasks inside an `each` are a part of it. */
function durations(db: DatabaseSync, run: number, after: number, limit: number): TaskDuration[] {
  const select = db.prepare(
    `SELECT seq AS task, name, coalesce(duration_ms, ended_at - started_at) AS ms FROM task LEFT JOIN node ON node.task = task.seq
     WHERE run = ? AND seq > ? AND inside IS NULL AND state = 4
       AND name IS NOT NULL AND (outcome IS NOT NULL OR total IS NOT NULL) ORDER BY seq LIMIT ?`,
  );
  return select.all(run, after, limit) as unknown as TaskDuration[];
}
