/** What must agree after a turn: two states that came about in two ways, and what waits with why it waits. */
import { isEnded } from "../../src/base/words.ts";
import { explain } from "../../src/core/explain.ts";
import type { State } from "../../src/core/state.ts";
import { difference, snapshot, type SnapshotOptions } from "./snapshot.ts";
import type { World } from "./world.ts";

/** Tasks whose reasons are looked at after one turn. */
const LOOKS = 5;

/** Stops the simulation unless both states, given by name, are the same. */
export function demandEqual(world: World, states: Record<string, State>, options: SnapshotOptions): void {
  const [a, b] = Object.keys(states) as [string, string];
  const found = difference([a, b], snapshot(states[a]!, options), snapshot(states[b]!, options));
  world.demand(found === undefined, () => `V5: ${found}`);
}

/** Whoever waits right after a turn has a reason to. */
export function checkReasons(world: World, state: State): void {
  let looks = LOOKS;
  for (const task of state.tasks.values()) {
    if (isEnded(task.state) || task.state === "running") continue;
    if (looks-- === 0) return;
    const reasons = explain(state, task, state.now);
    world.demand(reasons.length > 0, () => `t${task.seq} is ${task.state} after a turn, and nothing says why`);
  }
}
