/** The tasks whose output this tab shows, and who hears of it. What the lines say is read by whoever shows them. */
import type { LogNews } from "./feed-words.ts";

type LogListener = (news: LogNews) => void;

class WantedLogs {
  readonly #listeners = new Map<string, Set<LogListener>>();
  readonly #watchers = new Set<() => void>();
  readonly #newest = new Map<string, LogNews>();

  get ids(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Hears of a task's output until it is stopped; first of what is there now. */
  listen(id: string, listener: LogListener): () => void {
    const all = this.#listeners.get(id) ?? new Set();
    all.add(listener);
    const known = this.#newest.get(id);
    if (known !== undefined) listener(known);
    if (!this.#listeners.has(id)) {
      this.#listeners.set(id, all);
      this.#changed();
    }
    return () => {
      all.delete(listener);
      if (all.size > 0 || this.#listeners.get(id) !== all) return;
      this.#listeners.delete(id);
      this.#newest.delete(id);
      this.#changed();
    };
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  tell(news: LogNews): void {
    const listeners = this.#listeners.get(news.id);
    // A task that was deleted has no lines to tell of.
    if (listeners === undefined || news.lastLine === undefined) return;
    this.#newest.set(news.id, news);
    for (const listener of listeners) listener(news);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

export const wantedLogs = new WantedLogs();
