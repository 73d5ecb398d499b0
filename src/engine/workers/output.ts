/** Output of attempts on its way to the log store: gathered for a tick, written at once, and told to those who follow it. */
import type { LogChunk } from "../../protocol/link.ts";
import type { Clock, Log, LogStore } from "../ports.ts";
import { Pieces } from "./pieces.ts";

export interface OutputOptions {
  clock: Clock;
  logs: LogStore;
  log: Log;
}

export class Output {
  readonly #options: OutputOptions;
  #chunks: LogChunk[] = [];
  readonly #pieces = new Pieces();
  readonly #watchers = new Map<number, Set<() => void>>();

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  watch(task: number, listener: () => void): () => void {
    const listeners = this.#watchers.get(task) ?? new Set();
    listeners.add(listener);
    this.#watchers.set(task, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watchers.delete(task);
    };
  }

  /** Takes a piece of a running attempt. One that came before the connection broke, and comes again, is left out. */
  add(chunk: LogChunk): void {
    if (!this.#pieces.isNew(chunk)) return;
    if (this.#chunks.length === 0) this.#options.clock.soon(() => this.flush());
    this.#chunks.push(chunk);
  }

  attemptEnded(task: number): void {
    this.#pieces.ended(task);
  }

  /** Writes what has come in, and tells those who follow it. */
  flush(): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#keep(chunks);
  }

  /** Writes these at once, which another server has taken in. */
  follow(chunks: readonly LogChunk[]): void {
    this.#keep(chunks.filter((chunk) => this.#pieces.isNew(chunk)));
  }

  #keep(chunks: readonly LogChunk[]): void {
    try {
      this.#options.logs.append(chunks);
    } catch (error) {
      this.#options.log.warn({ chunks: chunks.length, cause: String(error) }, "output could not be kept");
    }
    if (this.#watchers.size === 0) return;
    for (const task of new Set(chunks.map((chunk) => chunk.task))) {
      for (const listener of this.#watchers.get(task) ?? []) listener();
    }
  }
}
