/** Where the tasks run that are to be spread: by what they ask for, how many of them are on each worker. */
import type { Worker } from "./worker.ts";

export class Crowd {
  readonly on = new Map<Worker, number>();
  /** Counts the changes. */
  version = 0;

  change(worker: Worker, sign: 1 | -1): void {
    const count = (this.on.get(worker) ?? 0) + sign;
    if (count === 0) this.on.delete(worker);
    else this.on.set(worker, count);
    this.version++;
  }
}
