/**
 * The state in memory, and how it comes back to what the journal says after it has run ahead of it.
 *
 * ME1  What was decided and not written never happened: nobody may read it. While the journal cannot be read, memory is
 *      empty, and `isStale`.
 */
import type { Batch } from "../core/event.ts";
import { loadState } from "../core/load.ts";
import { followBatch, standBack, takeOver, tidy } from "../core/replica.ts";
import { createState, forgetEnded, type State } from "../core/state.ts";
import type { Clock, Journal, Log } from "./ports.ts";

/** Fewer timers than this are kept without looking whether they mean anything. */
const TIMERS_MIN = 4096;

export interface MemoryOptions {
  clock: Clock;
  journal: Journal;
  log: Log;
  leaseMs: number;
}

export class Memory {
  state: State;
  /** The state holds what was not written, or nothing at all. */
  isStale = false;
  readonly #options: MemoryOptions;
  /** A follower looks over its timers when there are so many. */
  #tidyAt = TIMERS_MIN;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.state = this.#load();
  }

  #load(): State {
    const { journal, clock, leaseMs } = this.#options;
    return loadState(journal.load(), clock.now(), leaseMs);
  }

  /** Reads it anew, if it is stale. False while the journal cannot be read. */
  reload(): boolean {
    if (!this.isStale) return true;
    try {
      this.state = this.#load();
      this.isStale = false;
    } catch (error) {
      const { clock, log } = this.#options;
      this.state = createState();
      log.error(
        { at: clock.now() },
        `the journal cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return !this.isStale;
  }

  /** Applies a turn of another server; `told` is called before what ended in it is forgotten. */
  follow(batch: Batch, told: (state: State) => void): void {
    followBatch(this.state, batch);
    told(this.state);
    forgetEnded(this.state);
    const { timers } = this.state;
    if (timers.size < this.#tidyAt) return;
    tidy(this.state, this.#options.clock.now());
    this.#tidyAt = Math.max(TIMERS_MIN, 2 * timers.size);
  }

  /** Nothing is decided on it any more. */
  standBack(): void {
    standBack(this.state, this.#options.clock.now());
  }

  /** From now on it is decided on. */
  takeOver(): void {
    takeOver(this.state, this.#options.clock.now(), this.#options.leaseMs);
  }
}
