/** A clock that a test moves by hand: what it wakes is woken in order, and each turn is over before the next. */
import type { Clock } from "../../src/engine/ports.ts";

export class HandClock implements Clock {
  #now: number;
  readonly #wakes = new Set<{ at: number; callback: () => void }>();
  #pending = 0;

  constructor(now: number) {
    this.#now = now;
  }

  now = (): number => this.#now;
  elapsed = (): number => performance.now();

  wakeAt = (at: number, callback: () => void): (() => void) => {
    const wake = { at, callback };
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  };

  soon = (callback: () => void): void => {
    this.#pending++;
    setImmediate(() => {
      this.#pending--;
      callback();
    });
  };

  /** Goes to that time by way of everything that is to be woken before it. */
  async goTo(at: number): Promise<void> {
    for (;;) {
      await this.settle();
      const [next] = [...this.#wakes].filter((wake) => wake.at <= at).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#wakes.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = Math.max(this.#now, at);
    await this.settle();
  }

  /** Goes there at once, as a machine that slept does. */
  async jumpTo(at: number): Promise<void> {
    this.#now = at;
    await this.goTo(at);
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.#pending === 0 ? quiet + 1 : 0)
      await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
