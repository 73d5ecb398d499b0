/** A plan as screens draw it: without what stands inside of tasks, and not more than can be drawn. */
import type { WorkflowPlanView } from "../protocol/workflow-views.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { workflowPlan } from "./plan.ts";

/** More tasks are counted, not told. */
const TASKS_MAX = 2000;

export function planView(run: RunSpec): WorkflowPlanView {
  // What lies deeper is not shown, and costs nothing then.
  const { tasks, widest } = workflowPlan(run, Infinity);
  const told = tasks.slice(0, TASKS_MAX).map(({ inner: _inner, ...task }) => task);
  return { tasks: told, total: tasks.length, widest };
}
