/** Rows of `task` as objects: the columns each reader needs, and what core makes of them. */
import type { StatementSync } from "node:sqlite";
import type { Asks } from "../core/asks.ts";
import type { TaskDefinition } from "../core/task-events.ts";
import type { NodeRule } from "../core/graph/rule.ts";
import type { Policy } from "../core/policy.ts";
import { isNode, kindOfCode } from "./codes.ts";

/** An attempt that ended, as `task` and `attempt` both hold it. */
export interface AttemptRow {
  attempt: number;
  /** NULL in `task` until an attempt has ended: the columns around it are then placeholders. */
  outcome: number | null;
  started_at: number;
  ended_at: number;
  /** Name of the worker; not a column, but looked up. */
  on_worker: string | null;
  admitted_at: number | null;
  /** When it became ready. In the row of a task it may be the next attempt that did: see `was_ready_at`. */
  ready_at: number | null;
  duration_ms: number | null;
  result: string | null;
  result_ref: string | null;
  exit_code: number | null;
  signal: string | null;
  cpu_ms: number | null;
  max_rss_bytes: number | null;
  error: string | null;
}

/** What a task is, without the work, which may be large and is not for core. */
export interface DefinitionRow {
  seq: number;
  state: number;
  created_at: number;
  type: string;
  kind: number;
  attempt: number;
  tries: number | null;
  losses: number | null;
  ready_at: number | null;
  due_at: number | null;
  key: string | null;
  hash: string | null;
  run: number | null;
  name: string | null;
  handler: string | null;
  only_worker: string | null;
  arm: string | null;
  priority: number | null;
  policy: string | null;
  expires_at: number | null;
  needs: string | null;
  inside: number | null;
  rank: number | null;
  allowed: number | null;
  /** From `ask`: NULL when it asks for nothing. */
  asks: string | null;
  /** From `node`: NULL when there is nothing to say of it. */
  rule: string | null;
  undoes: number | null;
}

/** What `node` holds beside the definition; all NULL when there is no row. */
export interface NodeRow {
  spec: string | null;
  template: string | null;
  message: string | null;
  asked: number | null;
  until: number | null;
  verdict: "approved" | "rejected" | null;
  verdict_by: string | null;
  verdict_note: string | null;
  total: number | null;
  made: number | null;
  marked: number | null;
  marked_by: string | null;
  marked_note: string | null;
  reopened_at: number | null;
}

/** A whole row of `task`, joined with `running` (`run_…`, NULL when it is not), `ask` and `node`. */
export interface TaskRow extends DefinitionRow, AttemptRow, NodeRow {
  work: string;
  reason: string | null;
  tags: string | null;
  dead: number | null;
  cached_from: number | null;
  /** When the attempt became ready that the row tells of, unless that stands in `ready_at` still. */
  was_ready_at: number | null;
  run_attempt: number | null;
  run_worker: string | null;
  run_started_at: number | null;
  run_admitted_at: number | null;
}

/** The columns of a `DefinitionRow`. */
export const DEFINITION_COLUMNS =
  "seq, state, created_at, type, kind, task.attempt, tries, losses, ready_at, due_at, key, hash, run, name, handler, only_worker, " +
  "arm, priority, policy, expires_at, needs, inside, rank, allowed, ask.asks, node.rule, node.undoes";

/** The columns of a `TaskRow`, and where they come from. */
export const TASK_COLUMNS =
  "task.*, (SELECT worker_name.name FROM worker_name WHERE id = task.worker) AS on_worker, running.attempt AS run_attempt, running.worker AS run_worker, running.started_at AS run_started_at, running.admitted_at AS run_admitted_at, ask.asks, ask.cached_from, " +
  "rule, undoes, spec, template, message, asked, until, verdict, verdict_by, verdict_note, total, made, marked, marked_by, " +
  "marked_note, reopened_at";
/** What stands beside `task`, for those tasks that have it. */
export const BESIDE_TASK =
  "LEFT JOIN running ON running.task = task.seq LEFT JOIN ask ON ask.task = task.seq LEFT JOIN node ON node.task = task.seq";
export const TASK_TABLES = `task ${BESIDE_TASK}`;

/** What the task was submitted as. */
export function definitionOf(row: DefinitionRow): TaskDefinition {
  const kind = kindOfCode(row.kind);
  const definition: TaskDefinition = {
    key: row.key ?? undefined,
    hash: row.hash ?? undefined,
    run: row.run ?? undefined,
    name: row.name ?? undefined,
    taskType: row.type,
    kind,
    handler: row.handler ?? (kind === "call" ? row.type : undefined),
    worker: row.only_worker ?? undefined,
    arm: row.arm ?? "default",
    priority: row.priority ?? 5,
    policy: row.policy === null ? undefined : policyOf(row.policy),
    expiresAt: row.expires_at ?? undefined,
    needs: needsOf(row),
    asks: asksOf(row),
  };
  // Only what workflows have, so that other tasks are read as fast as without it.
  if (row.run !== null || row.rule !== null || row.inside !== null) nodeFields(row, definition);
  return definition;
}

function nodeFields(row: DefinitionRow, definition: TaskDefinition): void {
  if (row.inside !== null) definition.inside = row.inside;
  if (row.undoes !== null) definition.of = row.undoes;
  if (row.rank !== null) definition.rank = row.rank;
  if (row.rule !== null) definition.node = ruleOf(row.rule);
  else if (isNode(definition)) definition.node = NO_RULE;
}

const NO_RULE: NodeRule = Object.freeze({});

/** What many tasks share, by its text. */
class Shared<T> {
  readonly #known = new Map<string, T>();

  of(text: string): T {
    let value = this.#known.get(text);
    if (value === undefined) {
      if (this.#known.size >= SHARED_MAX) this.#known.clear();
      value = JSON.parse(text) as T;
      this.#known.set(text, value);
    }
    return value;
  }
}

const SHARED_MAX = 1000;
const RULES = new Shared<NodeRule>();
const POLICIES = new Shared<Policy>();

export const ruleOf = (text: string): NodeRule => RULES.of(text);
const policyOf = (text: string): Policy => POLICIES.of(text);

/**
 * The rows of a query one by one, each in the same object: a million rows as objects of node:sqlite take ten seconds, as
 * arrays two. The statement answers with arrays from then on.
 */
export function* eachRow<Row>(select: StatementSync, ...values: (string | number)[]): Generator<Row> {
  const columns = select.columns().map(({ name }) => name);
  select.setReturnArrays(true);
  const row = Object.fromEntries(columns.map((column) => [column, null])) as Record<string, unknown>;
  for (const found of select.iterate(...values) as IterableIterator<unknown>) {
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = (found as unknown[])[i];
    yield row as Row;
  }
}

export function needsOf(row: { needs: string | null }): number[] | undefined {
  return row.needs === null ? undefined : (JSON.parse(row.needs) as number[]);
}

export function asksOf(row: { asks: string | null }): Asks | undefined {
  return row.asks === null ? undefined : (JSON.parse(row.asks) as Asks);
}
