/**
 * Evaluates what the tasks of a run say when their turn has come. Pure: it asks its source, and answers.
 *
 * V1  `prepare` and `ended` never throw for what a file says: that is a failure of the task, in words that name the key.
 */
import type { Json } from "../base/words.ts";
import { OctopusError } from "../base/errors.ts";
import type { Evaluator, Prepared, ScopeSource } from "../protocol/evaluator.ts";
import type { NodeSpec } from "../protocol/node.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { RunScope } from "../protocol/workflow.ts";
import { ExpressionError } from "./cel/cel.ts";
import { evaluateAll, evaluateAt, Fault } from "./evaluate-value.ts";
import { checkValues } from "./evaluated-work.ts";
import { membersOf } from "./members.ts";
import { computedOutputs, judgeRepeat, outputsOf } from "./outputs.ts";
import { RunView } from "./run-view.ts";
import { subRunOf } from "./sub-run.ts";

export function createEvaluator(): Evaluator {
  return {
    prepare: (spec, source) => guarded(() => prepare(spec, source)),
    ended: (spec, end) => guarded(() => ended(spec, end)),
    outputs: (task) => outputsOf(task) as Record<string, Json>,
    runOutputs,
  };
}

/** What a file says wrong is a failure of its task, and nothing else. */
function guarded<T>(evaluate: () => T): T | { type: "fail"; reason: string } {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof Fault || error instanceof OctopusError) return { type: "fail", reason: error.message };
    if (error instanceof ExpressionError) return { type: "fail", reason: `an expression ${error.message}` };
    throw error;
  }
}

function prepare(spec: TaskSpec, source: ScopeSource): Prepared {
  const { node, work } = spec;
  const view = new RunView(source);
  if (node?.when !== undefined) {
    const holds = evaluateAt("when", node.when, (text) => view.evaluate(text));
    if (holds === false) return { type: "skip", reason: `when is false: ${whenText(node.when)}` };
    if (holds !== true) throw new Fault(`when is ${JSON.stringify(holds)}, and not true or false: ${node.when}`);
  }
  switch (work.kind) {
    case "each":
      return { ...membersOf(spec, work.each, view), ...questionOf(spec, view) };
    case "workflow":
      return { type: "workflow", run: subRunOf(work.workflow, view, source), ...questionOf(spec, view) };
    default:
      return prepareWork(spec, work, view);
  }
}

/** What is asked of the person who has to agree before it starts. */
function questionOf({ node }: TaskSpec, view: RunView): { message?: string } {
  const message = node?.approval?.message;
  if (message === undefined) return {};
  const asked = evaluateAt("approval", message, (text) => view.evaluateText(text));
  return { message: typeof asked === "string" ? asked : JSON.stringify(asked) };
}

/** Conditions of members come with their own text. */
function whenText(when: string): string {
  return when.startsWith("false //") ? when.slice("false //".length).trim() : when;
}

function prepareWork(spec: TaskSpec, work: Work, view: RunView): Prepared {
  if (spec.node?.dynamic !== true) return { type: "run", work };
  const evaluated = evaluateAll(work, view, work.kind);
  checkValues(evaluated);
  const cache =
    spec.cache === undefined ? undefined : { ...spec, work: evaluated, cache: evaluateAll(spec.cache, view, "cache") };
  return {
    type: "run",
    work: evaluated,
    ...(cache !== undefined && { cache }),
    ...questionOf(spec, view),
  };
}

function ended(
  spec: NodeSpec,
  end: { result?: Json | undefined; exitCode?: number | undefined; attempt: number },
): ReturnType<Evaluator["ended"]> {
  const outputs = computedOutputs(spec, end);
  return spec.repeat === undefined ? { type: "done" } : judgeRepeat(spec.repeat, { ...end, outputs });
}

function runOutputs(scope: RunScope, source: ScopeSource): Record<string, Json> {
  const view = new RunView(source);
  const outputs: Record<string, Json> = {};
  for (const [name, value] of Object.entries(scope.outputs ?? {})) {
    try {
      outputs[name] = evaluateAll(value, view, `outputs.${name}`);
    } catch (error) {
      if (error instanceof Fault) throw new OctopusError("invalid", error.message);
      throw error;
    }
  }
  return outputs;
}
