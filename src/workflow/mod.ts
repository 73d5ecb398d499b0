/** The door of the workflow layer: what the server, the command line and an embedding program may use of it. */
export { compileWorkflow } from "./compile.ts";
export { workflowPlan } from "./graph.ts";
