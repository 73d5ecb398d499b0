/** The end of a live task that somebody, or another decision, does not want any more. */
import { cancelOn } from "../decide-worker.ts";
import { ended } from "../follow.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

/** Ends a task that waits at once; asks the worker of one that runs to stop it. */
export function cancelLive(turn: Turn, task: Task, reason: string): void {
  const { live } = task;
  if (live === undefined) {
    turn.emit({ type: "TaskEnded", task: task.seq, state: "cancelled", reason });
    ended(turn, task);
  } else if (live.cancel === undefined) {
    turn.emit({ type: "CancelRequested", task: task.seq, reason });
    cancelOn(turn, live.worker, task);
  }
}
