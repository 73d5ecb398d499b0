/**
 * So many in a stretch of time, by name. Owns buckets of names that nobody chose: there may be as many as an attacker has
 * addresses.
 *
 * MT1  At most `NAMES_MAX` buckets are held. When there would be more, full ones are dropped, and then the oldest: whoever
 *      is dropped begins anew, which is the price of a bound.
 * MT2  Room is made for many at once, so that a name costs the same however many there are.
 */
export interface MeterRule {
  limit: number;
  perMs: number;
  burst: number;
}

const NAMES_MAX = 10_000;

interface Bucket {
  left: number;
  at: number;
}

export class Meter {
  readonly #rule: MeterRule;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rule: MeterRule) {
    this.#rule = rule;
  }

  /** Takes one. Answers 0 when there was one to take, else the milliseconds until there is. */
  take(name: string, now: number): number {
    const bucket = this.#filled(name, now);
    if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * this.#rule.perMs) / this.#rule.limit);
    bucket.left -= 1;
    return 0;
  }

  /** The wait that `take` would answer now, without taking. */
  waitMs(name: string, now: number): number {
    if (!this.#buckets.has(name)) return 0;
    const { left } = this.#filled(name, now);
    return left >= 1 ? 0 : Math.ceil(((1 - left) * this.#rule.perMs) / this.#rule.limit);
  }

  #filled(name: string, now: number): Bucket {
    const { limit, perMs, burst } = this.#rule;
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) {
      bucket.left = Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) * limit) / perMs);
      bucket.at = now;
      return bucket;
    }
    if (this.#buckets.size >= NAMES_MAX) this.#makeRoom(now);
    const fresh = { left: burst, at: now };
    this.#buckets.set(name, fresh);
    return fresh;
  }

  #makeRoom(now: number): void {
    const { limit, perMs, burst } = this.#rule;
    for (const [name, { left, at }] of this.#buckets)
      if (left + ((now - at) * limit) / perMs >= burst) this.#buckets.delete(name);
    for (const name of this.#buckets.keys()) {
      if (this.#buckets.size < NAMES_MAX / 2) return;
      this.#buckets.delete(name);
    }
  }
}
