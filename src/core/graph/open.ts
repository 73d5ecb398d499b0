/** A container begins, and with it perhaps its run. */
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";

export function openContainer(turn: Turn, task: Task, total: number): void {
  turn.emit({ type: "TaskOpened", task: task.seq, total });
  if (task.run?.started === false) turn.emit({ type: "RunStarted", run: task.run.seq });
}
