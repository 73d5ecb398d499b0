/**
 * What follows from the end of a task: its children become ready or end too, and its run ends with its last task.
 *
 * F1  After `ended`, no child of an ended task is blocked for that task's sake.
 * F2  A run ends in the same turn as its last task; a planned one not before its planner has said how.
 * F3  After `ended`, nobody waits for the result of a task that has succeeded.
 */
import { isEnded, type RunState, type TaskState } from "../base/words.ts";
import type { Run } from "./run.ts";
import { type Task, taskId } from "./task.ts";
import type { Turn } from "./turn.ts";

/**
 * Emits everything that the end of `first` causes; nothing when it has not ended but goes on to another try.
 * Iterative: a chain may be 100,000 tasks long.
 */
export function ended(turn: Turn, first: Task): void {
  if (!isEnded(first.state)) return;
  const queue: Task[] = [first];
  const runs = new Set<Run>();
  for (let task = queue.pop(); task !== undefined; task = queue.pop()) {
    if (task.asks?.cache !== undefined) queue.push(...shareResult(turn, task));
    for (const child of task.children ?? []) {
      if (child.state !== "blocked") continue;
      const verdict = verdictOn(task.state);
      if (verdict !== undefined) {
        turn.emit({ type: "TaskEnded", task: child.seq, state: verdict, reason: reasonOf(task) });
        queue.push(child);
      } else if (child.waiting === 0) release(turn, child);
    }
    task.children = undefined;
    if (task.run !== undefined) runs.add(task.run);
  }
  // Once each, and last: the task that made a run complete may be one that ended because of `first`.
  for (const run of runs) if (run.over) endRun(turn, run);
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

/** The state that a need's end gives to the tasks that need it; undefined = they may go on. */
export function verdictOn(need: TaskState): "skipped" | "upstream_failed" | undefined {
  if (need === "succeeded" || !isEnded(need)) return undefined;
  return need === "skipped" ? "skipped" : "upstream_failed";
}

export function reasonOf(need: {
  seq: number;
  key?: string | undefined;
  name?: string | undefined;
  state: TaskState;
}): string {
  return `needs ${need.name ?? taskId(need)}, which ${need.state === "upstream_failed" ? "could not run" : `is ${need.state}`}`;
}

/** A blocked task whose needs are all met goes on: to the queue, or to wait for its time. */
function release(turn: Turn, task: Task): void {
  const dueAt = Math.max(task.dueAt, task.policy.startDelayMs > 0 ? turn.now + task.policy.startDelayMs : 0);
  if (dueAt > turn.now) turn.emit({ type: "TaskScheduled", task: task.seq, dueAt });
  else turn.emit({ type: "TaskReady", task: task.seq });
}

export function endRun(turn: Turn, run: Run): void {
  turn.emit({
    type: "RunEnded",
    run: run.seq,
    state: runOutcome(run),
    counts: Object.fromEntries([...run.counts].filter(([, count]) => count > 0)),
  });
}

function runOutcome(run: Run): RunState {
  if (run.planned !== undefined) return run.planned;
  if (run.timedOut) return "failed";
  if (run.cancelled) return "cancelled";
  if (run.count("failed") + run.count("upstream_failed") + run.count("expired") > 0) return "failed";
  return run.count("cancelled") > 0 ? "cancelled" : "succeeded";
}
