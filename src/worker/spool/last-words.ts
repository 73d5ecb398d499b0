/**
 * Last words on attempts that a full disk did not take: they are few and short, and wait in memory.
 *
 * LW1  What was taken is taken again after `rewind`, unless it was confirmed before.
 */
import type { LogChunk } from "../../protocol/link.ts";

export class LastWords {
  #waiting: LogChunk[] = [];
  #taken: LogChunk[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(chunk: LogChunk): void {
    this.#waiting.push(chunk);
  }

  take(): LogChunk[] {
    const words = this.#waiting;
    this.#waiting = [];
    this.#taken.push(...words);
    return words;
  }

  confirm(): void {
    this.#taken = [];
  }

  rewind(): void {
    this.#waiting = this.#taken.concat(this.#waiting);
    this.#taken = [];
  }

  clear(): void {
    this.#waiting = [];
    this.#taken = [];
  }
}
