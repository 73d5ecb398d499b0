/** Times as people read them. The caller says what time it is. */
import { formatDuration } from "../base/duration.ts";

/** `3s ago`, `in 2m00s`, `now`. */
export function relative(iso: string | undefined, now: number): string {
  if (iso === undefined) return "";
  const ms = now - Date.parse(iso);
  if (Math.abs(ms) < 500) return "now";
  return ms > 0 ? `${formatDuration(round(ms))} ago` : `in ${formatDuration(round(-ms))}`;
}

/** Seconds are enough beyond one, and hours beyond a day. */
function round(ms: number): number {
  return ms < 1000 ? ms : Math.round(ms / 1000) * 1000;
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
