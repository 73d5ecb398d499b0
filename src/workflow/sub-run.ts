/** The run that a task with `workflow` or `pipeline` holds, compiled when its turn has come. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { ScopeSource } from "../protocol/evaluator.ts";
import type { WorkflowWork } from "../protocol/node.ts";
import { parse } from "../protocol/parse.ts";
import { PipelineSubmission } from "../protocol/pipeline.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { compileDocument, compileWorkflow } from "./compile.ts";
import { evaluateAll, Fault } from "./evaluate-value.ts";
import { compilePipeline } from "./pipeline-compile.ts";
import type { RunView } from "./run-view.ts";

export function subRunOf(work: WorkflowWork, view: RunView, source: ScopeSource): RunSpec {
  if (work.pipeline !== undefined) return pipelineOf(evaluateAll(work.pipeline, view, "pipeline"), source);
  const params = evaluateAll(work.params ?? {}, view, "params");
  const { given } = source.run.scope;
  const options = { params, cwd: given?.cwd, arm: given?.arm, target: given?.target, files: source.run.files };
  if (work.definition !== undefined) {
    return told("workflow", () => compileDocument(work.definition!, { ...options, source: source.run.workflow }));
  }
  const use = work.use!;
  const own = source.run.files[use];
  if (own !== undefined) return told(use, () => compileWorkflow(own, { ...options, source: use, base: use }));
  const registered = source.workflow(use);
  if (registered === undefined) {
    throw new Fault(
      `workflow: there is no workflow ${JSON.stringify(use)}: register it with octopus apply, or send its file along`,
    );
  }
  const { definition, files } = registered;
  return told(use, () => compileWorkflow(definition, { ...options, source: use, files }));
}

/** What is wrong with a workflow is told with its name. */
function told(use: string, compile: () => RunSpec): RunSpec {
  try {
    return compile();
  } catch (error) {
    if (error instanceof OctopusError && error.code === "invalid") throw new Fault(`workflow ${use}: ${error.message}`);
    throw error;
  }
}

/** Arms are looked at where tasks are made; the first plan depends on nothing else that could be asked here. */
function pipelineOf(value: Json, source: ScopeSource): RunSpec {
  const pipeline = parse(PipelineSubmission, value, "pipeline");
  const arms = [pipeline.arm, ...Object.values(pipeline.models).map(({ arm }) => arm)];
  return compilePipeline(pipeline, { now: source.run.createdAt, arms: arms.filter((arm) => arm !== undefined) });
}
