/** How a program starts a run: the text of a workflow file or a workflow built here, and what it may say of the run. */
import type { RunSubmission } from "../protocol/workflow.ts";
import type { BuiltWorkflow } from "./workflow-builder.ts";
import type { None } from "./workflow-refs.ts";
import type { ParamsOf } from "./workflow-types.ts";

/** What may be said of a run beside its workflow. */
export type RunOptions = Omit<RunSubmission, "definition" | "workflow">;

type FlowOptions<P> = Omit<RunOptions, "params"> &
  (None extends ParamsOf<P> ? { params?: ParamsOf<P> } : { params: ParamsOf<P> });

/** Params without a default make the argument required. */
export type FlowArguments<P> = None extends ParamsOf<P> ? [options?: FlowOptions<P>] : [options: FlowOptions<P>];

/** The submission, whatever the workflow was written in. */
export function runSubmission(
  what: string | BuiltWorkflow,
  options: RunOptions | object = {},
): RunSubmission & { definition: string } {
  if (typeof what === "string") return { ...options, definition: what };
  return { source: `${what.name}.json`, ...options, definition: what.toText() };
}
