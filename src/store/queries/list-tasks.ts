/** A page of tasks, newest first, by filter. Keyset paging: the cursor is the number of the last task shown. */
import type { DatabaseSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import type { TaskFilter } from "../../engine/api.ts";
import { stateCode } from "../codes.ts";
import { TASK_COLUMNS, TASK_TABLES, type TaskRow } from "../rows.ts";

/** Rows that one page may look at when no index fits the filter; the page ends early with a cursor to go on from. */
const SCAN_MAX = 200_000;
export const PAGE_MAX = 1000;

export interface TaskPage {
  rows: TaskRow[];
  next: number | undefined;
}

export function listTasks(db: DatabaseSync, filter: TaskFilter & { runSeq?: number | undefined }): TaskPage {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), PAGE_MAX);
  const before = filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(filter.cursor);
  const indexed: string[] = ["seq < ?"];
  const indexedValues: (string | number)[] = [before];
  if (filter.runSeq !== undefined) {
    indexed.push("run = ?");
    indexedValues.push(filter.runSeq);
  }
  if (filter.state !== undefined && filter.state.length > 0) indexed.push(inStates(filter.state));
  const scanned: string[] = [];
  const values: (string | number)[] = [];
  const also = (sql: string, ...bound: (string | number)[]): void => {
    scanned.push(sql);
    values.push(...bound);
  };
  if (filter.type !== undefined) also("type = ?", filter.type);
  if (filter.arm !== undefined) also("coalesce(arm, 'default') = ?", filter.arm);
  if (filter.tag !== undefined) also("instr(tags, ?) > 0", JSON.stringify(filter.tag));
  if (filter.q !== undefined) {
    const q = filter.q.toLowerCase();
    also("instr(lower(coalesce(key, 't' || seq) || ' ' || coalesce(name, '') || ' ' || type), ?) > 0", q);
  }
  const inner = `SELECT ${TASK_COLUMNS} FROM ${TASK_TABLES} WHERE ${indexed.join(" AND ")} ORDER BY seq DESC LIMIT ?`;
  if (scanned.length === 0) {
    const rows = db.prepare(inner).all(...indexedValues, limit + 1) as unknown as TaskRow[];
    const more = rows.length > limit;
    if (more) rows.pop();
    return { rows, next: more ? rows.at(-1)!.seq : undefined };
  }
  const sql = `SELECT * FROM (${inner}) WHERE ${scanned.join(" AND ")} LIMIT ?`;
  const rows = db.prepare(sql).all(...indexedValues, SCAN_MAX, ...values, limit + 1) as unknown as TaskRow[];
  if (rows.length > limit) {
    rows.pop();
    return { rows, next: rows.at(-1)!.seq };
  }
  return { rows, next: scanEnd(db, inner, indexedValues) };
}

/** A running task keeps the state that it had in its row; `running` says that it runs. */
function inStates(states: readonly TaskState[]): string {
  const codes = states.filter((state) => state !== "running").map((state) => stateCode[state]);
  const open = states.includes("succeeded") ? "" : " AND state <> 4";
  const waiting = `(state IN (${codes.join(", ")})${open} AND running.task IS NULL)`;
  if (!states.includes("running")) return waiting;
  const running = "seq IN (SELECT task FROM running)";
  return codes.length === 0 ? running : `(${running} OR ${waiting})`;
}

/** Where the scan stopped, when there was more to look at than one page may. */
function scanEnd(db: DatabaseSync, inner: string, values: (string | number)[]): number | undefined {
  const sql = `SELECT min(seq) AS seq, count(*) AS count FROM (${inner})`;
  const { seq, count } = db.prepare(sql).get(...values, SCAN_MAX) as { seq: number | null; count: number };
  return count < SCAN_MAX || seq === null ? undefined : seq;
}
