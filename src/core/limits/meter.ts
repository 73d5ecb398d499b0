/**
 * What limits over time have used: token buckets (rates) and windows (quotas). Pure arithmetic on two numbers each, and
 * the table of those that are not back to full, which outlives the process.
 *
 * M1  A bucket lets at most `burst + T * limit / perMs` starts through in any stretch of T milliseconds.
 * M2  A meter whose `endsAt` has passed is as good as none: it may be forgotten, and is when the table grows.
 */
import type { RateLimit } from "../asks.ts";
import type { StoredMeter } from "../load.ts";

export class Meter {
  readonly name: string;
  /** Bucket: when it is full again. Window: when it began. */
  at = 0;
  /** Bucket: 1 while it is not known to be full. Window: what was used since it began. */
  used = 0;
  /** From then on nothing of it counts. */
  endsAt = 0;
  /** It stands in the table; it stands in the list of changes. For `Meters` alone. */
  kept = false;
  changed = false;

  constructor(name: string) {
    this.name = name;
  }
}

/** When the bucket gives the next token; not later than `now` = at once. */
export function tokenAt(meter: Meter, rate: RateLimit): number {
  return Math.ceil(meter.at - ((rate.burst - 1) * rate.perMs) / rate.limit);
}

/** Takes a token. Each one puts the moment at which the bucket is full again off by the time that it takes to refill. */
export function takeToken(meter: Meter, rate: RateLimit, now: number): void {
  meter.at = Math.max(meter.at, now) + rate.perMs / rate.limit;
  meter.used = 1;
  meter.endsAt = Math.ceil(meter.at);
}

/** When the window lets more through; not later than `now` = at once. */
export function windowAt(meter: Meter, limit: number, perMs: number): number {
  return meter.used < limit ? 0 : meter.at + perMs;
}

/** What was used of the window that runs at `now`. */
export function usedOf(meter: Meter, perMs: number, now: number): number {
  return now < meter.at + perMs ? meter.used : 0;
}

/** Adds to the window; one that has ended is followed by one that begins now. */
export function addToWindow(meter: Meter, amount: number, perMs: number, now: number): void {
  if (meter.used === 0 || now >= meter.at + perMs) {
    meter.at = now;
    meter.used = 0;
  }
  meter.used += amount;
  meter.endsAt = meter.at + perMs;
}

/** Fewer than this are kept without looking whether they still mean anything. */
const KEPT_MIN = 1024;

/** The meters that are in use, by name, and those that changed since the last append. */
export class Meters {
  readonly #kept = new Map<string, Meter>();
  readonly #changed: Meter[] = [];
  #sweepAt = KEPT_MIN;

  get size(): number {
    return this.#kept.size;
  }

  /** The meter of that name as it was left, or a fresh one. */
  named(name: string): Meter {
    return this.#kept.get(name) ?? new Meter(name);
  }

  /** From the store. */
  load({ name, at, used }: StoredMeter, endsAt: number): void {
    const meter = new Meter(name);
    Object.assign(meter, { at, used, endsAt, kept: true });
    this.#kept.set(name, meter);
  }

  /** `meter` was used. */
  touch(meter: Meter, now: number): void {
    if (!meter.kept) {
      if (this.#kept.size >= this.#sweepAt) this.#sweep(now);
      meter.kept = true;
      this.#kept.set(meter.name, meter);
    }
    this.#note(meter);
  }

  /** Nothing of it counts any more. */
  reset(meter: Meter): void {
    meter.at = 0;
    meter.used = 0;
    if (!meter.kept) return;
    this.#kept.delete(meter.name);
    meter.kept = false;
    this.#note(meter);
  }

  /** What the store is to keep from this turn; `used` 0 = forget it. */
  *changes(): Generator<StoredMeter> {
    for (const { name, at, used } of this.#changed) yield { name, at: Math.ceil(at), used };
  }

  /** The changes are durable. */
  settle(): void {
    if (this.#changed.length === 0) return;
    for (const meter of this.#changed) meter.changed = false;
    this.#changed.length = 0;
  }

  [Symbol.iterator](): Iterator<Meter> {
    return this.#kept.values();
  }

  #note(meter: Meter): void {
    if (meter.changed) return;
    meter.changed = true;
    this.#changed.push(meter);
  }

  /** Forgets those that are back to full (M2); paid for by the growth since the last time. */
  #sweep(now: number): void {
    for (const meter of this.#kept.values()) {
      if (meter.endsAt <= now) this.reset(meter);
    }
    this.#sweepAt = Math.max(KEPT_MIN, this.#kept.size * 2);
  }
}
