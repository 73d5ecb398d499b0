/** What core is told of a run beside its tasks. Runs come from people, schedules and tasks that hold one; all come by here. */
import { canonicalJson } from "../base/json.ts";
import type { NewRun } from "../core/command.ts";
import type { RunSpec } from "../protocol/workflow.ts";

/** `digest`: SHA-256 in hex. */
export function runFields(run: RunSpec, digest: (text: string) => string): Omit<NewRun, "tasks"> {
  const { workflow, params, definition, timeoutMs, planner, files, group, maxParallel, scope, retryOf } = run;
  const fields: Omit<NewRun, "tasks"> = { workflow, params, definition, timeoutMs, planner, group, maxParallel };
  if (definition !== undefined) fields.definitionHash = definitionHash(definition, files, digest);
  if (files !== undefined && Object.keys(files).length > 0) fields.files = files;
  if (scope !== undefined) fields.scope = JSON.stringify(scope);
  if (scope?.outputs !== undefined && Object.keys(scope.outputs).length > 0) fields.outputs = true;
  if (retryOf !== undefined) fields.retryOf = Number(retryOf.slice(1));
  return fields;
}

/** Names a definition, with the files that it runs, by its content. */
export function definitionHash(
  definition: string,
  files: Record<string, string> | undefined,
  digest: (text: string) => string,
): string {
  const used = files !== undefined && Object.keys(files).length > 0 ? files : undefined;
  return digest(canonicalJson({ definition, files: used }));
}
