/** A page of runs, newest first. */
import type { DatabaseSync } from "node:sqlite";
import type { RunFilter } from "../../engine/api.ts";
import { runStateCode } from "../codes.ts";
import type { RunRow } from "../views.ts";
import { PAGE_MAX } from "./list-tasks.ts";

export const RUN_COLUMNS =
  "seq, workflow, state, created_at, started_at, ended_at, params, counts, deadline_at, result, reason, origin";

export function listRuns(db: DatabaseSync, filter: RunFilter): { rows: RunRow[]; next: number | undefined } {
  const limit = Math.min(Math.max(filter.limit ?? 50, 1), PAGE_MAX);
  const where = ["seq < ?"];
  const values: (string | number)[] = [filter.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(filter.cursor)];
  if (filter.state !== undefined && filter.state.length > 0) {
    where.push(`state IN (${filter.state.map((state) => runStateCode[state]).join(", ")})`);
  }
  if (filter.workflow !== undefined) {
    where.push("workflow = ?");
    values.push(filter.workflow);
  }
  if (filter.schedule !== undefined) {
    where.push("schedule = ?");
    values.push(filter.schedule);
  }
  const sql = `SELECT ${RUN_COLUMNS} FROM run WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`;
  const rows = db.prepare(sql).all(...values, limit + 1) as unknown as RunRow[];
  const more = rows.length > limit;
  if (more) rows.pop();
  return { rows, next: more ? rows.at(-1)!.seq : undefined };
}
