/**
 * The gates that tasks pass because of where they are: a run, or an `each`, may have a limit of how many of its tasks run
 * at once. The runs around a run count, too: what is inside of it is of it.
 */
import type { Asks } from "../asks.ts";
import type { TaskDefinition } from "../event.ts";
import type { Run } from "../run.ts";
import { outerRun } from "../runs/halt.ts";
import type { NodeRule } from "../graph/rule.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
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
  let container = inside;
  for (let at: Run | undefined = run; at !== undefined; at = outerRun(state, at)) {
    while (container !== undefined && container !== 0) {
      const node = nodeOf(state.tasks.get(container));
      if (node?.rule.maxParallel !== undefined) {
        bounds.push({ kind: "each", seq: container, limit: node.rule.maxParallel });
      }
      container = node?.inside;
    }
    if (at.maxParallel !== undefined) bounds.push({ kind: "run", seq: at.seq, limit: at.maxParallel });
    container = at.parent === 0 ? undefined : nodeOf(state.tasks.get(at.parent))?.inside;
  }
  return bounds.length === 0 ? undefined : bounds;
}

function nodeOf(task: Task | undefined): { rule: NodeRule; inside?: number | undefined } | undefined {
  return (task as { node?: { rule: NodeRule; inside?: number } } | undefined)?.node;
}
