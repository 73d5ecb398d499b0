/** A page of runs, newest first. */
import type { DatabaseSync } from "node:sqlite";
import type { RunFilter } from "../../engine/filters.ts";
import { runStateCode } from "../codes.ts";
import type { RunRow } from "../views.ts";
import { PAGE_MAX } from "./task-scan.ts";

export const RUN_COLUMNS =
  "seq, workflow, state, created_at, started_at, ended_at, params, counts, deadline_at, result, reason, origin, paused, " +
  "pause_reason, waiting, run_group, parent, depth, max_parallel, outputs, phase, outcome, retry_of, definition_hash";

/** `resolve` gives the number of the task with an id that people see. */
export function listRuns(
  db: DatabaseSync,
  filter: RunFilter,
  resolve: (id: string) => number | undefined,
): { rows: RunRow[]; next: number | undefined } {
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
  if (filter.top === true) where.push("parent IS NULL");
  if (filter.parent !== undefined) {
    where.push(insideOf(filter.parent));
    const run = /^r(\d+)$/.exec(filter.parent);
    values.push(run === null ? (resolve(filter.parent) ?? -1) : Number(run[1]));
  }
  const sql = `SELECT ${RUN_COLUMNS} FROM run WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`;
  const rows = db.prepare(sql).all(...values, limit + 1) as unknown as RunRow[];
  const more = rows.length > limit;
  if (more) rows.pop();
  return { rows, next: more ? rows.at(-1)!.seq : undefined };
}

/** Runs inside a run, or inside one task of it. */
function insideOf(parent: string): string {
  if (!/^r\d+$/.test(parent)) return "parent = ?";
  return "parent IN (SELECT task.seq FROM task WHERE task.run = ?)";
}
