/** The log of a shard as one simulated server reaches it. */
import {
  LogBehindError,
  LogGapError,
  type LogRange,
  type LogRecord,
  type ReplicatedLog,
} from "../../../src/cluster/ports.ts";
import type { Service, SimLog, Who } from "./service.ts";

/** Records of one answer. */
const PAGE = 64;
/** How often a follower looks although nobody called it. */
const LOOK_MS = 1000;

export class SimReplicatedLog implements ReplicatedLog {
  readonly #service: Service;
  readonly #who: Who;
  readonly #log: SimLog;

  constructor(service: Service, who: Who, shard: string) {
    this.#service = service;
    this.#who = who;
    this.#log = service.log(shard);
  }

  get recordBytesMax(): number {
    return this.#service.faults.recordBytesMax;
  }

  range(): Promise<LogRange> {
    return this.#call(() => ({ first: this.#log.first, last: this.#seen() }));
  }

  append(record: Uint8Array, after: number): Promise<"appended" | "refused"> {
    const { recordBytesMax } = this.#service.faults;
    if (record.length > recordBytesMax)
      return Promise.reject(new Error(`a record of ${record.length} bytes; ${recordBytesMax} at most`));
    const bytes = Uint8Array.from(record);
    const { world, trouble } = this.#service;
    const act = (): "appended" | "refused" => {
      if (trouble.isFull) throw new Error("nothing more fits into the log");
      const outcome = this.#log.append(bytes, after);
      world.tell(() => `  log: ${this.#who.server} after ${after}: ${outcome} (last ${this.#log.last})`);
      return outcome;
    };
    return this.#service.call(this.#who, act, { stuckMs: trouble.slowMs });
  }

  get(seq: number): Promise<LogRecord | undefined> {
    return this.#call(() => {
      const bytes = seq > this.#seen() ? undefined : this.#log.get(seq);
      return bytes && { seq, bytes };
    });
  }

  async *read(from: number): AsyncGenerator<readonly LogRecord[]> {
    const { last } = await this.#call(() => ({ last: this.#log.last }));
    for (let next = from; next <= last;) {
      const page = await this.#page(next);
      if (page.length === 0) return;
      yield page;
      next = page.at(-1)!.seq + 1;
    }
  }

  async *follow(from: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    for (let next = from; !signal.aborted;) {
      let page: readonly LogRecord[] = [];
      try {
        page = await this.#page(next);
      } catch (error) {
        if (error instanceof LogGapError || error instanceof LogBehindError) throw error;
        // The connection is gone; it is made again.
      }
      if (signal.aborted) return;
      if (page.length === 0) await this.#changed(next, signal);
      else yield page;
      next = (page.at(-1)?.seq ?? next - 1) + 1;
    }
  }

  trim(first: number): Promise<void> {
    return this.#call(() => this.#log.trim(first));
  }

  /** Number of the newest record that is seen: not always that of the newest there is. */
  #seen(): number {
    const { last } = this.#log;
    const service = this.#service;
    return service.chance(service.faults.stale)
      ? Math.max(this.#log.first - 1, last - 1 - service.world.prng.int(3))
      : last;
  }

  #page(from: number): Promise<readonly LogRecord[]> {
    return this.#call(() => {
      const log = this.#log;
      if (from < log.first) throw new LogGapError(log.first);
      if (log.last < from - 1) throw new LogBehindError(log.last);
      const count = 1 + this.#service.world.prng.int(PAGE);
      const records = log.records.slice(from - log.first, from - log.first + count);
      return records.map((bytes, index) => ({ seq: from + index, bytes }));
    });
  }

  /** Resolves soon after there may be more from `next` on. */
  #changed(next: number, signal: AbortSignal): Promise<void> {
    const { world } = this.#service;
    const { process } = this.#who;
    return new Promise<void>((resolve) => {
      const stops = [
        this.#log.onChange(() => void world.time.after(this.#service.delay(), () => process.enter(done))),
        process.after(LOOK_MS * (0.5 + world.prng.next()), () => done()),
      ];
      function done(): void {
        for (const stop of stops) stop();
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
      if (this.#log.last >= next) world.time.after(this.#service.delay(), () => process.enter(done));
    });
  }

  #call<T>(act: () => T): Promise<T> {
    return this.#service.call(this.#who, act);
  }
}
