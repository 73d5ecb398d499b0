/**
 * Rows of registered workflows and of the versions that they have had.
 *
 * V1  What a workflow is now is among its versions; of the others the newest `VERSIONS_MAX` are kept, and no more than
 *     `VERSIONS_CHARS_MAX` of text: a program may register another megabyte every minute.
 */
import type { WorkflowSet } from "../core/graph/events.ts";
import { forgetDefinitions, keepDefinition } from "./project-removals.ts";
import type { Statements } from "./statements.ts";

const VERSIONS_MAX = 50;
const VERSIONS_CHARS_MAX = 16_000_000;

export function workflowSet(statements: Statements, event: WorkflowSet, at: number): void {
  const { workflow, description, hash, definition, files } = event;
  keepDefinition(statements, hash, definition, files);
  statements.run(
    `INSERT INTO workflow (name, description, hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
     ON CONFLICT DO UPDATE SET description = excluded.description, hash = excluded.hash, updated_at = excluded.updated_at`,
    workflow,
    description ?? null,
    hash,
    at,
  );
  statements.run(
    "INSERT INTO workflow_version (workflow, hash, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
    workflow,
    hash,
    at,
  );
  dropVersions(statements, workflow, TOO_OLD, hash);
  statements.audit(at, "set workflow", workflow, hash);
}

export function workflowRemoved(statements: Statements, workflow: string, at: number): void {
  statements.run("DELETE FROM workflow WHERE name = ?", workflow);
  dropVersions(statements, workflow, "SELECT hash FROM workflow_version WHERE workflow = ?1 AND ?2 = ''", "");
  statements.audit(at, "remove workflow", workflow);
}

/** Those beyond the bounds, newest first; ?2 is what the workflow is now. */
const TOO_OLD = `SELECT hash FROM (
    SELECT hash, row_number() OVER newest AS place, sum(length(text) + coalesce(length(files), 0)) OVER newest AS chars
    FROM workflow_version AS version JOIN definition USING (hash) WHERE workflow = ?1
    WINDOW newest AS (ORDER BY version.hash <> ?2, version.at DESC, hash)
  ) WHERE hash <> ?2 AND (place > ${VERSIONS_MAX} OR chars > ${VERSIONS_CHARS_MAX})`;

function dropVersions(statements: Statements, workflow: string, select: string, current: string): void {
  const { hashes } = statements.get(`SELECT json_group_array(hash) AS hashes FROM (${select})`, workflow, current) as {
    hashes: string;
  };
  if (hashes === "[]") return;
  statements.run(
    "DELETE FROM workflow_version WHERE workflow = ? AND hash IN (SELECT value FROM json_each(?))",
    workflow,
    hashes,
  );
  forgetDefinitions(statements, hashes);
}
