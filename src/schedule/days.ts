/**
 * Which days a cron expression means. The calendar arithmetic (last days, nearest weekdays, the n-th Monday, leap years)
 * is croner's, asked in UTC about midnights; days are numbered from 1970-01-01 = 0.
 */
import { Cron } from "croner";
import type { Field } from "./field.ts";
import { DAY_MS } from "./zone.ts";

export class Days {
  /** Undefined = every day. */
  readonly #cron: Cron | undefined;
  // The newest answers: there is no day of the pattern in [from, found), and none in (found, to].
  #next = { from: 0, found: -1 };
  #previous = { found: 0, to: -1 };

  constructor(cron: Cron | undefined) {
    this.#cron = cron;
  }

  /** The first day at or after `day`. */
  next(day: number): number | undefined {
    if (this.#cron === undefined) return day;
    if (day >= this.#next.from && day <= this.#next.found) return this.#next.found;
    const run = this.#cron.nextRun(new Date(day * DAY_MS - 1000));
    if (run === null) return undefined;
    this.#next = { from: day, found: run.getTime() / DAY_MS };
    return this.#next.found;
  }

  /** The last day at or before `day`. */
  previous(day: number): number | undefined {
    if (this.#cron === undefined) return day;
    if (day <= this.#previous.to && day >= this.#previous.found) return this.#previous.found;
    const run = this.#cron.previousRuns(1, new Date((day + 1) * DAY_MS))[0];
    if (run === undefined) return undefined;
    this.#previous = { found: run.getTime() / DAY_MS, to: day };
    return this.#previous.found;
  }
}

/** A croner pattern takes several kilobytes, and most schedules mean one of a few sets of days. */
const CACHE_MAX = 1000;
const cache = new Map<string, Days>();

/** Days that all three fields allow; when neither day field begins with `*`, one of the two is enough. */
export function daysOf(day: Field, month: Field, weekday: Field): Days {
  const both = day.star || weekday.star;
  let [dayList, weekdayList] = [list(day), list(weekday)];
  // Either is enough, and one of them holds always: croner would take its `*` for no restriction.
  if (!both && (dayList === "*" || weekdayList === "*")) dayList = weekdayList = "*";
  const text = `0 0 0 ${dayList} ${list(month)} ${weekdayList}`;
  const key = `${text} ${both}`;
  let days = cache.get(key);
  if (days === undefined) {
    if (cache.size >= CACHE_MAX) cache.clear();
    const cron = () => new Cron(text, { timezone: "UTC", mode: "6-part", domAndDow: both });
    days = new Days(text === "0 0 0 * * *" ? undefined : cron());
    cache.set(key, days);
  }
  return days;
}

function list({ kind, values, special }: Field): string {
  const all = kind.max === 7 ? 7 : kind.max - kind.min + 1;
  return values.length === all ? "*" : [...values, ...special].join(",").toUpperCase();
}
