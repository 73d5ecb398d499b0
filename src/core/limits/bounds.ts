/**
 * The gates that tasks pass because of where they are: a run, or an `each`, may have a limit of how many of its tasks run
 * at once. The runs around a run count, too: what is inside of it is of it.
 */
import type { Asks } from "../asks.ts";
import type { TaskDefinition } from "../task-events.ts";
import type { Run } from "../run.ts";
import { outerRun } from "../runs/halt.ts";
import type { State } from "../state.ts";
import type { GateSet } from "./gate.ts";

/** At most `limit` tasks run inside the run or `each` of this number. */
export interface Bound {
  readonly kind: "run" | "each";
  readonly seq: number;
  readonly limit: number;
}

const NOTHING: Asks = {};

/** The gates of a task that has come to life; undefined when it needs none. */
export function gatesFor(state: State, definition: TaskDefinition, run: Run | undefined): GateSet | undefined {
  const { asks, inside } = definition;
  const bounds = run === undefined ? undefined : boundsOf(state, run, inside);
  if (asks === undefined && bounds === undefined) return undefined;
  return state.limits.gates.join(asks ?? NOTHING, bounds);
}

/** The limits around a task of `run`, the nearest first. */
function boundsOf(state: State, run: Run, inside: number | undefined): Bound[] | undefined {
  if (inside === undefined && run.maxParallel === undefined && run.parent === 0) return undefined;
  const bounds: Bound[] = [];
  // What a member holds is not a member: a container has its place in the room of its `each` (`graph/room.ts`).
  const limit = inside === undefined ? undefined : state.tasks.get(inside)?.node?.rule.maxParallel;
  if (limit !== undefined) bounds.push({ kind: "each", seq: inside!, limit });
  for (let at: Run | undefined = run; at !== undefined; at = outerRun(state, at)) {
    if (at.maxParallel !== undefined) bounds.push({ kind: "run", seq: at.seq, limit: at.maxParallel });
  }
  return bounds.length === 0 ? undefined : bounds;
}
