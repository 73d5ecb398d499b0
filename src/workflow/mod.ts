/** The door of the workflow layer: what the server, the command line and an embedding program may use of it. */
export { compileDocument, type CompileOptions, compileWorkflow } from "./compile.ts";
export { readYaml } from "./document.ts";
export { createEvaluator } from "./evaluator.ts";
export { workflowPlan } from "./graph.ts";
export { workflowReferences } from "./sub-workflows.ts";
