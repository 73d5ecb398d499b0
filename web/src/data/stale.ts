/**
 * Reads again what events made stale, but not for each event: what came together is read together, and the more reading
 * costs the rarer it is.
 *
 * ST1  After the last event, what it made stale is read once more from the beginning: an answer that was on its way when
 *      the event came does not count.
 * ST2  Only what a screen shows is read; the rest is marked, and read when it is shown.
 * ST3  Between `pause` and `resume` nothing is read; what became stale before or meanwhile is read afterwards.
 */
import { hashKey, type Query, type QueryClient } from "@tanstack/react-query";
import { forgetUnseen } from "./gone.ts";
import type { Key } from "./keys.ts";

const SPACING_MS_MIN = 250;
const SPACING_MS_MAX = 5000;
/** Of its time, the page spends at most one part in so many on reading. */
const SPACING_FACTOR = 6;

export class Stale {
  readonly #queries: QueryClient;
  readonly #prefixes = new Map<string, Key>();
  #isAll = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #spacingMs = SPACING_MS_MIN;
  #isPaused = false;

  constructor(queries: QueryClient) {
    this.#queries = queries;
  }

  /** `undefined`: everything. */
  mark(prefixes: readonly Key[] | undefined): void {
    if (prefixes === undefined) this.#isAll = true;
    else for (const prefix of prefixes) this.#prefixes.set(hashKey(prefix), prefix);
    this.#plan();
  }

  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    this.#isPaused = false;
    this.#plan();
  }

  #plan(): void {
    if (this.#isPaused || this.#timer !== undefined || (!this.#isAll && this.#prefixes.size === 0)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, this.#spacingMs);
  }

  async #read(): Promise<void> {
    const prefixes = this.#isAll ? undefined : [...this.#prefixes.values()];
    this.#isAll = false;
    this.#prefixes.clear();
    forgetUnseen(this.#queries);
    const concerned = this.#queries.getQueryCache().findAll({ predicate: (query) => isConcerned(query, prefixes) });
    const underWay = concerned.filter(({ state }) => state.fetchStatus === "fetching");
    for (const query of underWay) this.#prefixes.set(query.queryHash, query.queryKey as unknown as Key); // ST1
    const begun = performance.now();
    const rest = new Set(concerned.filter((query) => !underWay.includes(query)));
    await this.#queries.invalidateQueries({ predicate: (query) => rest.has(query) }, { cancelRefetch: false });
    const tookMs = performance.now() - begun;
    this.#spacingMs = Math.min(SPACING_MS_MAX, Math.max(SPACING_MS_MIN, tookMs * SPACING_FACTOR));
    this.#plan();
  }
}

function isConcerned({ queryKey }: Query, prefixes: readonly Key[] | undefined): boolean {
  if (prefixes === undefined) return queryKey[0] !== "session";
  return prefixes.some((prefix) => prefix.every((part, i) => part === queryKey[i]));
}
