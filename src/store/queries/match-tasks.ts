/** The tasks that a bulk action is for: all that a filter matches, a step at a time, and how many they are. */
import type { DatabaseSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import { stateOfCode } from "../codes.ts";
import { type Filter, selectTasks } from "./task-filter.ts";

type Resolve = (id: string) => number | undefined;

/** The next `limit` of them after `cursor`, in the order of their numbers. */
export function matchTasks(
  db: DatabaseSync,
  filter: Filter,
  resolve: Resolve,
  { cursor, limit }: { cursor: number; limit: number },
): { task: number; state: TaskState }[] {
  const { tables, seq, where, values, scanned, scannedValues } = selectTasks(db, filter, resolve);
  const conditions = [`${seq} > ?`, ...where, ...scanned].join(" AND ");
  const sql = `SELECT task.seq AS seq, iif(running.task IS NULL, state, 3) AS state FROM ${tables}
    WHERE ${conditions} ORDER BY ${seq} LIMIT ?`;
  const rows = db.prepare(sql).all(cursor, ...values, ...scannedValues, limit) as { seq: number; state: number }[];
  return rows.map((row) => ({ task: row.seq, state: stateOfCode(row.state) }));
}

export function countTasks(db: DatabaseSync, filter: Filter, resolve: Resolve): number {
  const { tables, where, values, scanned, scannedValues } = selectTasks(db, filter, resolve);
  const conditions = ["true", ...where, ...scanned].join(" AND ");
  const sql = `SELECT count(*) AS count FROM ${tables} WHERE ${conditions}`;
  return (db.prepare(sql).get(...values, ...scannedValues) as { count: number }).count;
}
