/** Rows of registered workflows. */
import type { WorkflowSet } from "../core/graph/events.ts";
import { forgetDefinitions, keepDefinition } from "./project-removals.ts";
import type { Statements } from "./statements.ts";

export function workflowSet(statements: Statements, event: WorkflowSet, at: number): void {
  const { workflow, description, hash, definition, files } = event;
  const before = hashOf(statements, workflow);
  keepDefinition(statements, hash, definition, files);
  statements.run(
    `INSERT INTO workflow (name, description, hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
     ON CONFLICT DO UPDATE SET description = excluded.description, hash = excluded.hash, updated_at = excluded.updated_at`,
    workflow,
    description ?? null,
    hash,
    at,
  );
  if (before !== undefined) forgetDefinitions(statements, JSON.stringify([before]));
  statements.audit(at, "set workflow", workflow, hash);
}

export function workflowRemoved(statements: Statements, workflow: string, at: number): void {
  const before = hashOf(statements, workflow);
  statements.run("DELETE FROM workflow WHERE name = ?", workflow);
  if (before !== undefined) forgetDefinitions(statements, JSON.stringify([before]));
  statements.audit(at, "remove workflow", workflow);
}

function hashOf(statements: Statements, workflow: string): string | undefined {
  const row = statements.get("SELECT hash FROM workflow WHERE name = ?", workflow) as { hash: string } | undefined;
  return row?.hash;
}
