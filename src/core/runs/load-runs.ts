/** What of a run's submission, pauses and places the store holds; see `load.ts`. */
import type { StoredState } from "../load.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import { line, seat } from "./admission.ts";
import { outerRun } from "./halt.ts";

export function loadRunFields(run: Run, stored: StoredState["runs"][number]): void {
  run.sealed = stored.sealed;
  run.paused = stored.paused;
  run.admitted = stored.admitted;
  run.parent = stored.parent ?? 0;
  run.depth = stored.depth;
  run.group = stored.group;
  run.maxParallel = stored.maxParallel;
  run.place = stored.firstTask ?? 0;
}

/** To be called when every live run is there. */
export function loadAdmission(state: State): void {
  for (const run of state.runs.values()) {
    const { admitted } = run;
    line(state, run);
    if (run.group !== undefined && admitted) seat(state, run);
  }
}

/** To be called when every live task is there: a run inside another one stands where that one stands. */
export function loadPlaces(state: State): void {
  const nested = [...state.runs.values()].filter(({ parent }) => parent !== 0).sort((a, b) => a.depth - b.depth);
  for (const run of nested) run.place = outerRun(state, run)?.place ?? run.place;
}
