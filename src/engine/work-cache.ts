/**
 * The work of tasks that will start soon, so that a fresh task need not be read back. Bounded by bytes; when it is full,
 * newcomers stay out, because the oldest tasks are the next to start. What is not here is read from the library.
 */
import type { Library } from "./ports.ts";

const BYTES_MAX = 16 * 1024 * 1024;
/** What an entry costs beyond its text. */
const ENTRY_BYTES = 200;

export class WorkCache {
  readonly #works = new Map<number, string>();
  #bytes = 0;

  add(task: number, work: string): void {
    const bytes = work.length + ENTRY_BYTES;
    if (this.#bytes + bytes > BYTES_MAX) return;
    this.#works.set(task, work);
    this.#bytes += bytes;
  }

  forget(task: number): void {
    const work = this.#works.get(task);
    if (work === undefined) return;
    this.#works.delete(task);
    this.#bytes -= work.length + ENTRY_BYTES;
  }

  clear(): void {
    this.#works.clear();
    this.#bytes = 0;
  }

  /** The work of each task as JSON text, in order. */
  take(tasks: readonly number[], library: Library): string[] {
    const works = tasks.map((task) => this.#works.get(task));
    const missing = tasks.filter((_, index) => works[index] === undefined);
    if (missing.length > 0) {
      const texts = library.works(missing);
      for (let index = 0, next = 0; index < works.length; index++) works[index] ??= texts[next++]!;
    }
    return works as string[];
  }
}
