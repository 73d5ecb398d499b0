/** What can have happened to schedules and their ticks; a part of `event.ts`, and on disk like the rest of it. */
import type { CatchUp, Overlap, TickAction } from "../../base/words.ts";
import type { ScheduleRule } from "./calendar.ts";

/** What core needs of a schedule. */
export interface ScheduleDefinition {
  schedule: string;
  rule: ScheduleRule;
  overlap: Overlap;
  catchUp: CatchUpRule;
  /** Ticks are fired up to so much later, each by a share of its own. */
  jitterMs: number;
  paused: boolean;
}

export interface CatchUpRule {
  policy: CatchUp;
  /** Ticks that were missed longer ago than this are not caught up. */
  windowMs: number;
  /** Most ticks that are caught up at once; the newest are. */
  max: number;
}

/** A schedule was made or changed. `target` (JSON text) is for the store. */
export interface ScheduleSet extends ScheduleDefinition {
  type: "ScheduleSet";
  target: string;
  /** First tick to come; absent = none. */
  nextAt?: number | undefined;
}

export interface ScheduleRemoved {
  type: "ScheduleRemoved";
  schedule: string;
}

/**
 * A tick of a schedule came, or several were missed. (schedule, tick) happens once. A `fired` tick is due until its
 * target was made (`ScheduleFired`).
 */
export interface ScheduleTicked {
  type: "ScheduleTicked";
  schedule: string;
  /** The nominal time, epoch milliseconds. */
  tick: number;
  action: TickAction;
  reason?: string | undefined;
  /** For `missed`: how many ticks ended with this one. */
  count?: number | undefined;
  /** A person asked for it: it is no tick of the calendar, or one from the past. */
  manual?: "trigger" | "backfill" | undefined;
  /** The next tick of the calendar from here on; absent when that does not change, null = none. */
  nextAt?: number | null | undefined;
}

/** The target of a tick was made, in this same batch, or could not be (`reason`). */
export interface ScheduleFired {
  type: "ScheduleFired";
  schedule: string;
  tick: number;
  made?: { task: number } | { run: number } | undefined;
  reason?: string | undefined;
}

/** An exclusion calendar was set; absent days = removed. For the store; schedules carry their days themselves. */
export interface CalendarSet {
  type: "CalendarSet";
  calendar: string;
  days?: string[] | undefined;
}
