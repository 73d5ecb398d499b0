/** Tasks of workflows as expressions and retries look at them. */
import type { DatabaseSync } from "node:sqlite";
import type { Library, TaskDuration } from "../../engine/ports.ts";
import type { RetryNode, StoredNode } from "../../engine/stored.ts";
import { FIRST_END_CODE, kindCode, kindOfCode, stateCode, stateOfCode } from "../codes.ts";
import { eachRow, needsOf, ruleOf } from "../rows.ts";
import { FAILED } from "./ends.ts";
import { MemberCounts } from "./member-counts.ts";
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
  rule: string | null;
  only_worker: string | null;
  total: number | null;
  reopened_at: number | null;
  run_attempt: number | null;
}

const COLUMNS = `SELECT seq, key, name, run, kind, state, task.attempt, exit_code, error, reason, inside, spec, rule, only_worker, total,
    reopened_at, running.attempt AS run_attempt
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
    worker: row.only_worker ?? undefined,
    onWorkers: row.kind === kindCode.each && row.rule !== null ? ruleOf(row.rule).workers : undefined,
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
  | "taskOfRun"
  | "nodeOfRun"
  | "node"
  | "members"
  | "memberCounts"
  | "subRun"
  | "retryNodes"
  | "retryMembers"
  | "retryNode"
  | "example"
  | "durations"
>;

export function nodeQueries(db: DatabaseSync): Nodes {
  const names = new RunNames(db);
  const one = db.prepare(`${COLUMNS} WHERE seq = ?`);
  const some = db.prepare(`${COLUMNS} WHERE inside = ? AND seq > ? ORDER BY seq LIMIT ? OFFSET ?`);
  const counts = new MemberCounts(db);
  const oneRetry = db.prepare(`${RETRY_COLUMNS} WHERE seq = ? AND run IS NOT NULL`);
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
    memberCounts: (container, endedAt?: number) => counts.of(container, endedAt),
    subRun,
    retryNodes(run) {
      const select = db.prepare(`${RETRY_COLUMNS} WHERE run = ? AND inside IS NULL ORDER BY seq`);
      return Array.from(eachRow<RetryRow>(select, run), (row) => retryNodeOf(row, subRun));
    },
    retryMembers(container) {
      const select = db.prepare(`${RETRY_COLUMNS} WHERE inside = ? AND (${FAILED} OR allowed = 1) ORDER BY seq`);
      return Array.from(eachRow<RetryRow>(select, container), (row) => retryNodeOf(row, subRun));
    },
    retryNode(task) {
      const row = oneRetry.get(task) as unknown as RetryRow | undefined;
      return row && retryNodeOf(row, subRun);
    },
    example: (workflow) => example(db, workflow),
    durations: (run, after, limit) => durations(db, run, after, limit),
  };
}

interface RetryRow {
  seq: number;
  name: string | null;
  run: number;
  kind: number;
  state: number;
  needs: string | null;
  allowed: number | null;
  inside: number | null;
  rule: string | null;
  undoes: number | null;
  total: number | null;
  running: number | null;
}

const RETRY_COLUMNS = `SELECT seq, name, run, kind, state, needs, allowed, inside, rule, undoes, total, running.attempt AS running
  FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN node ON node.task = task.seq`;

function retryNodeOf(row: RetryRow, subRun: (task: number) => number | undefined): RetryNode {
  const node: RetryNode = {
    task: row.seq,
    name: row.name ?? `t${row.seq}`,
    run: row.run,
    kind: kindOfCode(row.kind),
    state: row.running === null ? stateOfCode(row.state) : "running",
    needs: needsOf(row) ?? NO_NEEDS,
  };
  if (row.allowed === 1) node.allowed = true;
  if (row.rule !== null) node.rule = ruleOf(row.rule);
  if (row.inside !== null) node.inside = row.inside;
  if (row.undoes !== null) node.of = row.undoes;
  if (row.total !== null) node.total = row.total;
  if (row.kind !== kindCode.workflow) return node;
  const holds = subRun(row.seq);
  if (holds !== undefined) node.subRun = holds;
  return node;
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
