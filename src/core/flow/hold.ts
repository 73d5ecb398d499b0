/**
 * The way of ready tasks into their lanes and out of them. A task that must not start yet, whatever the arm and the
 * workers say, is queued and held: it has the state, the place in counts, and no place in a lane.
 *
 * H1  A queued task is in its lane exactly when it is not in `held`.
 */
import { alight, boardInstead, boards, stepOff } from "./flights.ts";
import type { Hold } from "./flow.ts";
import { explainNode } from "../graph/explain-graph.ts";
import { nodeHold } from "../graph/node-hold.ts";
import { isContainer } from "../graph/node.ts";
import { takeRoom } from "../graph/room.ts";
import { tenthsOf } from "../lane.ts";
import { explainHalt, explainRoom } from "../runs/explain-runs.ts";
import { holdBack, isHalted, takeBack } from "../runs/halt.ts";
import { finished } from "../schedules/schedule.ts";
import type { State } from "../state.ts";
import { type Task, taskId } from "../task.ts";
import { releaseUnique, waitsForLeaving } from "./uniques.ts";

/** A task has become ready. `first`: before those that wait already. */
export function queue(state: State, task: Task, first: boolean): void {
  if (!first || task.since === 0) task.since = tenthsOf(state.now);
  enter(state, task, first);
}

/** A task that has been ready for as long as `since` says goes where it belongs: into its lane, or to what holds it. */
export function enter(state: State, task: Task, first: boolean): void {
  if (isPlain(task) || !hold(state, task, first)) task.lane.add(task, first);
}

/** A queued task starts. Where another server has decided that, it may be held here for one of equal content (`boardInstead`). */
export function start(state: State, task: Task): void {
  const { held, unheldAt } = state.flow;
  if (isPlain(task) || held.get(task) !== "cache") return task.lane.take(task);
  held.delete(task);
  for (const other of boardInstead(state, task, (runner) => runner.state === "queued" && !held.has(runner))) {
    other.lane.take(other);
    held.set(other, "cache");
    unheldAt.delete(other);
  }
}

/** A queued task goes another way than by starting. */
export function unqueue(state: State, task: Task): void {
  if (isPlain(task) || !state.flow.held.delete(task)) task.lane.forget(task);
}

/** Nothing can keep it from its lane. */
function isPlain({ asks, run, node }: Task): boolean {
  return asks === undefined && run === undefined && node === undefined;
}

function hold(state: State, task: Task, first: boolean): boolean {
  // Whoever was asked may answer, whether the run goes on or not.
  if (task.node?.asked === true) {
    state.flow.held.set(task, "approval");
    return true;
  }
  if (task.run !== undefined && isHalted(state, task.run)) {
    holdBack(state, task, task.run, first);
    makeWay(state, task);
    return true;
  }
  const { held } = state.flow;
  if (task.node !== undefined && !takeRoom(state, task)) {
    held.set(task, "room");
    return true;
  }
  // What it holds must not begin beside what the other one holds.
  if (task.node !== undefined && task.asks?.unique !== undefined && isContainer(task) && waitsForLeaving(state, task)) {
    held.set(task, "unique");
    return true;
  }
  const why = task.node === undefined ? undefined : nodeHold(state, task);
  if (why !== undefined) {
    held.set(task, why);
    return true;
  }
  if (task.asks === undefined) return false;
  const { unique, cache } = task.asks;
  if (unique !== undefined && waitsForLeaving(state, task)) {
    held.set(task, "unique");
    return true;
  }
  if (cache === undefined) return false;
  const verdict = boards(state, task);
  if (verdict === "runs") return false;
  held.set(task, verdict);
  return true;
}

/** A run was paused: nothing of it stands in a line any more. */
export function retreat(state: State): void {
  const gone = takeBack(state);
  for (const [task, why] of state.flow.held) {
    if (why !== "cache" || task.run === undefined || !isHalted(state, task.run)) continue;
    stepOff(state, task);
    holdBack(state, task, task.run, false);
  }
  for (const task of gone) makeWay(state, task);
}

/** A task will make no result, or not before its run may go on: others that want the same one do not wait for it. */
export function makeWay(state: State, task: Task): void {
  if (task.asks?.cache === undefined) return;
  for (let next = stepOff(state, task); next !== undefined; next = stepOff(state, next)) {
    if (next.run === undefined || !isHalted(state, next.run)) return unhold(state, next);
    holdBack(state, next, next.run, false);
  }
}

/** Lets a held task go on, to its lane or to the next thing that it must wait for. */
export function unhold(state: State, task: Task): void {
  state.flow.held.delete(task);
  if (task.since !== tenthsOf(state.now)) state.flow.unheldAt.set(task, state.now);
  queue(state, task, false);
}

/** A task that asks for something has ended: others may have waited for that. */
export function left(state: State, task: Task): void {
  const { unique, cache, origin } = task.asks!;
  if (origin !== undefined) finished(state.schedules, origin, task.seq);
  const next = unique === undefined ? undefined : releaseUnique(state, task);
  if (next !== undefined) unhold(state, next);
  const runner = cache === undefined ? undefined : alight(state, task);
  if (runner !== undefined) unhold(state, runner);
}

interface HoldReason {
  code: string;
  message: string;
  /** The task or run that it waits for. */
  about?: string;
  until?: number;
}

/** Why a queued task is held, in words; empty when it is not. */
export function explainHold(state: State, task: Task): HoldReason[] {
  const why = isPlain(task) ? undefined : state.flow.held.get(task);
  if (why === undefined) return [];
  const reason = explainWhy(state, task, why);
  // Its run may have been paused while it waited for one of these: then they alone do not let it go on.
  const isHaltedToo = (why === "room" || why === "unique") && task.run !== undefined && isHalted(state, task.run);
  return isHaltedToo ? [explainHalt(state, task.run), reason] : [reason];
}

function explainWhy(state: State, task: Task, why: Hold): HoldReason {
  const { uniques, flights, cacheKeys } = state.flow;
  switch (why) {
    case "run":
      return explainHalt(state, task.run!);
    case "room":
      return explainRoom(state, task);
    case "prepare":
    case "approval":
      return explainNode(task, why);
    case "key":
      return { code: "cache", message: "its files are read, to look for its result in the cache" };
    case "unique": {
      const { key } = task.asks!.unique!;
      const leaving = uniques.get(key)!.leaving!;
      const message = `${taskId(leaving)}, which it replaces under the unique key ${key}, has not stopped yet`;
      return { code: "unique", message, about: taskId(leaving) };
    }
    case "cache": {
      const [runner] = flights.get(cacheKeys.get(task)!)!.runners;
      const id = taskId(runner!);
      return { code: "cache", message: `${id} makes the same result; this one takes it over`, about: id };
    }
  }
}
