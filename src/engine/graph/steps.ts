/**
 * Jobs that would hold the loop if they were done at one go: each is a generator that yields between two steps, and they
 * take turns. A step is to take a millisecond or less; what takes longer holds the loop for as long.
 */
import type { Clock, Log } from "../ports.ts";

export type Job = Generator<void, void, void>;

/** After so long the loop is left to others. */
const SLICE_MS = 3;

export class Steps {
  readonly #clock: Clock;
  readonly #log: Log;
  #jobs: Job[] = [];
  /** The jobs of the next round: each one has a step in every round. */
  #next: Job[] = [];
  #at = 0;
  #scheduled = false;

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  add(job: Job): void {
    this.#next.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(() => this.#run());
  }

  /** Lets go of everything that was to be done. */
  clear(): void {
    this.#jobs = [];
    this.#next = [];
    this.#at = 0;
  }

  #run(): void {
    this.#scheduled = false;
    const since = this.#clock.elapsed();
    do {
      if (this.#at === this.#jobs.length) {
        this.#jobs = this.#next;
        this.#next = [];
        this.#at = 0;
      }
      const job = this.#jobs[this.#at];
      if (job === undefined) return;
      this.#at++;
      if (!this.#isDone(job)) this.#next.push(job);
    } while (this.#clock.elapsed() - since < SLICE_MS);
    if (this.#at === this.#jobs.length && this.#next.length === 0) return;
    this.#scheduled = true;
    this.#clock.soon(() => this.#run());
  }

  #isDone(job: Job): boolean {
    try {
      return job.next().done === true;
    } catch (error) {
      // The store may be failing; what is left undone is taken up when it works again.
      this.#log.error({ cause: error instanceof Error ? error.stack : String(error) }, "a step of a workflow failed");
      return true;
    }
  }
}
