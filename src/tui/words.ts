/** Short words for cells: ages in one unit, so that they change seldom, and counts that fit. */
import { formatDuration } from "../base/duration.ts";

/** `now`, `12s`, `5m`, `3h`, `2d`: since then, or until then. */
export function age(iso: string | undefined, now: number): string {
  return iso === undefined ? "" : spanOf(Math.abs(now - Date.parse(iso)));
}

export function spanOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "now";
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `5m ago`, `now`. */
export function ago(iso: string | undefined, now: number): string {
  const text = age(iso, now);
  return text === "now" || text === "" ? text : `${text} ago`;
}

/** `in 5m`, `now`. */
export function inTime(iso: string | undefined, now: number): string {
  const text = age(iso, now);
  return text === "now" || text === "" ? text : `in ${text}`;
}

/** Time that it took, or takes: a task that runs shows whole seconds. */
export function took(from: string | undefined, to: string | undefined, now: number): string {
  if (from === undefined) return "";
  const ms = Math.max(0, (to === undefined ? now : Date.parse(to)) - Date.parse(from));
  if (to === undefined && ms < 1000) return "0s";
  return formatDuration(to === undefined ? Math.floor(ms / 1000) * 1000 : ms);
}

/** `950`, `12.4k`, `3.1M`. */
export function count(value: number): string {
  if (value < 10_000) return String(value);
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 100_000 ? 1 : 0)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const SIGNS = "▁▂▃▄▅▆▇█";

/** One sign a column for the newest values; nothing happened is a low line, not known is a gap. */
export function sparks(values: readonly (number | null)[], columns: number, most?: number): string {
  const step = Math.max(1, Math.ceil(values.length / columns));
  const sums: (number | null)[] = [];
  for (let end = values.length; end > 0 && sums.length < columns; end -= step) {
    const known = values.slice(Math.max(0, end - step), end).filter((value) => value !== null);
    sums.push(known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  const max = most ?? Math.max(0, ...sums.filter((value) => value !== null));
  return sums
    .toReversed()
    .map((value) => {
      if (value === null) return " ";
      if (max === 0 || value === 0) return SIGNS[0]!;
      return SIGNS[Math.min(7, Math.max(1, Math.ceil((value / max) * 8) - 1))]!;
    })
    .join("");
}

/** `███░░░`: any part that is used shows. */
export function gauge(used: number, limit: number, columns: number): string {
  const full = Math.min(columns, limit === 0 ? columns : Math.ceil((used / limit) * columns));
  return "█".repeat(full) + "░".repeat(columns - full);
}
