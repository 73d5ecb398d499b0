/**
 * The tasks that ended because another one did, and may wait again when that one is retried: those whose every need has
 * succeeded or waits again itself.
 */
import type { DatabaseSync } from "node:sqlite";
import type { EndedTask } from "../../core/command.ts";
import { stateCode, stateOfCode } from "../codes.ts";
import { DEFINITION_COLUMNS, type DefinitionRow, definitionOf } from "../rows.ts";

/** Dependents of `root` and `others`, which live again too; by number, so that each comes after what it needs. */
export function dependentsOf(
  db: DatabaseSync,
  root: { task: number; run: number | undefined },
  others: readonly number[] = [],
): EndedTask[] {
  // Tasks of a run are needed in that run, and by tasks outside of all runs. The others may be of any.
  const where = `state IN (${stateCode.skipped}, ${stateCode.upstream_failed}) AND state <> 4 AND needs IS NOT NULL
    AND seq > ? ${others.length > 0 ? "" : "AND (run IS NULL OR run = ?)"}`;
  const values = others.length > 0 ? [Math.min(root.task, ...others)] : [root.task, root.run ?? null];
  const rows = db
    .prepare(`SELECT ${DEFINITION_COLUMNS} FROM task LEFT JOIN ask ON ask.task = task.seq WHERE ${where} ORDER BY seq`)
    .all(...values) as unknown as DefinitionRow[];
  const stateOf = db.prepare("SELECT state FROM task WHERE seq = ?");
  const again = new Set([root.task, ...others]);
  const dependents: EndedTask[] = [];
  for (const row of rows) {
    const definition = definitionOf(row);
    const needs = definition.needs!;
    if (!needs.some((need) => again.has(need))) continue;
    const open = needs.every((need) => {
      if (again.has(need)) return true;
      const found = stateOf.get(need) as { state: number } | undefined;
      return found === undefined || found.state <= stateCode.succeeded;
    });
    if (!open) continue;
    again.add(row.seq);
    dependents.push({ task: row.seq, definition, state: stateOfCode(row.state), attempt: row.attempt ?? 0 });
  }
  return dependents;
}
