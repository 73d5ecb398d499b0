/**
 * What a container uses while it runs, as its engine says it. After its end nobody knows any more: of one that ends within
 * FIRST_MS nothing is said, of a longer one what was seen last.
 */
import type { EngineClient } from "./client.ts";

const FIRST_MS = 1000;
const EVERY_MS = 5000;

export interface ContainerUsage {
  cpuMs: number;
  rssBytes: number;
  /** The largest that was seen. */
  maxRssBytes: number;
}

interface Stats {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: {
    usage?: number;
    stats?: { inactive_file?: number; total_inactive_file?: number };
  };
}

export class UsageWatch {
  readonly #engine: EngineClient;
  readonly #path: string;
  #latest: ContainerUsage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  /** `path`: of the container in the API. */
  constructor(engine: EngineClient, path: string) {
    this.#engine = engine;
    this.#path = path;
    this.#again(FIRST_MS);
  }

  get latest(): ContainerUsage | undefined {
    return this.#latest;
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  #again(ms: number): void {
    this.#timer = setTimeout(() => void this.#look(), ms).unref();
  }

  async #look(): Promise<void> {
    try {
      const query = { stream: false, "one-shot": true };
      this.#note((await this.#engine.call("GET", `${this.#path}/stats`, { query, timeoutMs: EVERY_MS })) as Stats);
    } catch {
      // It ended meanwhile, or the engine did: others find out.
    }
    if (!this.#hasEnded) this.#again(EVERY_MS);
  }

  #note({ cpu_stats, memory_stats = {} }: Stats): void {
    const nanoseconds = cpu_stats?.cpu_usage?.total_usage ?? 0;
    const { usage = 0, stats = {} } = memory_stats;
    // One that has ended meanwhile uses nothing, and that is no news.
    if (nanoseconds === 0 || usage === 0) return;
    // Files that the kernel keeps as long as nobody else wants the room are not the task's need.
    const rssBytes = Math.max(0, usage - (stats.total_inactive_file ?? stats.inactive_file ?? 0));
    const maxRssBytes = Math.max(this.#latest?.maxRssBytes ?? 0, rssBytes);
    this.#latest = { cpuMs: Math.round(nanoseconds / 1e6), rssBytes, maxRssBytes };
  }
}
