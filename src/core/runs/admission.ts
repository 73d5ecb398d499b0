/**
 * Places in groups: of the runs that name one group only so many go on at once, the others wait in the order of their
 * numbers.
 *
 * AD1  A run with a group is in exactly one of `admitted` and `waiting` of it from its beginning to its end; one without a
 *      group is in none and counts as admitted.
 * AD2  At the end of a command the first that waits has no room. One inside a run that waits itself is not in the line yet.
 */
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import { outerRun } from "./halt.ts";

export interface Places {
  readonly admitted: Set<Run>;
  /** By their numbers, ascending. */
  readonly waiting: Run[];
}

export interface Admission {
  readonly groups: Map<string, Places>;
  /** Groups in which a place may have become free since somebody looked. */
  readonly freed: Set<string>;
  /** Runs with tasks that wait until the run may go on. */
  readonly halted: Set<Run>;
  /** Runs inside others that wait for a place. */
  readonly inner: Set<Run>;
}

export function createAdmission(): Admission {
  return { groups: new Map(), freed: new Set(), halted: new Set(), inner: new Set() };
}

/** A run with a group has come, and waits for a place. */
export function line({ admission }: State, run: Run): void {
  if (run.group === undefined) return;
  const { name } = run.group;
  let places = admission.groups.get(name);
  if (places === undefined) {
    places = { admitted: new Set(), waiting: [] };
    admission.groups.set(name, places);
  }
  run.admitted = false;
  const { waiting } = places;
  // Nearly always the newest: an older one comes back only by a retry.
  let at = waiting.length;
  while (at > 0 && waiting[at - 1]!.seq > run.seq) at--;
  waiting.splice(at, 0, run);
  admission.freed.add(name);
  if (run.parent !== 0) admission.inner.add(run);
}

/** It has its place now. */
export function seat({ admission }: State, run: Run): void {
  admission.inner.delete(run);
  const places = admission.groups.get(run.group!.name)!;
  places.waiting.splice(places.waiting.indexOf(run), 1);
  places.admitted.add(run);
  run.admitted = true;
}

/** It is over, wherever it stood. */
export function unseat({ admission }: State, run: Run): void {
  if (run.group === undefined) return;
  admission.inner.delete(run);
  const { name } = run.group;
  const places = admission.groups.get(name);
  if (places === undefined) return;
  if (!places.admitted.delete(run)) {
    const at = places.waiting.indexOf(run);
    if (at >= 0) places.waiting.splice(at, 1);
  }
  if (places.admitted.size + places.waiting.length === 0) admission.groups.delete(name);
  else admission.freed.add(name);
}

/** The run that is next in this group, if there is room for it. */
export function nextSeat(state: State, name: string): Run | undefined {
  const places = state.admission.groups.get(name);
  const first = places?.waiting.find((run) => isInLine(state, run));
  return first !== undefined && places!.admitted.size < first.group!.limit ? first : undefined;
}

/** A run that is done again together with one around it gets its place after that one. */
export function isInLine(state: State, run: Run): boolean {
  for (let at = outerRun(state, run); at !== undefined; at = outerRun(state, at)) if (!at.admitted) return false;
  return true;
}

/** The runs of a group, the oldest first. */
export function runsOfGroup({ admission }: State, name: string): Run[] {
  const places = admission.groups.get(name);
  if (places === undefined) return [];
  return [...places.admitted, ...places.waiting].sort((a, b) => a.seq - b.seq);
}
