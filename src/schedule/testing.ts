/**
 * For tests only: cron by brute force, a minute at a time, with none of the code that it checks. Zones are asked of
 * Temporal, days are counted by hand, nothing is searched for.
 */

const MINUTE = 60_000;

type Unit = (value: number) => boolean;

export interface SlowCron {
  /** Minute and hour of the day fit. */
  time(minute: number, hour: number): boolean;
  /** The day fits: year, month from 1, day of month. */
  day(year: number, month: number, day: number): boolean;
  /** The hour field begins with `*`. */
  elapsed: boolean;
}

/** Reads five fields. */
export function slowCron(text: string): SlowCron {
  const [minute, hour, dom, month, dow] = text.split(" ") as [string, string, string, string, string];
  const [minutes, hours, months] = [unit(minute, 0, 59), unit(hour, 0, 23), unit(month, 1, 12)];
  return {
    time: (atMinute, atHour) => minutes(atMinute) && hours(atHour),
    day(year, atMonth, day) {
      if (!months(atMonth)) return false;
      const inMonth = dom.split(",").some((part) => dayPart(part, year, atMonth, day));
      const inWeek = dow.split(",").some((part) => weekdayPart(part, year, atMonth, day));
      return dom.startsWith("*") || dow.startsWith("*") ? inMonth && inWeek : inMonth || inWeek;
    },
    elapsed: hour.startsWith("*"),
  };
}

function unit(text: string, min: number, max: number): Unit {
  return (value) => text.split(",").some((part) => inPart(part, value, min, max));
}

function inPart(part: string, value: number, min: number, max: number): boolean {
  const [range, step = "1"] = part.split("/") as [string, string?];
  const [from, to] = range === "*" ? [min, max] : (range.split("-").map(Number) as [number, number?]);
  const last = to ?? (part.includes("/") ? max : from);
  return value >= from && value <= last && (value - from) % Number(step) === 0;
}

export function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function lengthOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function dayPart(part: string, year: number, month: number, day: number): boolean {
  const length = lengthOf(year, month);
  const isWorkday = (one: number): boolean => ![0, 6].includes(weekdayOf(year, month, one));
  if (part === "L") return day === length;
  if (part === "LW") {
    for (let last = length; ; last--) if (isWorkday(last)) return day === last;
  }
  if (part.endsWith("W")) {
    const wanted = Number.parseInt(part, 10);
    if (wanted > length) return false;
    // The nearest workday of the month, the earlier one first.
    for (const near of [0, -1, 1, -2, 2].map((off) => wanted + off))
      if (near >= 1 && near <= length && isWorkday(near)) return day === near;
  }
  return inPart(part, day, 1, 31);
}

function weekdayPart(part: string, year: number, month: number, day: number): boolean {
  const weekday = weekdayOf(year, month, day);
  if (part.endsWith("L")) return weekday === Number(part[0]) % 7 && day + 7 > lengthOf(year, month);
  if (part.includes("#")) return weekday === Number(part[0]) % 7 && Math.ceil(day / 7) === Number(part[2]);
  return inPart(part, weekday, 0, 7) || (weekday === 0 && inPart(part, 7, 0, 7));
}

/** What the clocks of a zone show, minute after minute. */
export interface WallMinute {
  at: number;
  /** As if it were UTC. */
  wall: number;
}

export function walk(zone: string, from: number, to: number): WallMinute[] {
  const minutes: WallMinute[] = [];
  for (let at = from; at < to; at += MINUTE) {
    const { offsetNanoseconds } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    minutes.push({ at, wall: at + offsetNanoseconds / 1e6 });
  }
  return minutes;
}

/** Every tick in the minutes, by the rule of docs/reference/schedules.md told as a walk. */
export function slowTicks(cron: SlowCron, minutes: readonly WallMinute[]): number[] {
  const fits = (wall: number): boolean => {
    const date = new Date(wall);
    return (
      cron.time(date.getUTCMinutes(), date.getUTCHours()) &&
      cron.day(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
    );
  };
  const ticks = new Set<number>();
  let shownUntil = -Infinity;
  for (const [index, { at, wall }] of minutes.entries()) {
    const before = minutes[index - 1]?.wall ?? wall - MINUTE;
    if (wall <= before) shownUntil = before;
    for (let lost = before + MINUTE; lost < wall; lost += MINUTE) {
      if (fits(lost)) ticks.add(cron.elapsed ? at + (lost - before - MINUTE) : at);
    }
    if (fits(wall) && (cron.elapsed || wall > shownUntil)) ticks.add(at);
  }
  return [...ticks].filter((tick) => tick <= minutes.at(-1)!.at).sort((a, b) => a - b);
}

/** The moments of a decade at which the clocks of a zone are changed. */
export function changesOf(zone: string, from: number, to: number): number[] {
  const changes: number[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone).getTimeZoneTransition("next");
  while (at !== null && at.epochMilliseconds < to) {
    changes.push(at.epochMilliseconds);
    at = at.getTimeZoneTransition("next");
  }
  return changes;
}
