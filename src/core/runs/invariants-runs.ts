/** Cross-checks of runs that may not go on, for `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import { limitAround } from "../graph/room.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { isInLine } from "./admission.ts";
import { isHalted } from "./halt.ts";
import { stuckRuns } from "./standstill.ts";

export function checkRuns(state: State): void {
  checkHeld(state);
  checkGroups(state);
}

/** RH1 in `halt.ts`, and nobody is forgotten there. */
function checkHeld(state: State): void {
  const { held } = state.flow;
  for (const task of state.tasks.values()) {
    if (task.state !== "queued" || task.run === undefined) continue;
    const halted = isHalted(state, task.run);
    const why = held.get(task);
    if (why === "room") checkRoom(state, task);
    assert(!halted || why !== undefined, `t${task.seq}, whose run may not go on, is in no lane`);
    if (why !== "run") continue;
    assert(halted, `t${task.seq} is held for its run, which may not go on`);
    assert(task.run.held.includes(task) && state.admission.halted.has(task.run), `t${task.seq} is let go with its run`);
  }
}

/** RM1 in `graph/room.ts`, and nobody waits for a place that is free. */
function checkRoom(state: State, task: Task): void {
  const limited = limitAround(state, task);
  const room = limited?.box.room;
  assert(room !== undefined && room.waiting.includes(task), `t${task.seq} is let go when there is room for it`);
  assert(room.inside.size >= limited!.limit, `t${task.seq} waits for room where there is none`);
  for (const { seq, state: now } of room.inside) assert(!isEnded(now), `t${seq} has a place and lives`);
}

/** AD1 and AD2 in `admission.ts`. */
function checkGroups(state: State): void {
  const { groups, inner } = state.admission;
  for (const run of inner) assert(run.parent !== 0 && !run.admitted, `r${run.seq} waits inside another run`);
  for (const run of stuckRuns(state)) assert(false, `r${run.seq} can have a place some day`);
  for (const [name, { admitted, waiting }] of groups) {
    assert(admitted.size + waiting.length > 0, `group ${name} is forgotten with its last run`);
    for (const run of admitted) assert(run.admitted && run.group?.name === name, `r${run.seq} has a place in ${name}`);
    for (const [at, run] of waiting.entries()) {
      assert(!run.admitted && run.group?.name === name, `r${run.seq} waits for a place in ${name}`);
      assert(at === 0 || waiting[at - 1]!.seq < run.seq, `the runs that wait in ${name} stand in order`);
    }
    const first = waiting.find((run) => isInLine(state, run));
    assert(first === undefined || admitted.size >= first.group!.limit, `r${first?.seq} waits in ${name} for a reason`);
  }
  for (const run of state.runs.values()) checkStanding(state, run);
}

function checkStanding(state: State, run: Run): void {
  if (run.group === undefined) return assert(run.admitted, `r${run.seq} has no group to wait in`);
  if (state.endedRuns.includes(run)) return;
  const places = state.admission.groups.get(run.group.name);
  const stands = places?.admitted.has(run) === true || places?.waiting.includes(run) === true;
  assert(stands, `r${run.seq} stands in its group ${run.group.name}`);
}
