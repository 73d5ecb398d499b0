/**
 * The tasks that ended because another one did, and may wait again when that one is retried: those whose trigger allows it,
 * seen from the needs that do not wait again themselves.
 */
import type { DatabaseSync } from "node:sqlite";
import type { EndedTask } from "../../core/command.ts";
import { stateCode } from "../codes.ts";
import { BESIDE_TASK, DEFINITION_COLUMNS } from "../rows.ts";
import { type EndedRow, type Ends, mayWait } from "./ends.ts";

/** Dependents of `root` and `others`, which live again too; by number, so that each comes after what it needs. */
export function dependentsOf(
  db: DatabaseSync,
  ends: Ends,
  root: { task: number; run: number | undefined },
  others: readonly number[] = [],
): EndedTask[] {
  // Tasks of a run are needed in that run, and by tasks outside of all runs. The others may be of any.
  const where = `state IN (${stateCode.skipped}, ${stateCode.upstream_failed}) AND state <> 4 AND needs IS NOT NULL
    AND seq > ? ${others.length > 0 ? "" : "AND (run IS NULL OR run = ?)"}`;
  const values = others.length > 0 ? [Math.min(root.task, ...others)] : [root.task, root.run ?? null];
  const rows = db
    .prepare(`SELECT ${DEFINITION_COLUMNS}, total, made FROM task ${BESIDE_TASK} WHERE ${where} ORDER BY seq`)
    .all(...values) as unknown as EndedRow[];
  const again = new Set([root.task, ...others]);
  const dependents: EndedTask[] = [];
  for (const row of rows) {
    const needs = JSON.parse(row.needs!) as number[];
    if (!needs.some((need) => again.has(need))) continue;
    // Its tally is as it stands now: core takes back what it opens again.
    const task = ends.ended(row);
    const others = needs.flatMap((need) => (again.has(need) ? [] : (ends.endOf(need) ?? [])));
    if (!mayWait(task.definition.node, others)) continue;
    again.add(row.seq);
    dependents.push(task);
  }
  return dependents;
}
