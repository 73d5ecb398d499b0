/**
 * A state that only follows: another server decides, and here the same events are applied.
 *
 * RP1  After `followBatch` the state is what the deciding server's is after that turn, but for what S1 names (`state.ts`).
 * RP2  Nothing of a follower grows with the events that went by: what only a decision would take away (timers that mean
 *      nothing any more, notes for the next decision) is let go here.
 * RP3  `takeOver` makes of it a state to decide on, as good as one that was loaded: nobody is connected, every worker gets
 *      the time of a lease to come back, and what waits for nothing any more is looked at in the first turn.
 */
import { isEnded } from "../base/words.ts";
import { apply } from "./apply.ts";
import type { Batch } from "./event.ts";
import { watchLease } from "./fleet/decide-worker.ts";
import { endReservation, noteRoom, openWorkers } from "./fleet/fleet.ts";
import { Worker } from "./fleet/worker.ts";
import { expireUnique, UniqueEntry } from "./flow/uniques.ts";
import { Gate } from "./limits/gate.ts";
import { Arm } from "./lane.ts";
import { Run } from "./run.ts";
import { noteFree, Schedule } from "./schedules/schedule.ts";
import type { State } from "./state.ts";
import { Task } from "./task.ts";
import type { TimerSubject } from "./timers.ts";

/** Applies what another server has decided in one turn. What ended in it stays until `forgetEnded`. */
export function followBatch(state: State, { events, at }: Batch): void {
  for (const event of events) apply(state, event, at);
  // Whoever decided it has dealt with these in the same turn.
  state.admission.freed.clear();
  state.schedules.freed.clear();
}

/**
 * Lets go of what means nothing any more, which only a decision would have taken away (RP2). What has run out by the clock
 * of one server may still count by that of the next: it goes when it has run out by both.
 */
export function tidy(state: State, now: number): void {
  const both = Math.min(state.now, now);
  for (const entry of state.flow.uniques.values()) expireUnique(state, entry, both);
  state.timers.keep((at, subject) => isMeant(state, at, subject));
  openWorkers(state, state.now);
}

/** This server decides no more: whoever was connected is so no longer, and it follows from here on. */
export function standBack(state: State, now: number): void {
  for (const reservation of state.fleet.reservations) endReservation(state.fleet, reservation);
  for (const worker of state.workers.values()) {
    worker.session = 0;
    worker.local = false;
    worker.watched = false;
    noteRoom(state.fleet, worker);
  }
  state.admission.freed.clear();
  state.schedules.freed.clear();
  tidy(state, now);
}

/** This server decides from now on (RP3). */
export function takeOver(state: State, now: number, leaseMs: number): void {
  tidy(state, now);
  for (const worker of state.workers.values()) {
    worker.lastSeenAt = now;
    worker.suspectAt = -1;
    worker.watched = false;
    watchLease(state, worker, now + (leaseMs * 2) / 3);
  }
  const { schedules } = state;
  for (const schedule of schedules.byName.values()) noteFree(schedules, schedule);
  for (const schedule of schedules.freed) state.timers.add(1, "schedule", schedule);
}

/** True when somebody who decides would act on it. Leases are watched by whoever leads, and begin anew with it. */
function isMeant(state: State, at: number, subject: TimerSubject): boolean {
  if (subject instanceof Task) return !isEnded(subject.state) && state.tasks.get(subject.seq) === subject;
  if (subject instanceof Schedule) return subject.wakeAt === at && state.schedules.byName.get(subject.name) === subject;
  if (subject instanceof Run) return !subject.over && state.runs.get(subject.seq) === subject;
  if (subject instanceof UniqueEntry) return state.flow.uniques.get(subject.key) === subject;
  if (subject instanceof Gate || subject instanceof Arm) return subject.wakeAt !== 0;
  return !(subject instanceof Worker);
}
