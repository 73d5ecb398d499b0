/** From what was accepted to the object in memory. */
import { isEnded, type TaskState } from "../base/words.ts";
import type { TaskDefinition } from "./task-events.ts";
import { addChild } from "./graph/edges.ts";
import { enrol } from "./limits/apply-limits.ts";
import { gatesFor } from "./limits/bounds.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { Run } from "./run.ts";
import { laneFor, runOf, sharedPolicy, type State } from "./state.ts";
import { Task } from "./task.ts";

/** Makes the live task that `definition` describes, in `first`, counted nowhere yet. */
export function createTask(state: State, seq: number, definition: TaskDefinition, first: TaskState): Task {
  const run = definition.run === undefined ? undefined : runOf(state, definition.run);
  const task = taskOf(state, seq, definition, run, first);
  enrol(task.lane);
  if (run !== undefined && run.place === 0) run.place = seq;
  state.tasks.set(seq, task);
  if (task.key !== undefined) state.keys.set(task.key, { task, hash: definition.hash ?? "" });
  if (task.expiresAt > 0 && !isEnded(first)) state.timers.add(task.expiresAt, "expire", task);
  for (const need of definition.needs ?? []) {
    const parent = state.tasks.get(need);
    if (parent === undefined || isEnded(parent.state)) continue;
    task.waiting++;
    addChild(parent, task);
  }
  return task;
}

/** The object alone, which nothing refers to yet. */
export function taskOf(
  state: State,
  seq: number,
  definition: TaskDefinition,
  run: Run | undefined,
  first: TaskState,
): Task {
  return new Task(
    {
      seq,
      key: definition.key,
      type: definition.taskType,
      name: definition.name,
      run,
      lane: laneFor(state, definition.arm, definition),
      policy: definition.policy === undefined ? DEFAULT_POLICY : sharedPolicy(state, definition.policy),
      priority: definition.priority,
      expiresAt: definition.expiresAt ?? 0,
      asks: definition.asks,
      gates: gatesFor(state, definition, run),
      rank: definition.rank ?? 0,
    },
    first,
  );
}
