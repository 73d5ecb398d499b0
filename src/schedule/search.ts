/**
 * Wall-clock times to instants: the rule for days on which the clock is changed.
 *
 * D1  A fixed hour that the clock leaves out: due once, at the end of the gap, however many times of it lie inside.
 * D2  A fixed hour that the clock shows twice: due the first time only.
 * D3  `*` and step hours follow elapsed time. Shown twice: due both times. Left out: due as much later as the clock was set
 *     forward, which is as long after the time before it as ever.
 * D4  No instant is a tick twice.
 */
import type { Pattern } from "./pattern.ts";
import { DAY_MS, type Span, type Zone } from "./zone.ts";

/** More than any two offsets of one zone differ. */
const SLACK_MS = 2 * DAY_MS;

/** The first tick later than `after` and not later than `limit`. */
export function nextTick(pattern: Pattern, zone: Zone, after: number, limit: number): number | undefined {
  let from = after + 1;
  while (from <= limit) {
    const span = zone.span(from);
    const found = pattern.elapsed ? firstElapsed(pattern, span, from) : firstFixed(pattern, span, from);
    if (found < span.to) return found <= limit ? found : undefined;
    // A time that far off is that far off whatever the offset will be; but near the end of the span, what follows may be
    // shown for the second time.
    from = span.to - from > SLACK_MS ? Math.max(span.to, found - SLACK_MS) : span.to;
  }
  return undefined;
}

/** The first candidate at or after `from`, as if the span went on for ever. */
function firstFixed(pattern: Pattern, span: Span, from: number): number {
  const { offset, shift } = span;
  if (shift > 0 && from <= span.from) {
    const lost = pattern.next(span.from + offset - shift) ?? Infinity;
    if (lost < span.from + offset) return span.from;
  }
  // While the clock shows for the second time what it has shown, nothing is due.
  const begin = shift < 0 ? Math.max(from, span.from - shift) : from;
  return (pattern.next(begin + offset) ?? Infinity) - offset;
}

function firstElapsed(pattern: Pattern, span: Span, from: number): number {
  const { offset, shift } = span;
  const found = (pattern.next(from + offset) ?? Infinity) - offset;
  if (shift <= 0 || from >= span.from + shift) return found;
  const late = pattern.next(from + offset - shift) ?? Infinity;
  return late < span.from + offset ? Math.min(found, late - offset + shift) : found;
}

/** The last tick at or before `at` and later than `after`. */
export function previousTick(pattern: Pattern, zone: Zone, at: number, after: number): number | undefined {
  let to = at;
  while (to > after) {
    const span = zone.span(to);
    const found = pattern.elapsed ? lastElapsed(pattern, span, to) : lastFixed(pattern, span, to);
    if (found >= span.from) return found > after ? found : undefined;
    to = Math.min(span.from - 1, found + SLACK_MS);
  }
  return undefined;
}

/** The last candidate at or before `to`; one before the span only says how far back there is nothing. */
function lastFixed(pattern: Pattern, span: Span, to: number): number {
  const { from, offset, shift } = span;
  const wall = pattern.previous(to + offset) ?? -Infinity;
  if (shift > 0 && wall < from + offset && wall >= from + offset - shift) return from;
  if (shift >= 0) return wall - offset;
  // What the clock shows for the second time was due the first time: in the span before.
  return wall >= from - shift + offset ? wall - offset : from - 1;
}

function lastElapsed(pattern: Pattern, span: Span, to: number): number {
  const { from, offset, shift } = span;
  const found = (pattern.previous(to + offset) ?? -Infinity) - offset;
  if (shift < 0) return Math.max(found, from - 1);
  if (shift === 0) return found;
  const late = pattern.previous(Math.min(to, from + shift - 1) + offset - shift) ?? -Infinity;
  return late >= from + offset - shift ? Math.max(found, late - offset + shift) : found;
}
