/** The times at which a schedule is closed: excluded days and blackouts. Built once for a rule, then asked per tick. */
import type { Blackout, ScheduleRule } from "../core/schedules/calendar.ts";
import { invalid } from "./refuse.ts";
import { DAY_NAMES } from "./field.ts";
import { DAY_MS, type Zone } from "./zone.ts";

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday; weeks are counted from a Sunday. */
const THURSDAY = 4;

/** `from` inclusive, `to` exclusive. */
export interface Interval {
  from: number;
  to: number;
}

export class Closed {
  readonly #zone: Zone;
  readonly #days = new Set<number>();
  readonly #ranges: Interval[] = [];
  /** `12-25`. */
  readonly #yearly = new Set<string>();
  readonly #weekdays = new Set<number>();
  /** Wall-clock times of the week, in milliseconds from Sunday; apart from each other, ascending. */
  readonly #weekly: Interval[];
  /** Between two moments; apart from each other, ascending. */
  readonly #moments: Interval[];
  /** Nothing is ever closed. */
  readonly #none: boolean;

  constructor(rule: ScheduleRule, zone: Zone) {
    this.#zone = zone;
    const { excludeDays = [], blackouts = [] } = rule;
    for (const [index, day] of excludeDays.entries()) this.#exclude(day, index);
    this.#weekly = merged(blackouts.flatMap(weeklyOf));
    this.#moments = merged(blackouts.flatMap(momentsOf));
    this.#none = excludeDays.length === 0 && blackouts.length === 0;
  }

  /** A closed time around `at`, perhaps a part of a longer one; undefined when it is open then. */
  at(at: number): Interval | undefined {
    if (this.#none) return undefined;
    const moment = around(this.#moments, at);
    if (moment !== undefined) return moment;
    const { from, to, offset } = this.#zone.span(at);
    const wall = at + offset;
    const day = Math.floor(wall / DAY_MS);
    let closed: Interval | undefined;
    if (this.#excluded(day)) closed = { from: day * DAY_MS, to: (day + 1) * DAY_MS };
    else {
      const week = Math.floor((day + THURSDAY) / 7) * WEEK_MS - THURSDAY * DAY_MS;
      const found = around(this.#weekly, wall - week);
      if (found !== undefined) closed = { from: week + found.from, to: week + found.to };
    }
    // Within a span the wall clock runs evenly, so that its times can be turned into instants by subtraction.
    return closed && { from: Math.max(from, closed.from - offset), to: Math.min(to, closed.to - offset) };
  }

  #excluded(day: number): boolean {
    if (this.#days.has(day) || this.#weekdays.has((day + THURSDAY) % 7)) return true;
    if (around(this.#ranges, day) !== undefined) return true;
    return this.#yearly.size > 0 && this.#yearly.has(new Date(day * DAY_MS).toISOString().slice(5, 10));
  }

  #exclude(text: string, index: number): void {
    const path = `exclude[${index}]`;
    const weekday = DAY_NAMES.indexOf(text as (typeof DAY_NAMES)[number]);
    if (weekday >= 0) this.#weekdays.add(weekday);
    else if (/^\d\d-\d\d$/.test(text)) {
      // A leap year, so that 02-29 may be excluded.
      dayOf(`2024-${text}`, path, text);
      this.#yearly.add(text);
    } else {
      const [first, last] = text.split("/");
      const from = dayOf(first!, path, text);
      if (last === undefined) this.#days.add(from);
      else {
        const to = dayOf(last, path, text) + 1;
        if (to <= from) throw invalid(path, `is a range that runs backwards: ${text}`);
        this.#ranges.push({ from, to });
      }
    }
  }
}

/** The number of the day, 1970-01-01 = 0. */
function dayOf(date: string, path: string, text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // Date.parse takes 2026-02-30 for the 2nd of March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== date)
    throw invalid(
      path,
      `names no day: ${JSON.stringify(text)}; write it as 2026-12-25, 12-25 or 2026-07-01/2026-07-14`,
    );
  return at / DAY_MS;
}

function weeklyOf({ from, to, days }: Blackout, index: number): Interval[] {
  if (typeof from === "number" || typeof to === "number") return [];
  const [begin, end] = [clock(from, `blackouts[${index}].from`), clock(to, `blackouts[${index}].to`)];
  const length = end > begin ? end - begin : end - begin + DAY_MS;
  return (days ?? DAY_NAMES).flatMap((name, position) => {
    const day = DAY_NAMES.indexOf(name as (typeof DAY_NAMES)[number]);
    if (day < 0) throw invalid(`blackouts[${index}].days[${position}]`, `is none of ${DAY_NAMES.join(", ")}: ${name}`);
    const at = day * DAY_MS + begin;
    const over = at + length - WEEK_MS;
    return over <= 0
      ? [{ from: at, to: at + length }]
      : [
          { from: at, to: WEEK_MS },
          { from: 0, to: over },
        ];
  });
}

function momentsOf({ from, to }: Blackout, index: number): Interval[] {
  if (typeof from === "string" && typeof to === "string") return [];
  if (typeof from === "string" || typeof to === "string")
    throw invalid(`blackouts[${index}]`, "mixes a time of day with a moment; both ends must be of one sort");
  if (to <= from) throw invalid(`blackouts[${index}].to`, "must be later than from");
  return [{ from, to }];
}

function clock(text: string, path: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) throw invalid(path, `is no time of day such as 22:00: ${JSON.stringify(text)}`);
  return (Number(match[1]) * 60 + Number(match[2])) * 60_000;
}

/** The same time, in intervals that do not touch. */
function merged(intervals: Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

function around(intervals: readonly Interval[], at: number): Interval | undefined {
  return intervals.find(({ from, to }) => from <= at && at < to);
}
