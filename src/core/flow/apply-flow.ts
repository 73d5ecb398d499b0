/** How events of caches, callbacks, moves and bulk actions change the state. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import type { AttemptStarted, TaskMoved } from "../task-events.ts";
import type { CallbackDue } from "./events.ts";
import { changeLane, leaveArm } from "../limits/apply-limits.ts";
import { unhold, queue, unqueue } from "./hold.ts";
import { began } from "../schedules/schedule.ts";
import { laneFor, type State } from "../state.ts";
import { Task } from "../task.ts";
import { releaseUnique, retakeUnique, takeUnique } from "./uniques.ts";

/** A task that asks for something has come to memory. */
export function wish(state: State, task: Task, now: number, comes: "first" | "again" | "brief"): void {
  const { unique, on, origin } = task.asks!;
  if (unique !== undefined && comes !== "brief") (comes === "again" ? retakeUnique : takeUnique)(state, task, now);
  if (on !== undefined) state.flow.watched.add(task.seq);
  if (origin !== undefined && !isEnded(task.state)) began(state.schedules, origin, task.seq);
}

/** The key of a held task is known: it goes on as one of those with that key. */
export function applyCacheKeyed(state: State, task: Task, key: string): void {
  assert(state.flow.held.get(task) === "key", `t${task.seq} waits for its cache key`);
  state.flow.cacheKeys.set(task, key);
  unhold(state, task);
}

/** A unique key of scope `queued` is free from the first start on. */
export function freeUnique(state: State, task: Task, event: AttemptStarted): void {
  if (event.attempt === 1 && task.asks!.unique?.scope === "queued") releaseUnique(state, task);
}

export function applyCallbackDue(state: State, { due, task, on, state: reached, attempt }: CallbackDue): void {
  const { flow } = state;
  flow.lastDue = Math.max(flow.lastDue, due);
  flow.dues.set(due, { task, on, state: reached, attempt });
}

/**
 * Gives a live task another arm or priority. A queued task may stand in the middle of a ring, from which nothing is ever
 * taken; so a new object takes its place at the end of the new queue, and the old one is dropped when its turn comes.
 */
export function applyTaskMoved(state: State, task: Task, event: TaskMoved): void {
  const lane = laneFor(state, event.arm, task.lane.requires);
  if (task.live !== undefined) {
    leaveArm(task.lane.arm, state.now);
    lane.arm.active++;
  }
  if (task.state !== "queued") {
    changeLane(task, lane);
    task.priority = event.priority;
    return;
  }
  const { held } = state.flow;
  const why = held.get(task);
  if (why !== undefined) {
    changeLane(task, lane);
    task.priority = event.priority;
    return;
  }
  unqueue(state, task);
  changeLane(task, lane);
  const moved = replace(state, task, lane, event.priority);
  queue(state, moved, false);
}

/** A queued task as another object, which is in no lane yet. */
export function replace(state: State, old: Task, lane: Task["lane"], priority: number): Task {
  const { seq, key, type, name, run, policy, expiresAt, asks, gates, rank } = old;
  const task = new Task({ seq, key, type, name, run, lane, policy, priority, expiresAt, asks, gates, rank }, "queued");
  task.attempt = old.attempt;
  task.tries = old.tries;
  task.losses = old.losses;
  task.children = old.children;
  task.node = old.node;
  if (run?.roles.delete(old) === true) run.roles.add(task);
  state.tasks.set(task.seq, task);
  if (task.key !== undefined) state.keys.get(task.key)!.task = task;
  if (task.expiresAt > 0) state.timers.add(task.expiresAt, "expire", task);
  if (task.asks !== undefined) rebind(state, old, task);
  // It waits anew in its new place.
  if (state.flow.unheldAt.size > 0) state.flow.unheldAt.delete(old);
  // Whoever still finds the old object, in a ring or at a timer, takes it for one that has ended.
  old.state = "cancelled";
  old.children = undefined;
  return task;
}

/** What knows the old object knows the new one from now on. */
function rebind({ flow }: State, old: Task, task: Task): void {
  const { unique, cache } = task.asks!;
  const entry = unique === undefined ? undefined : flow.uniques.get(unique.key);
  if (entry?.holder === old) entry.holder = task;
  const key = cache === undefined ? undefined : flow.cacheKeys.get(old);
  if (key === undefined) return;
  flow.cacheKeys.delete(old);
  flow.cacheKeys.set(task, key);
  const runners = flow.flights.get(key)?.runners;
  if (runners?.delete(old) === true) runners.add(task);
}
