/** News of what tasks print, for all tabs: as few streams as the server's bound of tasks in one allows. */
import type { Client } from "@octopus/client/client.ts";
import type { LogNews } from "./feed-words.ts";

const AGAIN_MS = 2000;
/** The server tells of no more in one stream. */
const TASKS_MAX = 8;
/** What a browser can spare. */
const STREAMS_MAX = 2;

export class LogHub {
  readonly #client: Client;
  readonly #tell: (news: LogNews) => void;
  readonly #newest = new Map<string, LogNews>();
  #ids: readonly string[] = [];
  #plan: ReturnType<typeof setTimeout> | undefined;
  #stop: AbortController | undefined;

  constructor(client: Client, tell: (news: LogNews) => void) {
    this.#client = client;
    this.#tell = tell;
  }

  newest(id: string): LogNews | undefined {
    return this.#newest.get(id);
  }

  /** These from now on, and no others. */
  want(ids: readonly string[]): void {
    const wanted = [...new Set(ids)].slice(0, TASKS_MAX * STREAMS_MAX);
    if (wanted.length === this.#ids.length && wanted.every((id) => this.#ids.includes(id))) return;
    this.#ids = wanted;
    for (const id of this.#newest.keys()) if (!wanted.includes(id)) this.#newest.delete(id);
    // What comes and goes in one tick costs one stream.
    clearTimeout(this.#plan);
    this.#plan = setTimeout(() => this.#restart());
  }

  #restart(): void {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    for (let from = 0; from < this.#ids.length; from += TASKS_MAX)
      void this.#follow(this.#ids.slice(from, from + TASKS_MAX), stop.signal);
  }

  async #follow(ids: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // What goes wrong is told by the bar at the top; this comes back by itself.
      await this.#hear(ids, signal).catch(() => undefined);
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #hear(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for await (const news of this.#client.logNews(ids, signal)) {
      if (signal.aborted) return;
      this.#newest.set(news.id, news);
      this.#tell(news);
    }
  }
}
