/** Removes ended tasks that are old or too many, a few at a time, as ordinary turns. */
import type { TaskState } from "../base/words.ts";
import type { Command } from "../core/command.ts";
import type { State } from "../core/state.ts";
import type { Clock, Library, Log, LogStore } from "./ports.ts";
import type { Results } from "./results.ts";
import type { Turns } from "./turns.ts";

export interface RetentionPolicy {
  /** Ended tasks kept at most. */
  keepCount: number;
  /** Milliseconds for which an ended task is kept. */
  keepMs: number;
  /** Milliseconds for which a worker that is gone stays on the list; absent = for ever. */
  workersKeepMs?: number | undefined;
  logKeepMs: number;
  logBytesMax: number;
}

export interface RetentionOptions {
  clock: Clock;
  library: Library;
  logs: LogStore;
  results: Results;
  log: Log;
  retention: RetentionPolicy;
}

/** Tasks removed in one turn. */
const STEP = 500;
const EVERY_MS = 60_000;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #turns: Turns;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: RetentionOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Removes ended tasks but the newest `keep`; answers how many went. */
  clear(keep: number): Promise<number> {
    return this.#remove(keep, 0);
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#cancel = clock.wakeAt(clock.now() + EVERY_MS, () => {
      this.#sweep().then(
        () => this.#stopped || this.#schedule(),
        (error: unknown) => {
          this.#options.log.warn({ cause: String(error) }, "retention could not remove what is old");
          if (!this.#stopped) this.#schedule();
        },
      );
    });
  }

  async #sweep(): Promise<void> {
    const { clock, retention, logs } = this.#options;
    // What is on this machine alone is everybody's own business.
    if (this.#turns.leads) await this.#removeOld();
    this.#options.results.sweep(clock.now());
    logs.prune(clock.now() - retention.logKeepMs, retention.logBytesMax);
  }

  async #removeOld(): Promise<void> {
    const { clock, retention, log } = this.#options;
    const removed = await this.#remove(retention.keepCount, clock.now() - retention.keepMs);
    if (removed > 0) log.info({ removed }, "retention removed ended tasks");
    if (retention.workersKeepMs !== undefined) await this.pruneWorkers(clock.now() - retention.workersKeepMs);
  }

  /** Another server has removed these tasks: their output on this machine goes too. Their files are swept up in time. */
  follow(tasks: readonly number[]): void {
    this.#options.logs.remove(tasks);
  }

  /** Takes workers off the list that were last heard before. Core says which of them have to stay. */
  async pruneWorkers(lastSeenBefore: number): Promise<void> {
    const isOld = ({ lastSeenAt }: { lastSeenAt?: string | undefined }): boolean =>
      lastSeenAt !== undefined && Date.parse(lastSeenAt) < lastSeenBefore;
    const old = this.#options.library.workers().filter(isOld);
    for (let at = 0; at < old.length && !this.#stopped; at += STEP) {
      const workers = old.slice(at, at + STEP).map(({ name }) => name);
      await this.#turns.ask(() => ({ type: "PruneWorkers", workers }));
    }
  }

  async #remove(keep: number, endedBefore: number): Promise<number> {
    let removed = 0;
    for (;;) {
      if (this.#stopped) return removed;
      // Cheap to ask first, and asked again in the turn: somebody else may have removed them meanwhile.
      const { library } = this.#options;
      if (library.prunable(keep, endedBefore, 1).length === 0) return removed;
      const count = await this.remove(() => library.prunable(keep, endedBefore, STEP));
      removed += count;
      if (count < STEP) return removed;
    }
  }

  /** Removes the tasks that `choose` names when its turn has come, with their output and large results; says how many. */
  async remove(choose: (state: State) => { task: number; state: TaskState }[]): Promise<number> {
    let count = 0;
    let cleanUp = (): void => {};
    await this.#turns.askAlone((state) => {
      const { command, after } = this.removal(state, choose(state));
      count = command.tasks.length;
      cleanUp = after;
      return command;
    });
    cleanUp();
    return count;
  }

  /**
   * How these tasks are removed with all that they hold, and what is left to do once that is durable. One of which news are
   * still to be sent stays until they are.
   */
  removal(
    state: State,
    chosen: readonly { task: number; state: TaskState }[],
  ): { command: Extract<Command, { type: "DeleteTasks" }>; after: () => void } {
    const { library, logs, results } = this.#options;
    const { dues } = state.flow;
    const untold = new Set(dues.size === 0 ? [] : [...dues.values()].map(({ task }) => task));
    const all = new Map(
      chosen.flatMap((each) => [...library.within(each.task), each]).map((each) => [each.task, each]),
    );
    const tasks = [...all.values()].filter(({ task }) => !untold.has(task));
    const numbers = tasks.map(({ task }) => task);
    const references = library.artifactsOf(numbers);
    const after = (): void => {
      logs.remove(numbers);
      results.remove(references);
    };
    const asked = chosen.filter(({ task }) => !untold.has(task)).length;
    return { command: { type: "DeleteTasks", tasks, runs: library.emptied(numbers), chosen: asked }, after };
  }
}
