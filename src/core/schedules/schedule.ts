/**
 * Schedules as core holds them: when the next tick is due, which ticks wait, and what is still active of the earlier ones.
 *
 * SC1  A tick is a schedule and a nominal time. It is decided once: `nextAt` has moved on when its event is out.
 * SC2  A fired tick stays in `firing` until its target was made, in the same batch as that. So a crash between the two
 *      makes it once more from the start, and never twice.
 * SC3  `active` is what the schedule's ticks made and has not ended; it follows from the live tasks and runs alone.
 */
import { hashText } from "../../base/hash.ts";
import type { CatchUp, Overlap } from "../../base/words.ts";
import type { Origin } from "../asks.ts";
import type { ScheduleRule } from "./calendar.ts";
import type { CatchUpRule, ScheduleDefinition } from "./events.ts";

export type Manual = "trigger" | "backfill" | undefined;

export class Schedule {
  readonly name: string;
  rule: ScheduleRule;
  overlap: Overlap;
  catchUp: CatchUpRule;
  jitterMs: number;
  paused: boolean;
  /** The next tick of the calendar; 0 = there is none, or it is paused. */
  nextAt = 0;
  /** The newest tick of the calendar that was decided; 0 = none was. */
  lastTick = 0;
  /** Ticks that wait for what is active, ascending. */
  readonly queue: { readonly tick: number; readonly manual: Manual }[] = [];
  /** Fired ticks whose target was not made yet. */
  readonly firing = new Map<number, Manual>();
  /** Ticks up to this one are being caught up, however late they are. Lost with the process: then it is decided anew. */
  caughtUpTo = 0;
  /** The newest tick that a person triggered since the start of the process. */
  lastTrigger = 0;

  constructor({ schedule, rule, overlap, catchUp, jitterMs, paused }: ScheduleDefinition) {
    this.name = schedule;
    this.rule = rule;
    this.overlap = overlap;
    this.catchUp = catchUp;
    this.jitterMs = jitterMs;
    this.paused = paused;
  }

  /** When the next tick is to be fired; Infinity = there is none. */
  get wakeAt(): number {
    return this.nextAt === 0 ? Infinity : this.nextAt + this.jitterOf(this.nextAt);
  }

  /** By how much this tick is fired later: its own share of the jitter, the same however often it is asked. */
  jitterOf(tick: number): number {
    if (this.jitterMs === 0) return 0;
    const hash = Number.parseInt(hashText(`${this.name}\n${tick}`).slice(0, 8), 16);
    return Math.floor((hash / 2 ** 32) * this.jitterMs);
  }

  /** Adds a tick that waits; the queue stays ascending. */
  enqueue(tick: number, manual: Manual): void {
    let index = this.queue.length;
    while (index > 0 && this.queue[index - 1]!.tick > tick) index--;
    this.queue.splice(index, 0, { tick, manual });
  }

  /** Takes a tick out of the queue, if it waits there. */
  dequeue(tick: number): void {
    const index = this.queue[0]?.tick === tick ? 0 : this.queue.findIndex((waiting) => waiting.tick === tick);
    if (index >= 0) this.queue.splice(index, 1);
  }
}

export interface Schedules {
  readonly byName: Map<string, Schedule>;
  /** Live tasks (their numbers) and runs (theirs, negative) that a schedule made, by its name, though it may be gone. */
  readonly active: Map<string, Set<number>>;
  /** Schedules with waiting ticks of which nothing is active any more, since the last command. */
  readonly freed: Set<Schedule>;
}

export function createSchedules(): Schedules {
  return { byName: new Map(), active: new Map(), freed: new Set() };
}

/** A task or run that a schedule made has come to life; a run is passed as its negative number. */
export function began({ active }: Schedules, origin: Origin, what: number): void {
  if (origin.type !== "schedule") return;
  const set = active.get(origin.schedule);
  if (set === undefined) active.set(origin.schedule, new Set([what]));
  else set.add(what);
}

/** It has ended. */
export function finished(schedules: Schedules, origin: Origin, what: number): void {
  if (origin.type !== "schedule") return;
  const set = schedules.active.get(origin.schedule);
  if (set?.delete(what) !== true || set.size > 0) return;
  schedules.active.delete(origin.schedule);
  const schedule = schedules.byName.get(origin.schedule);
  if (schedule !== undefined) noteFree(schedules, schedule);
}

/** Remembers a schedule whose next waiting tick may be fired. */
export function noteFree(schedules: Schedules, schedule: Schedule): void {
  if (schedule.queue.length > 0 && !isBusy(schedules, schedule)) schedules.freed.add(schedule);
}

/** Something that an earlier tick made, or is about to make, has not ended. */
export function isBusy({ active }: Schedules, schedule: Schedule): boolean {
  return schedule.firing.size > 0 || active.has(schedule.name);
}

/** What the words mean for somebody who reads a history of ticks. */
export const CATCH_UP_WORDS: Readonly<Record<CatchUp, string>> = {
  none: "its time passed unseen, and the schedule catches nothing up",
  latest: "its time passed unseen, and only the latest tick is caught up",
  all: "its time passed unseen, and it lies outside of what is caught up",
};
