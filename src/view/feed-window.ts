/**
 * The newest events of a feed that several readers share: whoever was away for a while gets what they missed.
 *
 * FW1  What is handed on is whole: everything after the entry that was named, or nothing but word that something is missing.
 */
import type { FeedEntry } from "../protocol/feed.ts";

const KEPT_MAX = 2000;

export class FeedWindow {
  #entries: FeedEntry[] = [];
  #lastId: string | undefined;

  /** The newest entry that has an id. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  push(entry: FeedEntry): void {
    // What was before it is of no use to anybody.
    if (entry.event.type === "resync") this.#entries = [];
    if (entry.id !== "") this.#lastId = entry.id;
    this.#entries.push(entry);
    if (this.#entries.length > 2 * KEPT_MAX) this.#entries = this.#entries.slice(-KEPT_MAX);
  }

  /** What came after this entry; undefined: it is not held any more, or never came by here. */
  after(id: string): readonly FeedEntry[] | undefined {
    if (id === this.#lastId) return [];
    const at = this.#entries.findLastIndex((entry) => entry.id === id);
    return at === -1 ? undefined : this.#entries.slice(at + 1);
  }

  clear(): void {
    this.#entries = [];
    this.#lastId = undefined;
  }
}
