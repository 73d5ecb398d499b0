/**
 * Rows that go: those of tasks, of runs without tasks, and of definitions that nobody names any more.
 *
 * RM1  Nothing is left that speaks of a task which is no more.
 * RM2  A definition is there as long as a run or a registered workflow names it.
 */
import type { TasksDeleted } from "../core/task-events.ts";
import { forgetAsks } from "./project-asks.ts";
import { forgetNodes } from "./project-graph.ts";
import { json, type Statements, type Value } from "./statements.ts";

export function tasksDeleted(statements: Statements, { tasks, runs = [] }: TasksDeleted): void {
  deleteTasks(statements, JSON.stringify(tasks));
  for (const { run } of runs) deleteRuns(statements, "seq = ?", run);
}

/** `list`: JSON text of their numbers. */
export function deleteTasks(statements: Statements, list: string): void {
  statements.run("DELETE FROM attempt WHERE task IN (SELECT value FROM json_each(?))", list);
  statements.run("DELETE FROM task WHERE seq IN (SELECT value FROM json_each(?))", list);
  forgetAsks(statements, list);
  forgetNodes(statements, list);
}

/** Removes the runs that the condition names, and the definitions that were theirs alone. */
export function deleteRuns(statements: Statements, where: string, value: Value): void {
  const gone = statements.get(
    `SELECT json_group_array(definition_hash) AS list FROM (SELECT DISTINCT definition_hash FROM run
     WHERE definition_hash IS NOT NULL AND ${where})`,
    value,
  ) as { list: string };
  statements.run(`DELETE FROM run WHERE ${where}`, value);
  forgetDefinitions(statements, gone.list);
}

/** Removes those of these definitions that nobody names any more; `hashes` is a JSON list. */
export function forgetDefinitions(statements: Statements, hashes: string): void {
  if (hashes === "[]") return;
  statements.run(
    `DELETE FROM definition WHERE hash IN (SELECT value FROM json_each(?))
       AND NOT EXISTS (SELECT 1 FROM run WHERE definition_hash = definition.hash)
       AND NOT EXISTS (SELECT 1 FROM workflow WHERE workflow.hash = definition.hash)
       AND NOT EXISTS (SELECT 1 FROM workflow_version AS version WHERE version.hash = definition.hash)`,
    hashes,
  );
}

export function keepDefinition(
  statements: Statements,
  hash: string,
  text: string,
  files: Record<string, string> | undefined,
): void {
  const sql = "INSERT INTO definition (hash, text, files) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
  statements.run(sql, hash, text, json(files));
}
