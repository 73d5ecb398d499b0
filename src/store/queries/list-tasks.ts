/** A page of tasks, newest first, by filter. Keyset paging: the cursor is the number of the last task shown. */
import type { DatabaseSync } from "node:sqlite";
import type { TaskFilter } from "../../engine/api.ts";
import { TASK_COLUMNS, type TaskRow } from "../rows.ts";
import { selectTasks } from "./task-filter.ts";

/** Rows that one page may look at when no index fits the filter; the page ends early with a cursor to go on from. */
const SCAN_MAX = 200_000;
export const PAGE_MAX = 1000;

export interface TaskPage {
  rows: TaskRow[];
  next: number | undefined;
}

export function listTasks(
  db: DatabaseSync,
  filter: TaskFilter & { runSeq?: number | undefined },
  resolve: (id: string) => number | undefined,
): TaskPage {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), PAGE_MAX);
  const before = filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(filter.cursor);
  const { tables, seq, where, values, scanned, scannedValues } = selectTasks(db, filter, resolve);
  const conditions = [`${seq} < ?`, ...where].join(" AND ");
  const inner = `SELECT ${TASK_COLUMNS} FROM ${tables} WHERE ${conditions} ORDER BY ${seq} DESC LIMIT ?`;
  const bound = [before, ...values];
  if (scanned.length === 0) {
    const rows = db.prepare(inner).all(...bound, limit + 1) as unknown as TaskRow[];
    const more = rows.length > limit;
    if (more) rows.pop();
    return { rows, next: more ? rows.at(-1)!.seq : undefined };
  }
  const sql = `SELECT * FROM (${inner}) WHERE ${scanned.join(" AND ")} LIMIT ?`;
  const rows = db.prepare(sql).all(...bound, SCAN_MAX, ...scannedValues, limit + 1) as unknown as TaskRow[];
  if (rows.length > limit) {
    rows.pop();
    return { rows, next: rows.at(-1)!.seq };
  }
  return { rows, next: scanEnd(db, inner, bound) };
}

/** Where the scan stopped, when there was more to look at than one page may. */
function scanEnd(db: DatabaseSync, inner: string, values: (string | number)[]): number | undefined {
  const sql = `SELECT min(seq) AS seq, count(*) AS count FROM (${inner})`;
  const { seq, count } = db.prepare(sql).get(...values, SCAN_MAX) as { seq: number | null; count: number };
  return count < SCAN_MAX || seq === null ? undefined : seq;
}
