/** How events of schedules change the state. */
import { assert } from "../../base/assert.ts";
import type { ScheduleFired, ScheduleSet, ScheduleTicked } from "./events.ts";
import { noteFree, Schedule } from "./schedule.ts";
import type { State } from "../state.ts";

export function scheduleNamed(state: State, name: string): Schedule {
  const schedule = state.schedules.byName.get(name);
  assert(schedule !== undefined, `schedule ${name} exists`);
  return schedule;
}

export function applyScheduleSet(state: State, event: ScheduleSet): void {
  const { byName } = state.schedules;
  let schedule = byName.get(event.schedule);
  if (schedule === undefined) {
    schedule = new Schedule(event);
    byName.set(event.schedule, schedule);
  } else {
    const { rule, overlap, catchUp, jitterMs, paused } = event;
    Object.assign(schedule, { rule, overlap, catchUp, jitterMs, paused, caughtUpTo: 0 });
  }
  setNext(state, schedule, event.nextAt ?? null);
}

/** From now on this is the tick to come. */
export function setNext(state: State, schedule: Schedule, nextAt: number | null): void {
  schedule.nextAt = nextAt ?? 0;
  if (nextAt !== null) state.timers.add(schedule.wakeAt, "schedule", schedule);
}

export function applyScheduleTicked(state: State, event: ScheduleTicked): void {
  const schedule = scheduleNamed(state, event.schedule);
  const { tick, action, manual, nextAt } = event;
  schedule.dequeue(tick);
  if (manual === undefined) schedule.lastTick = Math.max(schedule.lastTick, tick);
  else if (manual === "trigger") schedule.lastTrigger = tick;
  if (action === "fired") schedule.firing.set(tick, manual);
  else if (action === "queued") schedule.enqueue(tick, manual);
  if (nextAt !== undefined) setNext(state, schedule, nextAt);
}

export function applyScheduleFired(state: State, event: ScheduleFired): void {
  const schedule = scheduleNamed(state, event.schedule);
  assert(schedule.firing.delete(event.tick), `tick ${event.tick} of ${event.schedule} was fired`);
  noteFree(state.schedules, schedule);
}
