/** Time as a worker sees it: an argument, so that a worker runs under a simulated clock as it does under Node's. */

/** What `clearTimeout` takes back; opaque. */
export type Timer = unknown;

export interface Timers {
  /** Epoch milliseconds. */
  now(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
  /** Calls back again and again until cleared; alone it keeps no process alive. */
  setInterval(callback: () => void, ms: number): Timer;
  clearInterval(timer: Timer): void;
  /** Calls back once what is under way has returned. */
  setImmediate(callback: () => void): void;
}

/** Longest wait that a timer of Node takes; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const NODE_TIMERS: Timers = {
  now: Date.now,
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, TIMER_MS_MAX)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setInterval: (callback, ms) => setInterval(callback, ms).unref(),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout | undefined),
  setImmediate: (callback) => {
    setImmediate(callback);
  },
};
