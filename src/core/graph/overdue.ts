/** The time of a container is over: what it holds is cancelled, and it has failed. */
import { isEnded } from "../../base/words.ts";
import { settle } from "../follow.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { RAN_OUT } from "./box.ts";
import { stop } from "./stop.ts";

export function containerDue(turn: Turn, task: Task): void {
  const box = task.node!.box!;
  const { timeoutMs } = task.policy;
  if (isEnded(task.state) || box.cancel !== undefined || timeoutMs === 0) return;
  if (box.openedAt + timeoutMs > turn.now) return;
  const queue: Task[] = [];
  stop(turn, task, RAN_OUT, queue);
  settle(turn, queue);
}
