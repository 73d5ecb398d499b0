/** The machine's clock behind the engine's port. */
import type { Clock } from "./engine/ports.ts";

/** Longest wait that a timer of Node can take; the engine looks again after it. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function createClock(): Clock {
  let last = 0;
  const now = (): number => {
    // A clock that was set back stands still until the old time is reached: order matters more than the hour.
    last = Math.max(last, Date.now());
    return last;
  };
  return {
    now,
    elapsed: () => performance.now(),
    wakeAt(at, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(at - now(), 0), TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    soon: setImmediate,
  };
}
