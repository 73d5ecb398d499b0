/**
 * A simulated process: everything it set in motion ends with it, and nothing happens in it while it is frozen (stopped, or
 * starved of its processor). It offers time in the forms that the engine and the worker ask for.
 */
import type { Clock } from "../../src/engine/ports.ts";
import { createClock } from "../../src/root/clock.ts";
import type { Timer, Timers } from "../../src/worker/timers.ts";
import type { World } from "./world.ts";

/** The hour at which every simulation begins, so that stored times look like times. */
export const EPOCH = Date.UTC(2026, 0, 1);

/** One turn of an event loop takes this long at least. */
const SOON_MS_MIN = 0.05;

export class SimProcess {
  alive = true;
  /** Its wall clock minus the world's time; jumps of the clock change it. */
  skewMs = 0;
  readonly #world: World;
  #frozenUntil = 0;
  readonly #waiting: (() => void)[] = [];
  #soonAt = 0;
  /** What the product makes of a wall clock that is set; begun when somebody first asks, as the process does. */
  #time: Clock | undefined;
  #spentMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  kill(): void {
    this.alive = false;
  }

  freeze(ms: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#world.time.now + ms);
    this.#world.time.at(this.#frozenUntil, () => this.#goOn());
  }

  thaw(): void {
    this.#frozenUntil = 0;
    this.#goOn();
  }

  /** Runs `callback` in this process: now, in its turn after it thaws, or never when it is dead. */
  enter(callback: () => void): void {
    if (!this.alive) return;
    if (this.#world.time.now < this.#frozenUntil || this.#waiting.length > 0) this.#waiting.push(callback);
    else callback();
  }

  /** One step for each callback that waited, so that promises settle between them. */
  #goOn(): void {
    if (this.#world.time.now < this.#frozenUntil) return;
    const callback = this.#waiting[0];
    if (callback === undefined || !this.alive) return;
    callback();
    this.#waiting.shift();
    if (this.#waiting.length > 0) this.#world.time.after(0, () => this.#goOn());
  }

  /** The time that it goes by: that of its wall clock, which may step back, as the product's own clock bears it. */
  now(): number {
    const { time } = this.#world;
    this.#time ??= createClock(
      () => EPOCH + time.now + this.skewMs,
      () => time.now,
    );
    return this.#time.now();
  }

  /** How far its time and its wall clock are ahead of the world's time, whichever is further. */
  get aheadMs(): number {
    return Math.max(this.skewMs, this.now() - EPOCH - this.#world.time.now);
  }

  after(ms: number, callback: () => void): () => void {
    return this.#world.time.after(Math.max(ms, 0), () => this.enter(callback));
  }

  /** Something took this long without letting anything else happen; the world's time does not show it. */
  spend(ms: number): void {
    this.#spentMs += ms;
  }

  elapsed(): number {
    return this.#world.time.now + this.#spentMs;
  }

  /** After what is under way, and perhaps after input that comes meanwhile; in the order of the calls. */
  soon(callback: () => void): void {
    const { time, prng, options } = this.#world;
    this.#soonAt = Math.max(this.#soonAt, time.now + SOON_MS_MIN + prng.next() * options.soonMsMax);
    time.at(this.#soonAt, () => this.enter(callback));
  }

  clock(): Clock {
    return {
      now: () => this.now(),
      elapsed: () => this.elapsed(),
      // Timers of an operating system round: they may go off a little early.
      wakeAt: (at, callback) => this.after(at - this.now() - this.#world.prng.next(), callback),
      soon: (callback) => this.soon(callback),
    };
  }

  timers(): Timers {
    return {
      now: () => this.now(),
      setTimeout: (callback, ms): Timer => this.after(ms, callback),
      clearTimeout: (timer) => (timer as (() => void) | undefined)?.(),
      setInterval: (callback, ms): Timer => {
        let cancel = (): void => {};
        const again = (): void => {
          cancel = this.after(ms, () => {
            again();
            callback();
          });
        };
        again();
        return () => cancel();
      },
      clearInterval: (timer) => (timer as (() => void) | undefined)?.(),
      setImmediate: (callback) => this.soon(callback),
    };
  }
}
