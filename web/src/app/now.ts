/** The time, for what shows ages: one timer for the whole page, and none while nobody looks. */
import { useSyncExternalStore } from "react";

const STEP_MS = 1000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();

function step(): void {
  now = Date.now();
  for (const watcher of watchers) watcher();
}

function plan(): void {
  const isWanted = watchers.size > 0 && !document.hidden;
  if (isWanted && timer === undefined) {
    timer = setInterval(step, STEP_MS);
    if (Date.now() - now > STEP_MS) step();
  } else if (!isWanted && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
}

document.addEventListener("visibilitychange", plan);

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  plan();
  return () => {
    watchers.delete(watcher);
    plan();
  };
}

/** Epoch milliseconds, anew each second. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}
