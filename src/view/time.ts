/** Times as people read them. The caller says what time it is. */
import { formatDuration } from "../base/duration.ts";

/** `3s ago`, `12m ago`, `3h20m ago`, `in 2m00s`, `now`. */
export function relative(iso: string | undefined, now: number): string {
  if (iso === undefined) return "";
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  if (seconds === 0) return "now";
  return seconds > 0 ? `${age(seconds)} ago` : `in ${formatDuration(-seconds * 1000)}`;
}

/** What is over gets no nearer: seconds of minutes would only make every row of a list move each second. */
function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m` : formatDuration(minutes * 60_000);
}

/** Time between two moments, the second one now when it is not known; nothing before the first. */
export function elapsed(from: string | undefined, to: string | undefined, now: number): string {
  if (from === undefined) return "";
  const ms = (to === undefined ? now : Date.parse(to)) - Date.parse(from);
  return formatDuration(Math.max(0, ms));
}

/** `12:00:01` in the reader's zone. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `12:00:01` when that is today, else `2026-11-21 12:00`; in the reader's zone. */
export function moment(iso: string | undefined, now: number): string {
  if (iso === undefined) return "";
  const date = new Date(iso);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return clockTime(date.getTime());
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `${day.map((part) => String(part).padStart(2, "0")).join("-")} ${clockTime(date.getTime()).slice(0, 5)}`;
}

/** `until 12:03:10, in 42s`. */
export function until(iso: string | undefined, now: number): string {
  return iso === undefined ? "" : `until ${moment(iso, now)}, ${relative(iso, now)}`;
}

/** `Mon 2026-03-30 02:30:00 +02:00`: as the clocks of the zone show it. */
export function zonedTime(iso: string, zone: string): string {
  const fields = { weekday: "short", year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset", ...fields, ...clock });
  const parts = new Map(format.formatToParts(Date.parse(iso)).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const offset = of("timeZoneName").replace("GMT", "") || "+00:00";
  const day = `${of("weekday")} ${of("year")}-${of("month")}-${of("day")}`;
  return `${day} ${of("hour")}:${of("minute")}:${of("second")} ${offset}`;
}
