/** How events of runs change the state. */
import { assert } from "../../base/assert.ts";
import type { RunState, TaskState } from "../../base/words.ts";
import type { RunCreated, RunEnded, RunPlanned, RunReopened } from "../runs/events.ts";
import { applyGraphEnded, applyGraphReopened, applyRunInside } from "../graph/apply-graph.ts";
import { Run } from "../run.ts";
import { applyRunFields, leave, placeAround } from "../runs/apply-runs.ts";
import { line } from "../runs/admission.ts";
import { began, finished } from "../schedules/schedule.ts";
import { runOf, type State } from "../state.ts";

function countRun(state: State, from: RunState, to: RunState): void {
  state.runCounts[from]--;
  state.runCounts[to]++;
}

export function applyRunCreated(state: State, event: RunCreated): void {
  const run = new Run(event.run, event.workflow);
  run.planner = event.planner;
  run.origin = event.origin;
  if (event.origin !== undefined) began(state.schedules, event.origin, -run.seq);
  state.lastRun = Math.max(state.lastRun, event.run);
  state.runs.set(event.run, run);
  state.runCounts.queued++;
  run.outputs = event.outputs === true;
  applyRunFields(state, run, event);
  applyRunInside(state, run);
  setDeadline(state, run, event.deadlineAt);
}

/** From now on the run has a time at which it is over. */
export function setDeadline(state: State, run: Run, at: number | undefined): void {
  if (at === undefined) return;
  run.deadlineAt = at;
  if (!run.timedOut) state.timers.add(at, "run", run);
}

export function applyRunStarted(state: State, seq: number): void {
  runOf(state, seq).started = true;
  countRun(state, "queued", "running");
}

export function applyRunPlanned(state: State, event: RunPlanned): void {
  const run = runOf(state, event.run);
  assert(run.planning || run.closing, `r${run.seq} is planned until its planner, or its outputs, say how it ends`);
  run.planned = event.state;
  if (run.parent !== 0) run.result = event.result;
}

export function applyRunEnded(state: State, event: RunEnded): void {
  const run = runOf(state, event.run);
  state.endedRuns.push(run);
  leave(state, run);
  applyGraphEnded(state, run);
  if (run.origin !== undefined) finished(state.schedules, run.origin, -run.seq);
  countRun(state, run.started ? "running" : "queued", event.state);
}

export function applyRunReopened(state: State, event: RunReopened): void {
  const live = state.runs.get(event.run);
  const run = live ?? new Run(event.run, event.workflow);
  if (live === undefined) {
    for (const [name, count] of Object.entries(event.counts)) run.counts.set(name as TaskState, count);
  }
  run.started = true;
  run.cancelled = false;
  // A person wants it now: the time that it had is gone, and it goes on without one.
  run.timedOut = false;
  run.deadlineAt = 0;
  run.planner = event.planner;
  run.planned = undefined;
  run.origin = event.origin;
  if (event.origin !== undefined) began(state.schedules, event.origin, -run.seq);
  reenter(state, run, live === undefined, event);
  applyGraphReopened(run, event, live === undefined);
  state.runs.set(run.seq, run);
  applyRunInside(state, run);
  const stale = state.endedRuns.indexOf(run);
  if (stale >= 0) state.endedRuns.splice(stale, 1);
  countRun(state, event.from, "running");
}

/** It goes on as it was; one with a group waits for a place again, unless it had not ended yet. */
function reenter(state: State, run: Run, isNew: boolean, event: RunReopened): void {
  const hadEnded = isNew || state.endedRuns.includes(run);
  if (hadEnded) run.paused = false;
  run.parent = event.parent ?? 0;
  run.depth = event.depth ?? 0;
  run.maxParallel = event.maxParallel;
  run.group = event.group;
  if (isNew) run.place = placeAround(state, run.parent);
  if (hadEnded) line(state, run);
}
