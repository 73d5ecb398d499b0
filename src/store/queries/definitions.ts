/** Texts of workflows: those that runs began with, and those that are registered. */
import type { DatabaseSync } from "node:sqlite";
import type { Json } from "../../base/words.ts";
import type { Origin } from "../../core/asks.ts";
import type { Library } from "../../engine/ports.ts";
import type { StoredRunScope, StoredWorkflow } from "../../engine/stored.ts";
import type { RunScope } from "../../protocol/workflow.ts";
import { runStateOfCode } from "../codes.ts";
import { compact } from "../views.ts";

/** The text of a run, and its files; runs of format 2 have it in their own row. */
export const DEFINITION_OF_RUN =
  "coalesce(definition.text, run.definition) AS text, files FROM run LEFT JOIN definition ON hash = definition_hash";

export function filesOfText(files: string | null): Record<string, string> | undefined {
  return files === null ? undefined : (JSON.parse(files) as Record<string, string>);
}

interface ScopeRow {
  workflow: string;
  created_at: number;
  params: string | null;
  scope: string | null;
  state: number;
  outcome: number | null;
  origin: string | null;
  depth: number | null;
  definition_hash: string | null;
  text: string | null;
  files: string | null;
}

interface WorkflowRow {
  name: string;
  description: string | null;
  hash: string;
  created_at: number;
  updated_at: number;
  text: string;
  files: string | null;
}

type Definitions = Pick<Library, "runScope" | "workflow" | "workflows">;

export function definitionQueries(db: DatabaseSync): Definitions {
  const scope = db.prepare(
    `SELECT workflow, created_at, params, scope, state, outcome, origin, depth, definition_hash, ${DEFINITION_OF_RUN}
     WHERE seq = ?`,
  );
  const registered = `SELECT name, description, workflow.hash, created_at, updated_at, text, files
    FROM workflow JOIN definition ON definition.hash = workflow.hash`;
  const one = db.prepare(`${registered} WHERE name = ?`);
  const every = db.prepare(`${registered} ORDER BY name`);
  const lastRun = db.prepare("SELECT seq, state FROM run WHERE workflow = ? ORDER BY seq DESC LIMIT 1");

  function toWorkflow(row: WorkflowRow): StoredWorkflow {
    const last = lastRun.get(row.name) as { seq: number; state: number } | undefined;
    return compact<StoredWorkflow>({
      name: row.name,
      description: row.description ?? undefined,
      hash: row.hash,
      definition: row.text,
      files: filesOfText(row.files) ?? {},
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      lastRun: last && { id: `r${last.seq}`, state: runStateOfCode(last.state) },
    });
  }

  return {
    runScope(run) {
      const row = scope.get(run) as unknown as ScopeRow | undefined;
      return row && scopeOf(run, row);
    },
    workflow(name) {
      const row = one.get(name) as unknown as WorkflowRow | undefined;
      return row && toWorkflow(row);
    },
    workflows: () => (every.all() as unknown as WorkflowRow[]).map(toWorkflow),
  };
}

function scopeOf(run: number, row: ScopeRow): StoredRunScope {
  return compact<StoredRunScope>({
    run,
    workflow: row.workflow,
    createdAt: row.created_at,
    params: row.params === null ? {} : (JSON.parse(row.params) as Record<string, Json>),
    scope: row.scope === null ? {} : (JSON.parse(row.scope) as RunScope),
    state: runStateOfCode(row.state),
    outcome: row.outcome === null ? undefined : runStateOfCode(row.outcome),
    origin: row.origin === null ? undefined : (JSON.parse(row.origin) as Origin),
    depth: row.depth ?? 0,
    definition: row.text ?? undefined,
    definitionHash: row.definition_hash ?? undefined,
    files: filesOfText(row.files) ?? {},
  });
}
