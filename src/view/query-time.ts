/**
 * Times as people write them in the query bar: `2h` (ago), `today`, `yesterday`, `10:00`, `2026-11-20`,
 * `2026-11-20T10:00`, with or without a zone. What is relative stays so in a saved view; the caller says what time it is.
 */
import { parseDuration } from "../base/duration.ts";

export const TIME_FORM = "2h (ago), today, yesterday, 10:00, 2026-11-20 or 2026-11-20T10:00";

/** Whose clocks a time without a zone is read by. */
export type Clocks = "local" | "utc";

const DAY_MS = 86_400_000;
const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

/** The moment in epoch milliseconds; undefined when the text names none. */
export function momentOf(text: string, now: number, clocks: Clocks): number | undefined {
  const lower = text.trim().toLowerCase();
  if (lower === "now") return now;
  if (lower === "today") return startOfDay(now, clocks);
  // Midday of the day before lies in it, however long the days are.
  if (lower === "yesterday") return startOfDay(startOfDay(now, clocks) - DAY_MS / 2, clocks);
  const ago = parseDuration(lower);
  if (ago !== undefined) return Math.max(0, now - ago);
  const clock = CLOCK.exec(lower);
  if (clock) return atClock(now, clocks, Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0));
  return dateOf(text.trim(), clocks);
}

/** True for a text that means a moment, whatever time it is. */
export function isTime(text: string): boolean {
  return momentOf(text, 1e12, "utc") !== undefined;
}

function dateOf(text: string, clocks: Clocks): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hours = "00", minutes = "00", seconds = "00", zone] = match;
  // A day that the month does not have would be read as one of the next month.
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > last) return undefined;
  const ends = zone?.toUpperCase() ?? (clocks === "utc" ? "Z" : "");
  const at = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}${ends}`);
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

function startOfDay(at: number, clocks: Clocks): number {
  return atClock(at, clocks, 0, 0, 0);
}

function atClock(at: number, clocks: Clocks, hours: number, minutes: number, seconds: number): number {
  const date = new Date(at);
  return clocks === "utc" ? date.setUTCHours(hours, minutes, seconds, 0) : date.setHours(hours, minutes, seconds, 0);
}
