/**
 * Runs of which nothing may start: it is not completely submitted, waits for a place in its group, or is paused, as is then
 * every run inside it. Its ready tasks are queued and held (`flow/hold.ts`, reason `run`).
 *
 * RH1  A queued task of a halted run is in no lane.
 */
import { withdrawFrom } from "../limits/group.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";

export interface Halt {
  code: "run_incomplete" | "run_waiting" | "run_paused";
  /** The run itself, or one around it. */
  run: Run;
}

/** Why nothing of this run may start, or undefined. */
export function haltOf(state: State, run: Run): Halt | undefined {
  for (let at: Run | undefined = run; at !== undefined; at = outerRun(state, at)) {
    if (!at.sealed) return { code: "run_incomplete", run: at };
    if (at.paused) return { code: "run_paused", run: at };
    if (!at.admitted) return { code: "run_waiting", run: at };
  }
  return undefined;
}

export function isHalted(state: State, run: Run): boolean {
  if (!run.sealed || run.paused || !run.admitted) return true;
  const outer = outerRun(state, run);
  return outer !== undefined && isHalted(state, outer);
}

/** The run that holds the task which holds this one. */
export function outerRun(state: State, run: Run): Run | undefined {
  return run.parent === 0 ? undefined : state.tasks.get(run.parent)?.run;
}

/** Lists up to this length are not looked over for those that wait no longer. */
const HELD_MIN = 64;

/** Keeps a ready task of a halted run back. */
export function holdBack(state: State, task: Task, run: Run, first: boolean): void {
  const { held } = state.flow;
  held.set(task, "run");
  // What is cancelled and done again while the run is paused comes here each time.
  if (run.held.length >= HELD_MIN && run.held.length > 2 * run.count("queued")) {
    const waiting = run.held.filter((each) => each !== task && held.get(each) === "run");
    run.held.splice(0, Infinity, ...waiting);
  }
  if (first) run.held.unshift(task);
  else run.held.push(task);
  state.admission.halted.add(run);
}

/** Tasks of this run, or of runs inside it, stand in lanes and may not start any more. Answers them. */
export function takeBack(state: State): Task[] {
  const halted = (task: Task): boolean => task.run !== undefined && isHalted(state, task.run);
  const gone: Task[] = [];
  for (const arm of state.armOrder) {
    for (const lane of arm.lanes) if (lane.queued > 0) gone.push(...lane.withdraw(halted));
  }
  for (const set of state.limits.gates.sets()) {
    for (const group of set.groups.slice()) gone.push(...withdrawFrom(group, halted));
  }
  gone.sort((a, b) => a.seq - b.seq);
  for (const task of gone) holdBack(state, task, task.run!, false);
  return gone;
}

/** Tasks of this run that were held for its sake, and of the runs inside it, are handed out. */
export function released(state: State, run: Run): Task[] {
  const { halted } = state.admission;
  const tasks: Task[] = [];
  // Before it has started there is none inside it, and many may wait for a place.
  const others = run.started ? halted : halted.has(run) ? [run] : [];
  for (const other of others) {
    if ((other !== run && !isInside(state, other, run)) || isHalted(state, other)) continue;
    halted.delete(other);
    for (const task of other.held.splice(0)) if (state.flow.held.get(task) === "run") tasks.push(task);
  }
  return tasks;
}

function isInside(state: State, run: Run, outer: Run): boolean {
  for (let at = outerRun(state, run); at !== undefined; at = outerRun(state, at)) if (at === outer) return true;
  return false;
}
