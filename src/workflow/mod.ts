/** The door of the workflow layer: what the server, the command line and an embedding program may use of it. */
export { compileDocument, compileWorkflow } from "./compile.ts";
export { type CompileOptions } from "./compile-options.ts";
export { type Definition, type DefinitionChange, diffDefinitions } from "./diff.ts";
export { readYaml } from "./document.ts";
export { createEvaluator } from "./evaluator.ts";
export { drawAscii } from "./draw-ascii.ts";
export { drawDot, drawMermaid } from "./draw-text.ts";
export { planView } from "./plan-view.ts";
export { type PlannedTask, workflowPlan, type WorkflowPlan } from "./plan.ts";
export { workflowReference } from "./reference.ts";
export { explainKey, workflowSchema } from "./schema.ts";
export { workflowReferences } from "./sub-workflows.ts";
