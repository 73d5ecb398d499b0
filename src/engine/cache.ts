/**
 * Keys of tasks whose result may be in the cache. Core holds such a task when it becomes ready; here its files are read
 * and the key made of them, then core is told the key and whose result the store has under it. Nothing of this is durable
 * until core has decided: after a start it begins anew for all that are held.
 */
import { canonicalJson } from "../base/json.ts";
import type { CacheRule } from "../core/asks.ts";
import { HASH_DIGITS } from "./asks.ts";
import type { Clock, Library, Outside } from "./ports.ts";
import type { Turns } from "./turns.ts";

/** Tasks whose files are read at once. */
const AT_ONCE = 4;

export interface CacheKeysOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
}

export class CacheKeys {
  readonly #options: CacheKeysOptions;
  readonly #turns: Turns;
  readonly #waiting: number[] = [];
  #reading = 0;

  constructor(options: CacheKeysOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  /** After a start or a recovery: every task that is held for its key. */
  resume(): void {
    this.#waiting.length = 0;
    for (const [task, why] of this.#turns.state.flow.held) if (why === "key") this.#waiting.push(task.seq);
    this.#read();
  }

  /** The task has become ready, and that is durable. */
  ready(seq: number): void {
    const { tasks, flow } = this.#turns.state;
    const task = flow.held.size === 0 ? undefined : tasks.get(seq);
    if (task === undefined || flow.held.get(task) !== "key") return;
    this.#waiting.push(seq);
    this.#read();
  }

  #read(): void {
    while (this.#reading < AT_ONCE) {
      const seq = this.#waiting.shift();
      if (seq === undefined) return;
      const rule = this.#turns.state.tasks.get(seq)?.asks?.cache;
      if (rule === undefined) continue;
      if (rule.files === undefined) {
        this.#tell(seq, rule, rule.hash);
        continue;
      }
      this.#reading++;
      this.#keyOf(rule)
        .then(
          (key) => this.#tell(seq, rule, key),
          (error: unknown) => {
            const why = error instanceof Error ? error.message : String(error);
            this.#turns.push({
              command: () => ({ type: "KeyCache", task: seq, key: "", failed: `for its cache key: ${why}` }),
            });
          },
        )
        .finally(() => {
          this.#reading--;
          this.#read();
        });
    }
  }

  async #keyOf({ hash, files = [] }: CacheRule): Promise<string> {
    const { outside } = this.#options;
    const contents: string[] = [];
    // One after the other: the list may be long, and the machine has other work.
    for (const file of files) contents.push(await outside.digestFile(file));
    return outside.digest(canonicalJson({ hash, contents })).slice(0, HASH_DIGITS);
  }

  #tell(task: number, { refresh }: CacheRule, key: string): void {
    const { library, clock } = this.#options;
    this.#turns.push({
      command: () => {
        const hit = refresh === true ? undefined : library.cached(key, clock.now());
        return { type: "KeyCache", task, key, hit };
      },
    });
  }
}
