/** A blocked task whose needs are met goes on: to the queue, or to wait for its time. */
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

export function release(turn: Turn, task: Task): void {
  const dueAt = Math.max(task.dueAt, task.policy.startDelayMs > 0 ? turn.now + task.policy.startDelayMs : 0);
  if (dueAt > turn.now) turn.emit({ type: "TaskScheduled", task: task.seq, dueAt });
  else turn.emit({ type: "TaskReady", task: task.seq });
}
