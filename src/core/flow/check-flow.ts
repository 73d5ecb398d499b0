/** Cross-checks unique keys, shared results and callbacks against the tasks; see `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import type { State } from "../state.ts";
import { isAtWork } from "./uniques.ts";
import type { Task } from "../task.ts";

export function checkFlow(state: State): void {
  const { flow, tasks } = state;
  const lives = (task: Task): boolean => tasks.get(task.seq) === task && !isEnded(task.state);
  for (const [task, why] of flow.held) {
    assert(lives(task) && task.state === "queued", `t${task.seq} is held (${why}) while it is queued`);
    const key = flow.cacheKeys.get(task);
    if (why === "key") assert(key === undefined, `t${task.seq} waits for the cache key that it does not have`);
    if (why === "cache") assert(flow.flights.get(key ?? "")?.waiters.has(task), `t${task.seq} waits for a result`);
    if (why === "unique") {
      const entry = flow.uniques.get(task.asks!.unique!.key);
      assert(entry?.holder === task && entry.leaving !== undefined, `t${task.seq} waits for the one it replaces`);
    }
  }
  checkFlights(state, lives);
  for (const [key, { holder, leaving, seq }] of flow.uniques) {
    assert(holder === undefined || (lives(holder) && holder.seq === seq), `the holder of unique key ${key} lives`);
    assert(leaving === undefined || isAtWork(leaving), `who leaves unique key ${key} runs`);
    if (holder === undefined) assert(flow.uniquesEnded.get(seq)?.key === key, `t${seq} had unique key ${key}`);
  }
  checkWishes(state);
}

function checkWishes({ flow, tasks }: State): void {
  const running = new Set<string>();
  for (const task of tasks.values()) {
    const { asks } = task;
    if (asks === undefined) continue;
    if (asks.on !== undefined) assert(flow.watched.has(task.seq), `t${task.seq} is watched`);
    if (task.state !== "running" || asks.unique?.scope !== "active") continue;
    assert(!running.has(asks.unique.key), `one task with unique key ${asks.unique.key} runs`);
    running.add(asks.unique.key);
  }
}

function checkFlights({ flow }: State, lives: (task: Task) => boolean): void {
  for (const [key, { runners, waiters, origin }] of flow.flights) {
    assert(runners.size + waiters.size > 0 || origin !== 0, `somebody is there for cache key ${key}`);
    assert(waiters.size === 0 || runners.size > 0, `nobody waits in vain for cache key ${key}`);
    for (const task of [...runners, ...waiters]) {
      assert(lives(task) && flow.cacheKeys.get(task) === key, `t${task.seq} has cache key ${key}`);
    }
    for (const task of runners)
      assert(!flow.held.has(task) || flow.held.get(task) === "unique", `t${task.seq} may run`);
  }
  for (const task of flow.cacheKeys.keys()) assert(lives(task), `t${task.seq} has a cache key while it lives`);
}
