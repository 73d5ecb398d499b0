/** The tasks of the tab Logs, and the one whose output the screen shows. */
import type { TaskView } from "../protocol/views.ts";
import { titleOf } from "../view/tasks.ts";
import { pageOf, type State } from "./state.ts";
import { tasksIn } from "./wants.ts";

/** Those that run first, then those that ended last. */
export function talkers(state: State): TaskView[] {
  const seen = new Set<string>();
  const words = state.filters.logs.toLowerCase().split(/\s+/).filter(Boolean);
  const ended = tasksIn(state, "recent").filter(({ attempt }) => attempt > 0);
  return [...tasksIn(state, "talking"), ...ended].filter((task) => {
    if (seen.has(task.id)) return false;
    seen.add(task.id);
    const { id, arm, type, worker = "", run = "" } = task;
    const text = [id, titleOf(task), arm, type, worker, run, task.state].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The task whose output is wanted. */
export function logWantOf(state: State): string | undefined {
  const page = pageOf(state);
  if (page !== undefined) return page.kind === "log" ? page.id : undefined;
  return state.tab === "logs" ? state.cursors.logs.id : undefined;
}
