/**
 * Ended tasks that retention lets go. Numbers grow with time, so the scan goes from the oldest task on and stops at the
 * first that is too young to be meant. The tasks of a run stay until it has ended, and the runs around it: its outcome is
 * made from them. What a container holds goes with it, and before it.
 */
import type { DatabaseSync } from "node:sqlite";
import type { RunState, TaskState } from "../../base/words.ts";
import { FIRST_END_CODE, isHolder, kindOfCode, runStateOfCode, stateOfCode } from "../codes.ts";

interface Ended {
  task: number;
  state: TaskState;
}

interface Row {
  seq: number;
  state: number;
  kind: number;
  created_at: number;
  ended_at: number;
  run: number | null;
  inside: number | null;
}

/** At most `limit` tasks: the oldest `excess` ended ones, and those that ended before `endedBefore`. */
export function prunable(db: DatabaseSync, excess: number, endedBefore: number, limit: number): Ended[] {
  const tree = new Tree(db);
  const found: Ended[] = [];
  let left = excess;
  const rows = db
    .prepare("SELECT seq, state, kind, created_at, ended_at, run, inside FROM task ORDER BY seq")
    .iterate();
  for (const each of rows as IterableIterator<unknown>) {
    const row = each as Row;
    const tooMany = found.length < left;
    if (!tooMany && row.created_at >= endedBefore) break;
    if (row.state < FIRST_END_CODE) continue;
    const isOld = row.ended_at < endedBefore;
    if (!tooMany && !isOld) continue;
    if ((row.run !== null || row.inside !== null) && tree.isKept(row)) continue;
    if (isHolder(kindOfCode(row.kind))) {
      // It goes as a whole or stays: with what is younger gone, more and more of the youngest would have to go for it.
      if (!isOld && tree.isLarger(row.seq, left - found.length)) {
        left = 0;
        continue;
      }
      for (const inner of tree.within(row.seq)) {
        found.push(inner);
        if (found.length >= limit) return found;
      }
    }
    found.push({ task: row.seq, state: stateOfCode(row.state) });
    if (found.length >= limit) break;
  }
  return found;
}

/** What is inside a container, at any depth: what is further inside comes first. */
export function within(db: DatabaseSync, container: number): Ended[] {
  return [...new Tree(db).within(container)];
}

/** Ended runs all of whose tasks are among these. */
export function emptied(db: DatabaseSync, tasks: readonly number[]): { run: number; state: RunState }[] {
  const these = "(SELECT value FROM json_each(?1))";
  const select = db.prepare(
    `SELECT seq, state FROM run WHERE state > 1 AND seq IN (SELECT run FROM task WHERE seq IN ${these})
       AND NOT EXISTS (SELECT 1 FROM task WHERE task.run = run.seq AND task.seq NOT IN ${these})`,
  );
  const rows = select.all(JSON.stringify(tasks)) as { seq: number; state: number }[];
  return rows.map(({ seq, state }) => ({ run: seq, state: runStateOfCode(state) }));
}

/** Which tasks hold which others: members by their container, tasks of a run by the task that holds the run. */
class Tree {
  readonly #db: DatabaseSync;
  readonly #keptRuns = new Map<number, boolean>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** True for a task of a run that goes on, or inside a task that is there: it goes with that one. */
  isKept({ run, inside }: { run: number | null; inside: number | null }): boolean {
    return (inside !== null && this.#taskOf(inside) !== undefined) || (run !== null && this.#isKeptRun(run));
  }

  #isKeptRun(run: number): boolean {
    let kept = this.#keptRuns.get(run);
    if (kept === undefined) {
      const row = this.#db.prepare("SELECT state, parent FROM run WHERE seq = ?").get(run) as
        | { state: number; parent: number | null }
        | undefined;
      kept = row !== undefined && (row.state < 2 || (row.parent !== null && this.#taskOf(row.parent) !== undefined));
      this.#keptRuns.set(run, kept);
    }
    return kept;
  }

  #taskOf(task: number): unknown {
    return this.#db.prepare("SELECT 1 FROM task WHERE seq = ?").get(task);
  }

  isLarger(container: number, than: number): boolean {
    let count = 1;
    for (const _ of this.within(container)) if (++count > than) return true;
    return false;
  }

  *within(container: number): Generator<Ended> {
    const inner = this.#db
      .prepare(
        `SELECT seq, state, kind FROM task WHERE inside = ?1
         UNION ALL SELECT task.seq, task.state, kind FROM run JOIN task ON task.run = run.seq
         WHERE run.parent = ?1 AND task.inside IS NULL`,
      )
      .iterate(container) as IterableIterator<unknown>;
    for (const each of inner) {
      const { seq, state, kind } = each as { seq: number; state: number; kind: number };
      if (isHolder(kindOfCode(kind))) yield* this.within(seq);
      yield { task: seq, state: stateOfCode(state) };
    }
  }
}
