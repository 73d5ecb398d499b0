/**
 * The tasks that a bulk action is for: all that a filter matches, a step at a time, and how many they are. A step takes a
 * few milliseconds, however few tasks fit.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Matches, TaskCount } from "../../engine/ports.ts";
import { stateOfCode } from "../codes.ts";
import { candidatesOf } from "./candidates.ts";
import { Stride } from "./stride.ts";
import { type Filter, selectTasks } from "./task-filter.ts";
import { TASK_TABLES } from "../rows.ts";

type Resolve = (id: string) => number | undefined;

/** Numbers that one look reaches over, and how long one call goes on looking. */
const REACH = 512;
const LOOK_MS = 5;

/** The next `limit` of them after `cursor`, in the order of their numbers; fewer, where many have to be looked at. */
export function matchTasks(
  db: DatabaseSync,
  filter: Filter,
  resolve: Resolve,
  { cursor, limit }: { cursor: number; limit: number },
): Matches {
  const { tables, seq, where, values } = selectTasks(db, filter, resolve);
  const conditions = [`${seq} > ?`, `${seq} <= ?`, ...where].join(" AND ");
  const select = db.prepare(
    `SELECT task.seq AS seq, iif(running.task IS NULL, state, 3) AS state FROM ${tables}
     WHERE ${conditions} ORDER BY ${seq} LIMIT ?`,
  );
  const after = db.prepare("SELECT min(seq) AS seq FROM task WHERE seq > ?");
  const tasks: Matches["tasks"] = [];
  const began = performance.now();
  let at = cursor;
  for (;;) {
    const { seq: next } = after.get(at) as { seq: number | null };
    if (next === null) return { tasks, cursor: at, end: true };
    const last = next + REACH - 1;
    const room = limit - tasks.length;
    const rows = select.all(at, last, ...values, room) as { seq: number; state: number }[];
    for (const row of rows) tasks.push({ task: row.seq, state: stateOfCode(row.state) });
    if (rows.length === room) return { tasks, cursor: rows.at(-1)!.seq, end: false };
    at = last;
    if (performance.now() - began > LOOK_MS) return { tasks, cursor: at, end: false };
  }
}

/** How many a filter matches, counted in steps. */
export class MatchCount implements TaskCount {
  readonly #count: (seqs: readonly number[]) => number;
  readonly #candidates: (before: number, count: number) => number[];
  #before: number;
  readonly #low: number;
  readonly #stride = new Stride();
  count = 0;
  done = false;

  constructor(db: DatabaseSync, filter: Filter, resolve: Resolve) {
    const { where, values, low = 0, high = Number.MAX_SAFE_INTEGER } = selectTasks(db, filter, resolve);
    const conditions = ["seq IN (SELECT value FROM json_each(?))", ...where].join(" AND ");
    const select = db.prepare(`SELECT count(*) AS count FROM ${TASK_TABLES} WHERE ${conditions}`);
    this.#count = (seqs) => (select.get(JSON.stringify(seqs), ...values) as { count: number }).count;
    this.#candidates = candidatesOf(db, filter, resolve);
    this.#before = high;
    this.#low = low;
  }

  step(): void {
    this.#stride.measure(() => this.#look(this.#stride.size));
  }

  #look(count: number): void {
    const seqs = this.#candidates(this.#before, count).filter((seq) => seq >= this.#low);
    if (seqs.length > 0) this.count += this.#count(seqs);
    this.#before = seqs.at(-1) ?? 0;
    if (seqs.length < count) this.done = true;
  }
}
