/**
 * Tasks of equal content: one makes the result, the others wait for it.
 *
 * FL1 A queued task with a cache is in its lane only as a runner of its key. While a key has a runner, tasks of that key
 *     wait; those that were told not to look (`refresh`) run beside it.
 * FL2 When the last runner of a key ends without success, the task that has waited longest takes its place at once.
 *     So it does when a runner has to wait until its run may go on, or is said by a person to have ended.
 * FL3 When one succeeds, `decide` ends all that wait, in the same turn. Until the end of that turn, when the store knows
 *     the result, `origin` tells of it.
 */
import { Few } from "./few.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";

export interface Flight {
  readonly runners: Few<Task>;
  /** In the order in which they came. */
  readonly waiters: Few<Task>;
  /** The task that made the result in this turn; 0 = none. */
  origin: number;
}

/** Whether the task may go to its lane as a runner of its key; else it waits. */
export function boards(state: State, task: Task): "runs" | "key" | "cache" {
  const cache = task.asks!.cache!;
  const key = keyOf(state, task);
  if (key === undefined) return "key";
  const flight = flightOf(state, key);
  if (flight.runners.has(task)) return "runs";
  if (cache.refresh === true || flight.runners.size === 0) {
    flight.runners.add(task);
    return "runs";
  }
  flight.waiters.add(task);
  return "cache";
}

/** The key of a task with a cache, if it is known by now. */
export function keyOf(state: State, task: Task): string | undefined {
  const known = state.flow.cacheKeys.get(task);
  if (known !== undefined) return known;
  const { hash, refresh, files } = task.asks!.cache!;
  // The key of one that does not look is its hash, unless files have to be read for it.
  if (refresh !== true || files !== undefined) return undefined;
  state.flow.cacheKeys.set(task, hash);
  return hash;
}

export function flightOf(state: State, key: string): Flight {
  let flight = state.flow.flights.get(key);
  if (flight === undefined) {
    flight = { runners: new Few(), waiters: new Few(), origin: 0 };
    state.flow.flights.set(key, flight);
  }
  return flight;
}

/** The task, which has a cache, has ended. Answers the task that runs in its place, if one is to. */
export function alight(state: State, task: Task): Task | undefined {
  const { cacheKeys, flights, landing } = state.flow;
  const key = cacheKeys.get(task);
  if (key === undefined) return undefined;
  cacheKeys.delete(task);
  const flight = flights.get(key);
  if (flight === undefined) return undefined;
  flight.waiters.delete(task);
  const ran = flight.runners.delete(task);
  if (ran && task.state === "succeeded") {
    flight.origin = task.seq;
    landing.set(task.seq, key);
    return undefined;
  }
  if (ran && flight.runners.size === 0 && flight.origin === 0) {
    for (const next of flight.waiters) {
      flight.waiters.delete(next);
      flight.runners.add(next);
      return next;
    }
  }
  drop(state, key, flight);
  return undefined;
}

/** The task may not start for now, and holds up nobody meanwhile. Answers the one that is a runner in its place, if one is. */
export function stepOff({ flow }: State, task: Task): Task | undefined {
  const key = flow.cacheKeys.get(task);
  const flight = key === undefined ? undefined : flow.flights.get(key);
  flight?.waiters.delete(task);
  if (flight?.runners.delete(task) !== true) return undefined;
  if (flight.runners.size > 0 || flight.origin !== 0) return undefined;
  for (const next of flight.waiters) {
    flight.waiters.delete(next);
    flight.runners.add(next);
    return next;
  }
  flow.flights.delete(key!);
  return undefined;
}

/**
 * Another server lets this one make the result: which of those that wait is next, tables do not say, so that a server which was
 * started anew may see another one there. Answers those of which `isReady` holds that were to make it here: they wait now.
 */
export function boardInstead(state: State, task: Task, isReady: (runner: Task) => boolean): Task[] {
  const flight = flightOf(state, keyOf(state, task)!);
  const others = [...flight.runners].filter((runner) => runner.asks!.cache!.refresh !== true && isReady(runner));
  for (const other of others) {
    flight.runners.delete(other);
    flight.waiters.add(other);
  }
  flight.waiters.delete(task);
  flight.runners.add(task);
  return others;
}

function drop(state: State, key: string, flight: Flight): void {
  if (flight.runners.size === 0 && flight.waiters.size === 0 && flight.origin === 0) state.flow.flights.delete(key);
}

/** The task that made the result for this key in this turn, if one did. */
export function landedOn(state: State, key: string): number | undefined {
  const origin = state.flow.flights.get(key)?.origin;
  return origin === 0 ? undefined : origin;
}

/** The turn is durable: from now on the store knows the results that were made in it. */
export function land(state: State): void {
  const { landing, flights } = state.flow;
  if (landing.size === 0) return;
  for (const key of landing.values()) {
    const flight = flights.get(key);
    if (flight === undefined) continue;
    flight.origin = 0;
    drop(state, key, flight);
  }
  landing.clear();
}
