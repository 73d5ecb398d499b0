/**
 * V15  The result of a cached task is what its own work would have given; its origin succeeded, exists, and is not too old.
 *      Of tasks with one cache key at most one runs, except those that were told not to look.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Library } from "../../../src/engine/ports.ts";
import type { Book, Rule } from "../book.ts";
import { echoOf } from "../work.ts";
import type { World } from "../world.ts";

export class CacheRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  /** Until when the result of a task may be used; 0 = as long as it is kept. */
  readonly #until = new Map<number, number>();
  readonly #keys = new Map<number, string>();
  /** Tasks that ended by the cache, as they stand. */
  readonly #cached = new Map<number, number>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "TaskSubmitted":
        if (event.cacheKey !== undefined) this.#keys.set(event.task, event.cacheKey);
        if (event.cachedFrom !== undefined) this.#hit(event.task, event.cachedFrom, at);
        return;
      case "CacheKeyed":
        this.#keys.set(event.task, event.key);
        return;
      case "AttemptStarted":
        return this.#started(event.task);
      case "AttemptEnded":
        if (event.cache !== undefined) this.#kept(event.task, event.cache.until, at);
        return;
      case "TaskEnded":
        if (event.cachedFrom !== undefined) this.#hit(event.task, event.cachedFrom, at);
        return;
      case "TaskReopened":
        this.#keys.delete(event.task);
        this.#until.delete(event.task);
        this.#cached.delete(event.task);
        return;
      default:
    }
  }

  #kept(task: number, until: number, at: number): void {
    const { ttlMs } = this.#book.tasks.get(task)!.asks!.cache!;
    const right = ttlMs > 0 ? at + ttlMs : 0;
    this.#world.demand(until === right, () => `V15: t${task} may be used until ${until}, and said ${right}`);
    this.#until.set(task, until);
  }

  #hit(task: number, origin: number, at: number): void {
    const { demand } = this.#world;
    const known = this.#book.tasks.get(origin);
    demand(known !== undefined, () => `V15: t${task} has the result of t${origin}, which is gone`);
    demand(known!.state === "succeeded", () => `V15: t${task} has the result of t${origin}, which is ${known!.state}`);
    const until = this.#until.get(origin);
    demand(until !== undefined, () => `V15: t${task} has the result of t${origin}, which was never kept`);
    demand(
      until === 0 || at <= until!,
      () => `V15: t${task} has the result of t${origin}, which is ${at - until!} ms old`,
    );
    // What a liar made is taken over like anything else.
    if (!this.#book.liars.has(known!.lastWorker)) this.#cached.set(task, origin);
  }

  #started(task: number): void {
    const key = this.#keys.get(task);
    const known = this.#book.tasks.get(task)!;
    if (key === undefined || known.asks?.cache?.refresh === true) return;
    const other = [...this.#book.running()].find(
      ({ seq, asks }) => seq !== task && this.#keys.get(seq) === key && asks?.cache?.refresh !== true,
    );
    this.#world.demand(other === undefined, () => `V15: t${task} starts, and t${other!.seq} runs with its cache key`);
  }

  end(library: Library): void {
    for (const [task, origin] of this.#cached) {
      const known = this.#book.tasks.get(task);
      if (known?.state !== "succeeded") continue;
      const kept = library.resultText(task);
      const right = echoOf(known.work);
      this.#world.demand(
        right === undefined || kept === right,
        () => `V15: t${task} would give ${right}, and has ${kept} from t${origin}`,
      );
    }
  }
}
