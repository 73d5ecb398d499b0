/** Looks at a workflow file without keeping or running it. */
import { OctopusError } from "../base/errors.ts";
import type { WorkflowCheck, WorkflowSubmission } from "../protocol/workflow.ts";
import type { ServerOptions } from "./options.ts";

/** Everything that is wrong with the file, or its name and what is odd about it. */
export async function checkWorkflow(
  { compile }: Pick<ServerOptions, "compile">,
  { definition, ...how }: WorkflowSubmission,
): Promise<WorkflowCheck> {
  try {
    const { workflow, tasks, warnings = [] } = await compile(definition, { ...how, check: true });
    return { valid: true, name: workflow, tasks: tasks.length, problems: [], warnings };
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "invalid") throw error;
    const problems = error.issues.length > 0 ? error.issues : [{ path: "", message: error.message }];
    return { valid: false, problems: [...problems], warnings: [] };
  }
}
