/** In place of an engine: takes tasks while it leads, a turn for those that came together, and knows what became of each. */
import type { OctopusError } from "../../../../src/base/errors.ts";
import { type ClusterJournal, notLeader } from "../../../../src/cluster/journal.ts";
import type { ShardEngine } from "../../../../src/cluster/shard-options.ts";
import { EVENT_VERSION } from "../../../../src/core/event.ts";
import type { Clock, Summary } from "../../../../src/engine/ports.ts";
import { eventOf } from "./tables.ts";

const SUMMARY: Summary = {
  ...{ lastTask: 0, lastRun: 0, arms: [], meters: [] },
  counts: {} as Summary["counts"],
  runCounts: {} as Summary["runCounts"],
};

interface Waiting {
  task: number;
  resolve(): void;
  reject(error: Error): void;
}

export class CountingEngine implements ShardEngine {
  readonly #journal: ClusterJournal;
  readonly #clock: Clock;
  readonly #led: () => void;
  #leads = false;
  #waiting: Waiting[] = [];
  #turn: Promise<void> | undefined;

  constructor(journal: ClusterJournal, clock: Clock, led: () => void) {
    this.#journal = journal;
    this.#clock = clock;
    this.#led = led;
  }

  /** Resolves when the task is acknowledged. */
  submit(task: number): Promise<void> {
    if (!this.#leads) return Promise.reject(notLeader());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#turn ??= this.#run().finally(() => (this.#turn = undefined));
    });
  }

  follow(): void {}
  followOutput(): void {}
  reload(): void {}

  lead(): void {
    this.#led();
    this.#leads = true;
  }

  async stepDown(error: OctopusError): Promise<void> {
    this.#leads = false;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    await this.#turn;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#leads && this.#waiting.length > 0) {
      const turn = this.#waiting.splice(0);
      const events = turn.map(({ task }) => eventOf(task));
      try {
        await this.#journal.append({ version: EVENT_VERSION, at: this.#clock.now(), events }, SUMMARY);
        for (const { resolve } of turn) resolve();
      } catch (error) {
        for (const { reject } of turn) reject(error as Error);
      }
    }
  }
}
