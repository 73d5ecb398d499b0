/** The plan of a definition as parts of a picture: what a run of it would look like before anything has run. */
import type { TaskView } from "../protocol/views.ts";
import type { PlanTask, WorkflowPlanView } from "../protocol/workflow-views.ts";

const NEVER = new Date(0).toISOString();

export function planParts({ tasks }: Pick<WorkflowPlanView, "tasks">): { tasks: TaskView[] } {
  return { tasks: tasks.map(taskOf) };
}

function taskOf({ name, kind, needs, role, of, does, arm = "default", members, trigger }: PlanTask): TaskView {
  return {
    ...{ id: name, name, kind, needs, arm, type: kind, priority: 5, state: "blocked", attempt: 0 },
    ...{ tags: [], createdAt: NEVER, work: does },
    ...(role !== undefined && { role }),
    ...(of !== undefined && { compensates: of }),
    ...(trigger !== undefined && { trigger }),
    ...(members !== undefined && { members: { total: members, counts: {} } }),
  };
}

/** What a planned task is in a small line: what it does, and what of it is known only later. */
export function planLine({ does, when, approval, retries = 0 }: PlanTask): string {
  const more = [
    when === undefined ? "" : `when ${when}`,
    approval === undefined ? "" : "asks a person",
    retries === 0 ? "" : `${retries} ${retries === 1 ? "retry" : "retries"}`,
  ];
  return [does, ...more.filter(Boolean)].join(" · ");
}
