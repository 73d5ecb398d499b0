/** What has to be ended when something stops, the newest first. A part that does not end in order keeps no other from it. */
import type { Log } from "../engine/ports.ts";

export class Ends {
  readonly #log: Log;
  readonly #what: string;
  readonly #ends: (() => void | Promise<void>)[] = [];

  /** `what`: of what it says in the log that a part did not end, "a part of the server". */
  constructor(log: Log, what: string) {
    this.#log = log;
    this.#what = what;
  }

  push(...ends: readonly (() => void | Promise<void>)[]): void {
    this.#ends.push(...ends);
  }

  /** Ends everything; what was ended is forgotten, so that a second call does nothing. */
  async run(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        this.#log.warn({ err: error }, `${this.#what} did not end in order`);
      }
    }
  }
}
