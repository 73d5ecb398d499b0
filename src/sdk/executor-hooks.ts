/** The adapters of Octopus Executor, and their calls that are under way. What an adapter throws is told, and fails nothing. */
import type { OctopusAdapter } from "./executor-types.ts";

export type HookName = Exclude<keyof OctopusAdapter, "name">;

/** Outside of a cycle nobody waits for the calls; so many are remembered. */
const UNWAITED_MAX = 100;

export class ExecutorHooks {
  readonly #onFailure: (adapter: string, hook: HookName, words: string) => void;
  readonly #adapters: OctopusAdapter[] = [];
  #underWay: Promise<void>[] = [];

  constructor(onFailure: (adapter: string, hook: HookName, words: string) => void) {
    this.#onFailure = onFailure;
  }

  add(adapter: OctopusAdapter): void {
    this.#adapters.push(adapter);
  }

  /** True when some adapter has this hook. */
  has(hook: HookName): boolean {
    return this.#adapters.some((adapter) => adapter[hook] !== undefined);
  }

  /** Calls all adapters; `isWaited`: somebody will ask for `settled`. */
  tell(hook: HookName, isWaited: boolean, call: (adapter: OctopusAdapter) => unknown): void {
    for (const adapter of this.#adapters) {
      if (adapter[hook] === undefined) continue;
      this.#underWay.push(
        // `Promise.try` because an adapter may throw before it returns a promise.
        Promise.try(call, adapter).then(
          () => undefined,
          (error: unknown) =>
            this.#onFailure(adapter.name, hook, error instanceof Error ? error.message : String(error)),
        ),
      );
    }
    if (!isWaited) this.#underWay = this.#underWay.slice(-UNWAITED_MAX);
  }

  /** Resolves when every call that was made has ended, and those that came meanwhile. */
  async settled(): Promise<void> {
    while (this.#underWay.length > 0) await Promise.all(this.#underWay.splice(0));
  }
}
