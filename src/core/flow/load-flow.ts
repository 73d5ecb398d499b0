/** Unique keys, shared results, callbacks and runs, from what the store holds; see `load.ts`. */
import type { TaskState } from "../../base/words.ts";
import { setDeadline } from "./apply-run.ts";
import { loadRunGraph } from "../graph/load-graph.ts";
import { flightOf, keyOf } from "./flights.ts";
import type { StoredState } from "../load.ts";
import { Run } from "../run.ts";
import { isHalted } from "../runs/halt.ts";
import { loadRunFields } from "../runs/load-runs.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { enterUnique, isAtWork, UniqueEntry } from "./uniques.ts";

export function loadRun(state: State, stored: StoredState["runs"][number]): void {
  const run = new Run(stored.run, stored.workflow);
  run.started = stored.started;
  run.cancelled = stored.cancelled;
  run.timedOut = stored.timedOut === true;
  run.planner = stored.planner;
  run.planned = stored.planned?.state;
  run.origin = stored.origin;
  loadRunFields(run, stored);
  loadRunGraph(run, stored);
  for (const [name, count] of Object.entries(stored.counts)) run.counts.set(name as TaskState, count);
  state.runs.set(run.seq, run);
  setDeadline(state, run, stored.deadlineAt);
}

/** To be called when every live task is there and none is in a lane yet. */
export function loadFlow(state: State, stored: StoredState, now: number): void {
  const { flow } = state;
  flow.lastDue = stored.lastDue;
  flow.lastBulk = stored.lastBulk;
  for (const { due, ...rest } of stored.dues) flow.dues.set(due, rest);
  const holders: Task[] = [];
  for (const task of state.tasks.values()) {
    if (task.asks === undefined) continue;
    const { unique, cache, on } = task.asks;
    if (on !== undefined) flow.watched.add(task.seq);
    if (unique !== undefined && holds(task, unique.scope)) holders.push(task);
    if (cache !== undefined) loadFlight(state, task);
  }
  // One that runs was there before the one that replaces it.
  const began = (task: Task): number => (isAtWork(task) ? 0 : 1);
  holders.sort((a, b) => began(a) - began(b) || a.seq - b.seq);
  for (const task of holders) {
    enterUnique(state, new UniqueEntry(task.asks!.unique!.key, task.seq, task, Infinity));
  }
  for (const { key, task, until } of stored.uniques) {
    const newer = (flow.uniques.get(key)?.seq ?? 0) > task;
    if (until > now && !newer) enterUnique(state, new UniqueEntry(key, task, state.tasks.get(task), until));
  }
}

function holds(task: Task, scope: "queued" | "active" | "period"): boolean {
  return scope === "active" || (scope === "queued" && task.attempt === 0);
}

/**
 * A task that has tried already makes the result; of those that have not, the first in the queue will. One that was retried
 * and is blocked has not begun again: if others waited for it, it might wait for them.
 */
function loadFlight(state: State, task: Task): void {
  if (task.attempt === 0 || task.state === "blocked" || isHeldBefore(state, task)) return;
  const key = keyOf(state, task);
  if (key !== undefined) flightOf(state, key).runners.add(task);
}

/** True for a retried task that something keeps from being looked up in the cache; see `hold` in `hold.ts`. */
function isHeldBefore(state: State, task: Task): boolean {
  const { node, run } = task;
  if (task.state !== "queued") return false;
  if (node?.rule.prepare === true && !node.prepared) return true;
  const hasBegun = task.tries > 0 || task.losses > 0 || state.flow.cacheKeys.has(task);
  return !hasBegun && run !== undefined && isHalted(state, run);
}
