/**
 * Whether a word about an attempt can be true. A word that comes late is no lie: its attempt was this worker's, and was
 * given up. What no honest worker says is told of, and changes nothing.
 */
import type { State } from "../../core/state.ts";
import { type Task, taskId } from "../../core/task.ts";
import type { AttemptRef } from "../../protocol/link.ts";

/** True while the attempt runs on this worker. */
export function isOn(task: Task | undefined, attempt: number, worker: string | undefined): boolean {
  return task?.live !== undefined && task.attempt === attempt && task.live.worker.name === worker;
}

/** Why this worker cannot have the attempt, nor ever have had it; undefined when it may have. */
export function lieAbout(state: State, { task: seq, attempt }: AttemptRef, worker: string): string | undefined {
  if (seq > state.lastTask) return `there is no task t${seq}`;
  const task = state.tasks.get(seq);
  if (task === undefined || attempt < task.attempt) return undefined;
  const id = taskId(task);
  if (attempt > task.attempt) return `attempt ${attempt} of task ${id} was never handed out`;
  if (task.live === undefined || task.live.worker.name === worker) return undefined;
  return `attempt ${attempt} of task ${id} runs on worker ${task.live.worker.name}`;
}
