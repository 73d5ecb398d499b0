/** Looks at a workflow file without keeping or running it. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { WorkflowDetail } from "../protocol/run-views.ts";
import type { WorkflowCheck, WorkflowSubmission } from "../protocol/workflow.ts";
import type { ServerOptions } from "./options.ts";

type Compiler = Pick<ServerOptions, "compile" | "plan">;

/** Everything that is wrong with the file, or its name and what is odd about it; with `plan`, what a run would do. */
export async function checkWorkflow(
  { compile, plan }: Compiler,
  { definition, ...how }: WorkflowSubmission,
  { withPlan = false }: { withPlan?: boolean } = {},
): Promise<WorkflowCheck> {
  try {
    const run = await compile(definition, { ...how, check: true });
    const { workflow, tasks, warnings = [], paramsSchema } = run;
    const found: WorkflowCheck = { valid: true, name: workflow, tasks: tasks.length, problems: [], warnings };
    if (!withPlan) return found;
    if (plan !== undefined) found.plan = await plan(run);
    if (paramsSchema !== undefined) found.params = paramsSchema;
    return found;
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "invalid") throw error;
    const problems = error.issues.length > 0 ? error.issues : [{ path: "", message: error.message }];
    return { valid: false, problems: [...problems], warnings: [] };
  }
}

/** Definitions whose params are kept: a screen asks for those of one workflow again and again. */
const KEPT_MAX = 100;

/** Adds to a registered workflow what compiling it tells: the form of its params, and what is odd about it. */
export function describeWorkflows({ compile }: Compiler): (workflow: WorkflowDetail) => Promise<WorkflowDetail> {
  const kept = new Map<string, { params?: Record<string, Json>; warnings: WorkflowCheck["warnings"] }>();
  return async (workflow) => {
    const { definition, definitionHash, files, name } = workflow;
    let found = kept.get(definitionHash);
    if (found === undefined) {
      found = { warnings: [] };
      try {
        const how = { source: `${name}.yaml`, check: true as const, ...(files !== undefined && { files }) };
        const { paramsSchema, warnings = [] } = await compile(definition, how);
        found = { warnings, ...(paramsSchema !== undefined && { params: paramsSchema }) };
      } catch (error) {
        // It was right when it was registered; a later version of the program may be stricter.
        if (!(error instanceof OctopusError)) throw error;
        found.warnings = [...error.issues];
      }
      if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
      kept.set(definitionHash, found);
    }
    const { params, warnings } = found;
    return {
      ...workflow,
      warnings: workflow.warnings.length > 0 ? workflow.warnings : warnings,
      ...(params !== undefined && { params }),
    };
  };
}
