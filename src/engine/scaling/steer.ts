/**
 * Steers one pool: from what is needed and what was done of late follows which workers are started and which are let go.
 * A function of its arguments and of the memory that it keeps; `scaling.ts` carries out what it says.
 *
 * ST1  What is wanted is the most that was needed within the idle time: a pool grows at once and shrinks late.
 * ST2  Between two changes of a pool there is its cooldown; after a failure there is a wait that grows.
 * ST3  Nothing is let go while something is being started.
 */
import type { PoolNeed, PoolRule } from "../../core/fleet/scaling.ts";

/** Longest wait after failures. */
const RETRY_MS_MAX = 600_000;
const RETRY_MS_MIN = 1000;

export interface PoolSettings extends PoolRule {
  readonly idleMs: number;
  readonly cooldownMs: number;
  /** Time within which a worker that was started must connect. */
  readonly startMs: number;
  /** There is a command that starts one. */
  readonly canStart: boolean;
  /** There is a command that ends one; else it is told to stop. */
  readonly canStop: boolean;
}

/** What is remembered of a pool, from one look to the next. */
export interface PoolMemory {
  /** Needs of late, falling: the first is the greatest within the idle time. */
  readonly peaks: { at: number; wanted: number }[];
  /** Workers that were ordered and have not connected: since when. */
  readonly starting: Map<string, number>;
  /** Workers that are to go. */
  readonly leaving: Map<string, Leaving>;
  failures: number;
  retryAt: number;
  scaledAt: number;
  lastError: string | undefined;
}

export interface Leaving {
  since: number;
  /** The command that ends it runs, or has run. */
  ordered: boolean;
}

export function createMemory(): PoolMemory {
  const none = { failures: 0, retryAt: 0, scaledAt: 0, lastError: undefined };
  return { peaks: [], starting: new Map(), leaving: new Map(), ...none };
}

export interface Steps {
  desired: number;
  /** How many to start. */
  start: number;
  /** Names of those to let go. */
  release: string[];
}

/** Notes what is needed now, and says how many workers there should be (ST1). */
export function noteNeed({ peaks }: PoolMemory, wanted: number, idleMs: number, now: number): number {
  while (peaks.length > 0 && peaks.at(-1)!.wanted <= wanted) peaks.pop();
  peaks.push({ at: now, wanted });
  while (peaks[0]!.at < now - idleMs) peaks.shift();
  return peaks[0]!.wanted;
}

/** What is to be done now. */
export function steer(pool: PoolSettings, need: PoolNeed, memory: PoolMemory, now: number): Steps {
  const desired = noteNeed(memory, need.wanted, pool.idleMs, now);
  const steps: Steps = { desired, start: 0, release: [] };
  // Whoever has lost its connection a moment ago is not replaced before its lease has run out.
  const there = need.members.length + need.away + memory.starting.size;
  const rests = now < memory.retryAt || now < memory.scaledAt + pool.cooldownMs;
  if (rests || (!pool.canStart && !pool.canStop)) return steps;
  if (desired > there) steps.start = pool.canStart ? desired - there : 0;
  else if (desired < need.members.length && memory.starting.size === 0) {
    const order = need.members
      .filter(({ name }) => !memory.leaving.has(name))
      .toSorted((a, b) => a.attempts.size - b.attempts.size || (a.name < b.name ? 1 : -1));
    steps.release = order.slice(0, need.members.length - desired).map(({ name }) => name);
  }
  if (steps.start > 0 || steps.release.length > 0) memory.scaledAt = now;
  return steps;
}

/** A command has failed, or a worker that was started did not come. */
export function noteFailure(memory: PoolMemory, error: string, cooldownMs: number, now: number): void {
  memory.lastError = error;
  const wait = Math.max(RETRY_MS_MIN, cooldownMs) * 2 ** Math.min(memory.failures++, 20);
  memory.retryAt = now + Math.min(wait, RETRY_MS_MAX);
}

/** A worker that was started has come: earlier failures are history. */
export function noteSuccess(memory: PoolMemory): void {
  memory.failures = 0;
  memory.retryAt = 0;
  memory.lastError = undefined;
}

/** A name that nobody in the pool has: `gpu-1`, `gpu-2`. */
export function freeName(pool: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number++) {
    const name = `${pool.slice(0, 120)}-${number}`;
    if (!isTaken(name)) return name;
  }
}

/** Why the pool should have as many workers as it should, for people. */
export function reasonOf(pool: PoolSettings, need: PoolNeed, desired: number): string {
  if (need.unbounded > pool.max) return `its work takes ${need.unbounded} workers, and it may have ${pool.max}`;
  if (desired > need.wanted) return `${need.wanted} would do now; more were needed a short while ago`;
  if (need.backlog > 0) return `${need.backlog} ${need.backlog === 1 ? "task waits" : "tasks wait"}`;
  if (need.unbounded < pool.min) return `it always has ${pool.min}`;
  return need.busy > 0 ? "what runs" : "nothing waits";
}
