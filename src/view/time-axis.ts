/** A stretch of time that is looked at: zooming, moving, and where its lines stand. Epoch milliseconds throughout. */

export interface Stretch {
  from: number;
  to: number;
}

/** Least that is looked at: shorter than that nothing is measured. */
const LEAST_MS = 10;

/** Makes the stretch `factor` times as long around `at`, within what there is. */
export function zoom(view: Stretch, factor: number, at: number, bounds: Stretch): Stretch {
  const most = Math.max(LEAST_MS, bounds.to - bounds.from);
  const length = Math.min(most, Math.max(LEAST_MS, (view.to - view.from) * factor));
  const share = (at - view.from) / (view.to - view.from || 1);
  return within({ from: at - share * length, to: at + (1 - share) * length }, bounds);
}

export function pan(view: Stretch, ms: number, bounds: Stretch): Stretch {
  return within({ from: view.from + ms, to: view.to + ms }, bounds);
}

function within({ from, to }: Stretch, bounds: Stretch): Stretch {
  const length = to - from;
  if (from < bounds.from) return { from: bounds.from, to: bounds.from + length };
  if (to > bounds.to) return { from: Math.max(bounds.from, bounds.to - length), to: bounds.to };
  return { from, to };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((step) => step * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * MINUTE),
  ...[1, 2, 3, 6, 12].map((step) => step * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((step) => step * DAY),
];

/** At most `most` moments at even distances after `origin`, and what is between two. */
export function ticks(view: Stretch, origin: number, most: number): { stepMs: number; at: number[] } {
  const length = view.to - view.from;
  const stepMs = STEPS.find((step) => length / step <= most) ?? STEPS.at(-1)!;
  const at: number[] = [];
  const first = origin + Math.ceil((view.from - origin) / stepMs) * stepMs;
  for (let moment = first; moment <= view.to && at.length <= most; moment += stepMs) at.push(moment);
  return { stepMs, at };
}

/** `0`, `+250ms`, `+1m30s`: as far after the beginning as the distance between two lines needs to tell. */
export function tickLabel(ms: number, stepMs: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "-" : "+";
  const abs = Math.abs(ms);
  if (stepMs < SECOND) return abs < SECOND ? `${sign}${abs}ms` : `${sign}${trim(abs / SECOND)}s`;
  const days = Math.floor(abs / DAY);
  const hours = Math.floor((abs % DAY) / HOUR);
  const minutes = Math.floor((abs % HOUR) / MINUTE);
  const seconds = Math.floor((abs % MINUTE) / SECOND);
  const parts = [
    days > 0 ? `${days}d` : "",
    hours > 0 ? `${hours}h` : "",
    minutes > 0 ? `${minutes}m` : "",
    seconds > 0 ? `${seconds}s` : "",
  ].filter(Boolean);
  return sign + parts.slice(0, 2).join("");
}

function trim(seconds: number): string {
  return seconds.toFixed(3).replace(/\.?0+$/u, "");
}
