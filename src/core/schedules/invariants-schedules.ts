/** What must hold of schedules after every turn; see `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import { isBusy } from "./schedule.ts";
import type { State } from "../state.ts";

export function checkSchedules(state: State): void {
  checkActive(state);
  const timed = new Set<unknown>();
  for (const { kind, subject } of state.timers) if (kind === "schedule") timed.add(subject);
  const { schedules } = state;
  for (const schedule of schedules.byName.values()) {
    const { name, nextAt, queue, firing, paused, overlap } = schedule;
    assert(nextAt === 0 || timed.has(schedule), `schedule ${name} has a timer`);
    assert(!paused || nextAt === 0, `schedule ${name} is paused and has no next tick`);
    for (const [index, { tick }] of queue.entries()) {
      assert(index === 0 || queue[index - 1]!.tick < tick, `the ticks of ${name} wait in order, once each`);
      assert(!firing.has(tick), `a tick of ${name} waits or is being made`);
    }
    const waits = queue.length > 0 && !paused;
    assert(!waits || (overlap !== "allow" && isBusy(schedules, schedule)), `ticks of ${name} wait for something`);
  }
}

/** SC3: what is active follows from the live tasks and runs. */
function checkActive({ tasks, runs, endedRuns, schedules }: State): void {
  const active = new Map<string, Set<number>>();
  const note = (name: string, what: number): void => {
    active.set(name, (active.get(name) ?? new Set()).add(what));
  };
  for (const { asks, state, seq } of tasks.values()) {
    if (asks?.origin?.type === "schedule" && !isEnded(state)) note(asks.origin.schedule, seq);
  }
  for (const run of runs.values()) {
    if (run.origin?.type === "schedule" && !endedRuns.includes(run)) note(run.origin.schedule, -run.seq);
  }
  assert(active.size === schedules.active.size, "as many schedules are active as made something that is live");
  for (const [name, live] of active) {
    const known = schedules.active.get(name) ?? new Set();
    assert(live.symmetricDifference(known).size === 0, `schedule ${name} knows what is active of it`);
  }
}
