/** How far attempts are, told in one go now and then: a task may say it thousands of times a second. */
import type { FromWorker } from "../protocol/link.ts";
import type { Attempt } from "./attempt.ts";
import type { Timer, Timers } from "./timers.ts";

const EVERY_MS = 50;

export class ProgressNews {
  readonly #timers: Timers;
  readonly #post: (message: FromWorker) => void;
  readonly #newest = new Map<Attempt, { value: number; message: string | undefined }>();
  #timer: Timer;

  constructor(timers: Timers, post: (message: FromWorker) => void) {
    this.#timers = timers;
    this.#post = post;
  }

  add(attempt: Attempt, value: number, message: string | undefined): void {
    this.#newest.set(attempt, { value, message });
    this.#timer ??= this.#timers.setTimeout(() => this.#tell(), EVERY_MS);
  }

  /** It has ended: its result says more. */
  drop(attempt: Attempt): void {
    if (this.#newest.size > 0) this.#newest.delete(attempt);
  }

  clear(): void {
    this.#newest.clear();
  }

  close(): void {
    this.#timers.clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    for (const [{ assignment }, { value, message }] of this.#newest) {
      const { task, attempt } = assignment;
      this.#post({ type: "progress", task, attempt, value, ...(message !== undefined && { message }) });
    }
    this.#newest.clear();
  }
}
