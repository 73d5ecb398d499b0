/** What a task of a workflow may ask of others that core does not hold any more: how they have ended. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isEnded } from "../../base/words.ts";
import type { EndedTask } from "../../core/command.ts";
import type { TaskDefinition } from "../../core/task-events.ts";
import type { Members, NodeRule, Tally, Undone } from "../../core/graph/rule.ts";
import { type Ended, noTally, tallyUp, usual } from "../../core/graph/trigger.ts";
import { FIRST_END_CODE, stateCode, stateOfCode } from "../codes.ts";
import { type DefinitionRow, definitionOf } from "../rows.ts";

/** Names of failed members that are told. */
const NAMES_KEPT = 3;

/** What of a row makes an `EndedTask`. */
export interface EndedRow extends DefinitionRow {
  total: number | null;
  made: number | null;
}

/** How tasks have ended, by their numbers; undefined for one that has not. One that is gone counts as succeeded. */
export type EndOf = (task: number) => Ended | undefined;

export class Ends {
  readonly #end: StatementSync;
  readonly #members: StatementSync;
  readonly #names: StatementSync;
  readonly #undone: StatementSync;

  constructor(db: DatabaseSync) {
    this.#end = db.prepare(
      "SELECT state, allowed, rule ->> '$.allowSkip' AS skip FROM task LEFT JOIN node ON node.task = task.seq WHERE seq = ?",
    );
    this.#members = db.prepare(
      `SELECT count(*) FILTER (WHERE allowed IS NULL AND ${FAILED}) AS failed, count(allowed) AS allowed
       FROM (SELECT state, allowed FROM task WHERE inside = ? ORDER BY seq LIMIT ?)`,
    );
    this.#names = db.prepare(
      `SELECT coalesce(name, 't' || seq) AS name FROM (SELECT * FROM task WHERE inside = ? ORDER BY seq LIMIT ?)
       WHERE allowed IS NULL AND ${FAILED} LIMIT ${NAMES_KEPT}`,
    );
    this.#undone = db.prepare("SELECT state, ended_at FROM task WHERE seq = ?");
  }

  readonly endOf: EndOf = (task) => {
    const row = this.#end.get(task) as { state: number; allowed: number | null; skip: number | null } | undefined;
    return row === undefined ? GONE : endOfRow(row);
  };

  /** What core keeps of its needs that are not live; only a task whose trigger is not the usual one has it. */
  tally({ node, needs = [] }: TaskDefinition, endOf: EndOf = this.endOf): Tally | undefined {
    if (node?.trigger === undefined) return undefined;
    const tally = noTally();
    for (const need of needs) {
      const end = endOf(need);
      if (end !== undefined) tallyUp(tally, end, 1);
    }
    return tally;
  }

  /** What is known of the first `made` members of an `each`. */
  members(container: number, made: number): Members {
    const { failed, allowed } = this.#members.get(container, made) as { failed: number; allowed: number };
    if (failed === 0) return { made, failed, allowed };
    const names = (this.#names.all(container, made) as { name: string }[]).map(({ name }) => name);
    return { made, failed, allowed, names };
  }

  /** How the task has ended that another one undoes. */
  undone({ of }: TaskDefinition): Undone | undefined {
    if (of === undefined) return undefined;
    const row = this.#undone.get(of) as { state: number; ended_at: number } | undefined;
    if (row === undefined || row.state < FIRST_END_CODE) return undefined;
    return { state: stateOfCode(row.state), at: row.ended_at };
  }

  /** An ended task, as a command that opens it again names it. */
  ended(row: EndedRow, endOf: EndOf = this.endOf): EndedTask {
    const definition = definitionOf(row);
    // A task that expired once would expire again at once.
    delete definition.expiresAt;
    const ended: EndedTask = { task: row.seq, definition, state: stateOfCode(row.state), attempt: row.attempt ?? 0 };
    if (row.allowed === 1) ended.allowed = true;
    if (definition.node === undefined) return ended;
    const tally = this.tally(definition, endOf);
    if (tally !== undefined) ended.tally = tally;
    const undone = this.undone(definition);
    if (undone !== undefined) ended.ofEnded = undone;
    if (row.total === null) return ended;
    ended.total = row.total;
    if (definition.kind === "each") ended.members = this.members(row.seq, row.made ?? 0);
    return ended;
  }
}

const GONE: Ended = Object.freeze({ state: "succeeded" });

/** States that mean failure to a container; see `isFailure` of core. */
export const FAILED = `state IN (${stateCode.failed}, ${stateCode.upstream_failed}, ${stateCode.expired}, ${stateCode.cancelled})`;

export function endOfRow(row: { state: number; allowed: number | null; skip: number | null }): Ended | undefined {
  if (row.state < FIRST_END_CODE) return undefined;
  return { state: stateOfCode(row.state), allowed: row.allowed === 1, allowSkip: row.skip === 1 };
}

/** Whether a task with these needs may wait again when some of them do; `ends`: how the others have ended. */
export function mayWait(rule: NodeRule | undefined, ends: readonly Ended[]): boolean {
  switch (rule?.trigger) {
    case "all_done":
    case "any_succeeded":
    case "any_failed":
      return true;
    case "none_failed":
      return ends.every((end) => usual(end) !== "upstream_failed");
    default:
      return ends.every((end) => !isEnded(end.state) || usual(end) === "passes");
  }
}
