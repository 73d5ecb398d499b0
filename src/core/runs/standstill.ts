/**
 * Runs inside runs that wait for places which nobody can ever give them: each holds the place, by a run around it, that
 * another one waits for. It is found in the turn in which it comes about, and one of them is given up.
 *
 * SS1  At the end of a command some run that has a place can end, for every run that waits inside another one.
 */
import { isEnded } from "../../base/words.ts";
import { endNow } from "../graph/prepare.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { outerRun } from "./halt.ts";

/** Gives up the newest of those that wait for one another; false when there are none. */
export function endStandstill(turn: Turn): boolean {
  const { state } = turn;
  if (state.admission.inner.size === 0) return false;
  const stuck = stuckRuns(state);
  let newest: Run | undefined;
  for (const run of stuck) if (newest === undefined || run.seq > newest.seq) newest = run;
  if (newest === undefined) return false;
  endNow(turn, holderOf(state, newest)!, "failed", reasonOf(state, newest));
  return true;
}

/** All that wait, without those that can be shown to get a place once others have ended. */
export function stuckRuns(state: State): ReadonlySet<Run> {
  const stuck = new Set<Run>();
  // What is being submitted still has to be taken to its end, or back.
  for (const run of state.admission.inner) if (run.sealed && holderOf(state, run) !== undefined) stuck.add(run);
  for (let before = -1; stuck.size > 0 && before !== stuck.size;) {
    before = stuck.size;
    const around = new Set<Run>();
    for (const run of stuck) for (const each of runsAround(state, run)) around.add(each);
    for (const run of stuck) if (mayCome(state, run, around)) stuck.delete(run);
  }
  return stuck;
}

/** The task that goes on for the sake of this run; one that holds another run by now waits for that. */
function holderOf({ tasks }: State, run: Run): Task | undefined {
  const task = tasks.get(run.parent);
  const holds = task?.node?.box !== undefined && task.node.run === run.seq && !isEnded(task.state);
  return holds ? task : undefined;
}

/** One of those that have a place in its group does not wait for anything like this, or the run waits for one around it. */
function mayCome({ admission }: State, { group }: Run, stuck: ReadonlySet<Run>): boolean {
  const { admitted } = admission.groups.get(group!.name)!;
  for (const run of admitted) if (!stuck.has(run)) return true;
  return admitted.size < group!.limit;
}

function* runsAround(state: State, run: Run): Generator<Run> {
  for (let at = outerRun(state, run); at !== undefined; at = outerRun(state, at)) yield at;
}

function reasonOf(state: State, run: Run): string {
  const { name } = run.group!;
  const [holder] = state.admission.groups.get(name)!.admitted;
  const mine: string[] = [];
  for (const { seq, group, admitted } of runsAround(state, run)) {
    if (group !== undefined && admitted) mine.push(`r${seq} around it has one in ${group.name}`);
  }
  const wait = `its run r${run.seq} would wait for ever for a place in the group ${name}, which r${holder?.seq} has`;
  return `${wait} and ${mine.join(", ")}: let all runs take these groups in one order, or one group for both`;
}
