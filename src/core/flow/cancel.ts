/** The end of a live task that somebody, or another decision, does not want any more. */
import { settle } from "../follow.ts";
import { stop } from "../graph/stop.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

/** Ends a task that waits at once, with what follows; asks the worker of one that runs to stop it. */
export function cancelLive(turn: Turn, task: Task, reason: string): void {
  const queue: Task[] = [];
  stop(turn, task, reason, queue);
  settle(turn, queue);
}
