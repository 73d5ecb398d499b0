/** Schedules and their open ticks, as the store has them. What is active of them follows from the tasks and runs. */
import type { StoredState } from "../load.ts";
import { setNext } from "./apply-schedule.ts";
import { began, noteFree, Schedule } from "./schedule.ts";
import type { State } from "../state.ts";

/** To be called when live tasks and runs are loaded. */
export function loadSchedules(state: State, stored: Pick<StoredState, "schedules" | "ticks">): void {
  const { schedules } = state;
  for (const row of stored.schedules) {
    const schedule = new Schedule(row);
    schedule.lastTick = row.lastTick ?? 0;
    schedules.byName.set(row.schedule, schedule);
    setNext(state, schedule, row.nextAt ?? null);
  }
  for (const { schedule: name, tick, action, manual } of stored.ticks) {
    const schedule = schedules.byName.get(name);
    if (action === "fired") schedule?.firing.set(tick, manual);
    else schedule?.enqueue(tick, manual);
  }
  for (const run of state.runs.values()) if (run.origin !== undefined) began(schedules, run.origin, -run.seq);
  for (const task of state.tasks.values()) {
    const origin = task.asks?.origin;
    if (origin !== undefined) began(schedules, origin, task.seq);
  }
  // A tick never waits for nothing, whatever the store says: it is let go with the first turn.
  for (const schedule of schedules.byName.values()) noteFree(schedules, schedule);
  for (const schedule of schedules.freed) state.timers.add(1, "schedule", schedule);
}
