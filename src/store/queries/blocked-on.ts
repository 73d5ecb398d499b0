/** Blocked tasks that need a task. Asked when a person retries one, so a look at every blocked task is good enough. */
import type { DatabaseSync } from "node:sqlite";
import { stateCode } from "../codes.ts";

export function blockedOn(db: DatabaseSync, task: number): number[] {
  const sql = `SELECT seq FROM task WHERE state = ${stateCode.blocked} AND state <> 4 AND seq > ?1
    AND seq NOT IN (SELECT task FROM running) AND EXISTS (SELECT 1 FROM json_each(needs) WHERE value = ?1) ORDER BY seq`;
  return (db.prepare(sql).all(task) as { seq: number }[]).map(({ seq }) => seq);
}

/** Blocked tasks of no run that need others, with these. */
export function blockedOutside(db: DatabaseSync): { task: number; needs: number[] }[] {
  const sql = `SELECT seq, needs FROM task WHERE state = ${stateCode.blocked} AND state <> 4 AND run IS NULL
    AND needs IS NOT NULL ORDER BY seq`;
  const rows = db.prepare(sql).all() as unknown as { seq: number; needs: string }[];
  return rows.map(({ seq, needs }) => ({ task: seq, needs: JSON.parse(needs) as number[] }));
}
