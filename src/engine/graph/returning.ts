/**
 * Workers that were there when the server went: after a start or a recovery each has its lease to come back. What asks all
 * workers that are online waits for them until then, or it would ask whoever comes first.
 */
import type { State } from "../../core/state.ts";
import type { Task } from "../../core/task.ts";
import type { Clock, Library } from "../ports.ts";

export interface ReturningOptions {
  clock: Clock;
  library: Library;
  leaseMs: number;
}

export class Returning {
  readonly #options: ReturningOptions;
  readonly #ready: (task: Task) => void;
  #until = 0;
  #waiting = new Set<Task>();
  #cancel = (): void => {};

  constructor(options: ReturningOptions, ready: (task: Task) => void) {
    this.#options = options;
    this.#ready = ready;
  }

  /** The server has started, or read its state anew: nobody is connected. */
  begin(): void {
    const { clock, leaseMs } = this.#options;
    this.stop();
    this.#until = clock.now() + leaseMs;
  }

  /** True while somebody may still come back; `ready` is called when that has changed. */
  holds(task: Task, state: State): boolean {
    const { clock, library } = this.#options;
    if (clock.now() >= this.#until) return false;
    const isMissing = library.workersThere().some((name) => (state.workers.get(name)?.session ?? 0) === 0);
    if (!isMissing) return false;
    if (this.#waiting.size === 0) this.#cancel = clock.wakeAt(this.#until, () => this.look());
    this.#waiting.add(task);
    return true;
  }

  /** A worker has come or gone. */
  look(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.stop();
    for (const task of waiting) this.#ready(task);
  }

  stop(): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#waiting = new Set();
  }
}
