/** What the store has of runs whose tasks are being evaluated: many tasks of one run come one after the other. */
import type { Library } from "../ports.ts";
import type { StoredRunScope } from "../stored.ts";
import { Scope } from "./scope.ts";

/** Runs that are kept at once. */
const KEPT_MAX = 16;

export class RunScopes {
  readonly #library: Library;
  readonly #kept = new Map<number, StoredRunScope>();

  constructor(library: Library) {
    this.#library = library;
  }

  /** A fresh look at the run: what was read of its tasks before does not count. */
  scope(run: number): Scope | undefined {
    let stored = this.#kept.get(run);
    if (stored === undefined) {
      stored = this.#library.runScope(run);
      if (stored === undefined) return undefined;
      if (this.#kept.size >= KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
      this.#kept.set(run, stored);
    }
    return new Scope(this.#library, stored);
  }

  /** What is said of the run itself has changed. */
  forget(run: number): void {
    if (this.#kept.size > 0) this.#kept.delete(run);
  }

  clear(): void {
    this.#kept.clear();
  }
}
