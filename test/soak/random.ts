/** A stream of numbers that one seed repeats: faults and load of a soak are the same for the same seed, their timing is not. */

export interface Random {
  /** From 0 up to, and without, `count`. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
  chance(share: number): boolean;
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: (from) => from[below(from.length)]!, chance: (share) => next() < share };
}
