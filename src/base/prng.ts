/** A small seeded generator (sfc32), for jitter and for the simulator: the same seed gives the same numbers everywhere. */
export interface Prng {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  int(limit: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T;
}

/** A generator whose stream is fixed by `seed`. */
export function createPrng(seed: number): Prng {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let d = (Math.floor(seed / 2 ** 32) ^ 0xb7e15162) >>> 0;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  const int = (limit: number): number => Math.floor(next() * limit);
  return { next, int, chance: (p) => next() < p, pick: (items) => items[int(items.length)]! };
}
