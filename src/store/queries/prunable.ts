/**
 * Ended tasks that retention lets go. Numbers grow with time, so the scan goes from the oldest task on and stops at the
 * first that is too young to be meant. The tasks of a run stay until it has ended: its outcome is made from them.
 */
import type { DatabaseSync } from "node:sqlite";
import type { TaskState } from "../../base/words.ts";
import { FIRST_END_CODE, stateOfCode } from "../codes.ts";

/** At most `limit` tasks: the oldest `excess` ended ones, and those that ended before `endedBefore`. */
export function prunable(
  db: DatabaseSync,
  excess: number,
  endedBefore: number,
  limit: number,
): { task: number; state: TaskState }[] {
  const open = new Set(
    (db.prepare("SELECT seq FROM run WHERE state < 2").all() as { seq: number }[]).map(({ seq }) => seq),
  );
  const found: { task: number; state: TaskState }[] = [];
  const rows = db.prepare("SELECT seq, state, created_at, ended_at, run FROM task ORDER BY seq").iterate();
  for (const each of rows as IterableIterator<unknown>) {
    const row = each as { seq: number; state: number; created_at: number; ended_at: number | null; run: number | null };
    const tooMany = found.length < excess;
    if (!tooMany && row.created_at >= endedBefore) break;
    if (row.state < FIRST_END_CODE || row.ended_at === null) continue;
    if (!tooMany && row.ended_at >= endedBefore) continue;
    if (row.run !== null && open.has(row.run)) continue;
    found.push({ task: row.seq, state: stateOfCode(row.state) });
    if (found.length >= limit) break;
  }
  return found;
}
