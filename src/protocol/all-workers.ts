/**
 * A task for all workers: a container with a member for each worker that is online and fits when its turn comes, bound to
 * it. What people ask of the task (its id, who is told, for what it waits) is said of the whole; what it does, and within
 * which limits, of each member.
 */
import type { TaskSpec } from "./task.ts";

/** The container of a task of no run. */
export function onAllWorkers(task: TaskSpec): TaskSpec {
  const { id, needs, delay, runAt, uniqueKey, on, worker: _all, ...member } = task;
  const { name, type, arm, priority, tags, owner } = member;
  const whole = { id, name, arm, priority, tags, owner, needs, delay, runAt, uniqueKey, on };
  const said = Object.entries(whole).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(said) as Partial<TaskSpec>),
    type,
    kind: "each",
    work: { kind: "each", each: { workers: true, task: member } },
  };
}
