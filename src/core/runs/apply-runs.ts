/** How events of the submission, the pauses and the places of runs change the state. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import type { RunCreated } from "./events.ts";
import { left, retreat, unhold, unqueue } from "../flow/hold.ts";
import { deleteUniques } from "../flow/uniques.ts";
import type { RunAdmitted, RunDropped, RunPaused, RunSealed } from "./events.ts";
import { retire } from "../limits/apply-limits.ts";
import type { Run } from "../run.ts";
import { finished } from "../schedules/schedule.ts";
import { runOf, type State } from "../state.ts";
import type { Task } from "../task.ts";
import { line, seat, unseat } from "./admission.ts";
import { released } from "./halt.ts";

/** What a run brings beyond its planner and its time. */
export function applyRunFields(state: State, run: Run, event: RunCreated): void {
  const { open, parent = 0, depth = 0, group, maxParallel } = event;
  run.parent = parent;
  run.depth = depth;
  run.maxParallel = maxParallel;
  run.group = group;
  run.place = placeAround(state, parent);
  if (open === true) {
    run.sealed = false;
    run.made = [];
  }
  line(state, run);
}

/** A run inside another one stands where that one stands. */
export function placeAround(state: State, parent: number): number {
  return parent === 0 ? 0 : (state.tasks.get(parent)?.run?.place ?? 0);
}

export function applyRunSealed(state: State, event: RunSealed): void {
  const run = runOf(state, event.run);
  assert(!run.sealed, `r${run.seq} is sealed once`);
  run.sealed = true;
  run.made = undefined;
  run.early = undefined;
  // Only now it is known whether it can ever have its place (`standstill.ts`).
  if (state.admission.inner.has(run)) state.admission.freed.add(run.group!.name);
  goOn(state, run);
}

export function applyRunPaused(state: State, event: RunPaused): void {
  const run = runOf(state, event.run);
  run.paused = event.paused;
  if (event.paused) retreat(state);
  else goOn(state, run);
}

export function applyRunAdmitted(state: State, event: RunAdmitted): void {
  const run = runOf(state, event.run);
  seat(state, run);
  // Those inside it, which were done again with it, are in their lines from now on.
  if (run.started) for (const { group } of state.admission.inner) state.admission.freed.add(group!.name);
  goOn(state, run);
}

/** What was held for the sake of this run goes on, unless there is another reason. */
function goOn(state: State, run: Run): void {
  for (const task of released(state, run)) unhold(state, task);
}

/** The run and its tasks have never been there. None of them has run; the numbers stay used. */
export function applyRunDropped(state: State, event: RunDropped): void {
  const run = runOf(state, event.run);
  assert(!run.sealed, `r${run.seq} was never completely submitted`);
  for (const [name, count] of run.counts) state.counts[name] -= count;
  const tasks = tasksOf(state, run);
  for (const task of tasks) {
    if (!isEnded(task.state)) {
      if (task.state === "queued") unqueue(state, task);
      retire(state, task);
    }
    forget(state, task);
  }
  deleteUniques(
    state,
    tasks.map(({ seq }) => seq),
  );
  leave(state, run);
  if (run.origin !== undefined) finished(state.schedules, run.origin, -run.seq);
  state.runCounts.queued--;
  state.runs.delete(run.seq);
}

/** Core keeps no list of the tasks of a run: looking at every live one is what this rare moment costs. */
export function tasksOf(state: State, run: Run): Task[] {
  return [...state.tasks.values()].filter((task) => task.run === run);
}

function forget(state: State, task: Task): void {
  const isNew = !isEnded(task.state);
  // A timer, or whoever else still finds it, takes it for one that has ended.
  if (isNew) task.state = "cancelled";
  task.children = undefined;
  if (isNew && task.asks !== undefined) left(state, task);
  state.tasks.delete(task.seq);
  if (task.key !== undefined && state.keys.get(task.key)?.task === task) state.keys.delete(task.key);
  state.flow.watched.delete(task.seq);
  if (!isNew) state.ended.splice(state.ended.indexOf(task), 1);
}

/** The run is over: its place is free. */
export function leave(state: State, run: Run): void {
  unseat(state, run);
  state.admission.halted.delete(run);
  run.held.length = 0;
}
