/**
 * When a schedule is due: data, and the function that reads it. Calendar arithmetic (zones, cron fields, holidays) is not
 * core's business; the shell hands the function in, and it must be pure: equal arguments, equal answers.
 */

/** When something is due. Exactly one of `crons`, `everyMs` and `at` says so; the rest narrows it. */
export interface ScheduleRule {
  /** Cron expressions; due whenever one of them is. */
  readonly crons?: readonly string[] | undefined;
  /** Elapsed time between ticks; they are `anchor` + n x `everyMs`. */
  readonly everyMs?: number | undefined;
  readonly anchor?: number | undefined;
  /** Moments, ascending. */
  readonly at?: readonly number[] | undefined;
  /** IANA time zone in which crons, dates and blackouts are read. */
  readonly zone: string;
  /** Epoch milliseconds; ticks lie in [startAt, endAt). */
  readonly startAt?: number | undefined;
  readonly endAt?: number | undefined;
  /** Days without ticks: `2026-12-25`, `12-25` (each year), `2026-07-01/2026-07-14`, `sat`. */
  readonly excludeDays?: readonly string[] | undefined;
  readonly blackouts?: readonly Blackout[] | undefined;
  /** Seed of `H` in crons: the schedule's name. */
  readonly seed: string;
}

/** A stretch of time without ticks: each day between two wall-clock times, or once between two moments. */
export interface Blackout {
  /** `22:00`, or epoch milliseconds. */
  readonly from: string | number;
  /** Exclusive; earlier than `from` = past midnight. */
  readonly to: string | number;
  /** Days of the week on which it begins (`mon` … `sun`); absent = each day. For wall-clock times only. */
  readonly days?: readonly string[] | undefined;
}

/** All ticks are whole epoch milliseconds. */
export interface Calendar {
  /** The first tick later than `after`; undefined = there is none within ten years. */
  next(rule: ScheduleRule, after: number): number | undefined;
  /** The last tick at or before `at`, and later than `after`. */
  previous(rule: ScheduleRule, at: number, after: number): number | undefined;
}
