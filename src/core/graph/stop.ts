/**
 * Ends what nobody wants any more. Everything that is to be stopped is stopped before anything follows from it, from the
 * leaves up: so nothing is called upstream_failed that was cancelled, and what stops is told apart from what failed.
 * What has ended here stands in `queue`; its consequences are `settle`'s (`follow.ts`).
 */
import { isEnded } from "../../base/words.ts";
import type { Run } from "../run.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { type Inside, insideTask } from "./below.ts";
import { settleBox } from "./box.ts";
import { roleOf } from "./node.ts";

/** Asks the worker of a running task to stop it. */
export function askToStop(turn: Turn, task: Task, reason: "cancelled" | "lost"): void {
  const { live, seq, attempt } = task;
  turn.effect({ type: "CancelAttempt", worker: live!.worker.name, task: seq, attempt, reason });
}

/** Ends a task that waits; one that runs is asked to stop, and so is everything in a container. */
export function stop(turn: Turn, task: Task, reason: string, queue: Task[]): void {
  if (task.node?.box === undefined) return stopOne(turn, task, reason, queue);
  const inside = { ...insideTask(turn.state, task), container: task };
  stopInside(turn, inside, reason, queue, (run) => run === task.run);
}

function stopOne(turn: Turn, task: Task, reason: string, queue: Task[]): void {
  const { live } = task;
  if (live === undefined) {
    turn.emit({ type: "TaskEnded", task: task.seq, state: "cancelled", reason });
    queue.push(task);
  } else if (live.cancel === undefined) {
    turn.emit({ type: "CancelRequested", task: task.seq, reason });
    askToStop(turn, task, "cancelled");
  }
}

/**
 * Stops what is inside of something, and the container itself if it is one. The runs in it are cancelled, and what they
 * have for that case still runs, but of those that are `whole`: that is stopped, too.
 */
export function stopInside(
  turn: Turn,
  { runs, tasks, container }: Inside & { container?: Task },
  reason: string,
  queue: Task[],
  whole: (run: Run) => boolean = () => false,
): void {
  for (const run of runs) if (!run.cancelled && !run.timedOut) turn.emit({ type: "RunCancelRequested", run: run.seq });
  const opened = tasks.filter(({ node }) => node?.box !== undefined);
  if (container !== undefined) opened.unshift(container);
  for (const { seq, node } of opened) {
    if (node!.box!.cancel === undefined) turn.emit({ type: "CancelRequested", task: seq, reason });
  }
  for (const task of tasks.toReversed()) {
    if (isEnded(task.state) || task.node?.box !== undefined) continue;
    if (roleOf(task) !== undefined && !whole(task.run!)) continue;
    stopOne(turn, task, reason, queue);
  }
  for (const task of opened.toReversed()) settleBox(turn, task, queue);
}

/** Ends at once all that is inside of something whose end somebody has said; runs in it get no more tasks. Answers the tasks. */
export function giveUpInside(turn: Turn, { runs, tasks }: Inside, reason: string): Task[] {
  for (const run of runs) if (!run.cancelled && !run.timedOut) turn.emit({ type: "RunCancelRequested", run: run.seq });
  for (const task of tasks.toReversed()) giveUp(turn, task, reason);
  return tasks;
}

/** Ends a live task at once, whatever it does; the attempt that it may have is given up. */
function giveUp(turn: Turn, task: Task, reason: string): void {
  if (task.live === undefined) turn.emit({ type: "TaskEnded", task: task.seq, state: "cancelled", reason });
  else dropAttempt(turn, task, "cancelled", reason);
}

/** The attempt of a running task is over for us: its worker is told that nobody waits for it. */
export function dropAttempt(turn: Turn, task: Task, next: "cancelled" | "queued", reason: string): void {
  const { worker, startedAt, admittedAt } = task.live!;
  askToStop(turn, task, "lost");
  turn.emit({
    type: "AttemptEnded",
    task: task.seq,
    attempt: task.attempt,
    worker: worker.name,
    startedAt,
    admittedAt,
    outcome: "cancelled",
    next,
    reason,
    counted: false,
  });
}
