/**
 * What follows from the end of a task: its children become ready or end too, the container that it is in and its run end
 * with their last task.
 *
 * F1  After `settle`, no child of an ended task is blocked for that task's sake.
 * F2  A run ends in the same turn as its last task; a planned one not before its planner has said how.
 * F3  After `settle`, nobody waits for the result of a task that has succeeded.
 */
import { isEnded, type Trigger } from "../base/words.ts";
import { insideTask } from "./graph/below.ts";
import { isStopped, settleBox } from "./graph/box.ts";
import { boxAround, roleOf } from "./graph/node.ts";
import { advance, isTurnOf, judge } from "./graph/phases.ts";
import { release } from "./graph/release.ts";
import { stopInside } from "./graph/stop.ts";
import { endOf, usual, verdict, type Verdict } from "./graph/trigger.ts";
import type { Run } from "./run.ts";
import { type Task, taskId } from "./task.ts";
import type { Turn } from "./turn.ts";

/** Emits everything that the end of `task` causes; nothing when it has not ended but goes on to another try. */
export function ended(turn: Turn, task: Task): void {
  if (isEnded(task.state)) settle(turn, [task]);
}

/**
 * Emits everything that the ends in `queue` cause, and takes `runs` as far as they go by themselves. Iterative: a chain may
 * be 100,000 tasks long.
 */
export function settle(turn: Turn, queue: Task[], runs: Set<Run> = new Set()): void {
  do {
    let ready: Task[] | undefined;
    for (let task = queue.pop(); task !== undefined; task = queue.pop()) {
      if (task.asks?.cache !== undefined) queue.push(...shareResult(turn, task));
      for (const child of task.children ?? []) {
        if (child.state !== "blocked" || !tell(turn, child, task, queue)) continue;
        // Another need may have ended in this turn, too, and still be in the queue: it has its say first.
        if (queue.length === 0) release(turn, child);
        else (ready ??= []).push(child);
      }
      task.children = undefined;
      if (task.node !== undefined) tellContainer(turn, task, queue);
      if (task.run !== undefined) runs.add(task.run);
    }
    for (const child of ready ?? []) if (child.state === "blocked") release(turn, child);
    // Once each, and last: the task that made a run complete may be one that ended because of another.
    for (const run of runs) {
      runs.delete(run);
      advance(turn, run, queue);
    }
  } while (queue.length > 0);
}

/** A need of a blocked task has ended. True when the task may go on for its sake. */
function tell(turn: Turn, child: Task, need: Task, queue: Task[]): boolean {
  const next = verdictOn(child, need);
  switch (next) {
    case "waits":
      return false;
    case "ready": {
      const role = roleOf(child);
      return role === undefined || isTurnOf(child.run!, role);
    }
    default:
      turn.emit({ type: "TaskEnded", task: child.seq, state: next, reason: reasonOf(need, child.node?.rule.trigger) });
      queue.push(child);
      return false;
  }
}

function verdictOn(child: Task, need: Task): Verdict {
  const tally = child.node?.tally;
  if (tally !== undefined) return verdict(child.node!.rule, tally, child.waiting, endOf(need));
  // Most needs have no node: no object is made to look at them.
  const one = need.state === "succeeded" ? "passes" : usual(endOf(need));
  if (one !== "passes") return one;
  return child.waiting === 0 ? "ready" : "waits";
}

/** A task with a node has ended: a member, a task with a role. */
function tellContainer(turn: Turn, task: Task, queue: Task[]): void {
  if (task.run !== undefined && task.node!.rule.role !== undefined) judge(turn, task.run, task);
  const box = boxAround(turn.state, task);
  if (box === undefined) return;
  const container = turn.state.tasks.get(task.node!.inside)!;
  if (isEnded(container.state)) return;
  if (box.firstFailed === task.seq && box.live > 0 && box.cancel === undefined && isStopped(container)) {
    const reason = `${task.name ?? taskId(task)} has failed, and failFast is set`;
    stopInside(turn, insideTask(turn.state, container), reason, queue, (run) => run === container.run);
  }
  settleBox(turn, container, queue);
}

/** Ends the tasks that waited for this result, and answers them. */
function shareResult(turn: Turn, { seq }: Task): Task[] {
  const { landing, flights } = turn.state.flow;
  const key = landing.get(seq);
  const waiters = key === undefined ? [] : [...flights.get(key)!.waiters];
  for (const { seq: waiter } of waiters) {
    turn.emit({ type: "TaskEnded", task: waiter, state: "succeeded", cachedFrom: seq });
  }
  return waiters;
}

/** Why a task ends for the sake of its needs, of which `need` was the last to end. */
export function reasonOf(
  need: { seq: number; key?: string | undefined; name?: string | undefined; state: string },
  trigger?: Trigger,
): string {
  // What these waited for is something that no need has done: the last of them is not to blame.
  if (trigger === "any_failed") return "none of its needs has failed";
  if (trigger === "any_succeeded") return "none of its needs has succeeded";
  return `needs ${need.name ?? taskId(need)}, which ${need.state === "upstream_failed" ? "could not run" : `is ${need.state}`}`;
}
