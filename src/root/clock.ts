/** The machine's clock behind the engine's port. */
import type { Clock } from "../engine/ports.ts";

/** Longest wait that a timer of Node can take; the engine looks again after it. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Speed at which our time goes on while the machine's clock, set back, is behind it. */
const CATCH_UP = 0.9;

/**
 * Wall time that never goes back. When the clock is set back, our time goes on from where it was, a tenth slower, until
 * the clock has caught up: a delay of a minute stays a delay of about a minute, and order is kept.
 */
export function createClock(wall: () => number = Date.now, monotonic: () => number = () => performance.now()): Clock {
  let last = wall();
  let lastMonotonic = monotonic();
  const now = (): number => {
    const at = monotonic();
    last = Math.max(wall(), last + (at - lastMonotonic) * CATCH_UP);
    lastMonotonic = at;
    return Math.floor(last);
  };
  return {
    now,
    elapsed: monotonic,
    wakeAt(at, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(at - now(), 0), TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    soon: setImmediate,
  };
}
