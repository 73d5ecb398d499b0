/** Signs of life: how loaded the machine is, how much runs, and, for servers that read it, what the attempts use. */
import { loadavg } from "node:os";
import { type FromWorker, LINK_VERSION_MIN } from "../protocol/link.ts";
import type { Attempt } from "./attempt.ts";
import type { Timer, Timers } from "./timers.ts";
import type { UsageSource } from "./usage/usage.ts";

/** The machine is looked at with every second beat, or with each where beats are rare: once in ten seconds is enough. */
const RARE_MS = 8000;

export class Heartbeats {
  readonly #timers: Timers;
  readonly #usage: UsageSource | undefined;
  readonly #post: (message: FromWorker) => void;
  #timer: Timer;
  #count = 0;

  constructor(timers: Timers, usage: UsageSource | undefined, post: (message: FromWorker) => void) {
    this.#timers = timers;
    this.#usage = usage;
    this.#post = post;
  }

  /** One at once, and then one each `everyMs`; `version` is that of the link, which older servers have too low for usage. */
  start(everyMs: number, version: number, running: ReadonlyMap<string, Attempt>): void {
    this.stop();
    const looksEach = everyMs < RARE_MS ? 2 : 1;
    const beat = (): void => {
      const seen = version > LINK_VERSION_MIN ? this.#usage?.takeLatest() : undefined;
      const load = Math.round(loadavg()[0]! * 100) / 100;
      this.#post({ type: "heartbeat", load, rssBytes: process.memoryUsage.rss(), active: running.size, ...seen });
      if (this.#count++ % looksEach === 0) this.#usage?.sample(running.values());
    };
    this.#timer = this.#timers.setInterval(beat, everyMs);
    beat();
  }

  stop(): void {
    this.#timers.clearInterval(this.#timer);
  }
}
