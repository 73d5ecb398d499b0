/**
 * How many rows a step looks at: more than the one before while steps are short, fewer when one was long. Payloads may be a
 * hundred bytes or a megabyte, and a step holds up everybody else.
 */
const FIRST = 64;
const MIN = 4;
const MAX = 2048;
const SHORT_MS = 1.5;
const LONG_MS = 3;

export class Stride {
  size: number;

  constructor(first = FIRST) {
    this.size = Math.min(FIRST, first);
  }

  /** Does a step, and learns from how long it took. */
  measure(step: () => void): void {
    const began = performance.now();
    step();
    const took = performance.now() - began;
    if (took > LONG_MS) this.size = Math.max(MIN, this.size >> 1);
    else if (took < SHORT_MS) this.size = Math.min(MAX, this.size * 2);
  }
}
