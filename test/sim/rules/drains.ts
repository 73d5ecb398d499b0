/**
 * V28  A worker that a person drained gets nothing new until it is resumed, whatever restarts meanwhile; one that said that
 *      it takes nothing new, until it comes again. Who is forgotten was away, and what was said of it goes with it.
 * V29  A worker of some arms gets no task of another one, and what names its worker starts nowhere else.
 */
import type { Event } from "../../../src/core/event.ts";
import type { Library } from "../../../src/engine/ports.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

export class DrainRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  /** Drained by a person, and by themselves. */
  readonly #held = new Set<string>();
  readonly #leaving = new Set<string>();
  readonly #arms = new Map<string, readonly string[] | undefined>();
  readonly #here = new Set<string>();
  /** Workers that were here, and were not forgotten since. */
  readonly #listed = new Set<string>();
  /** The worker that each task names, as it was last opened. */
  readonly #named = new Map<number, string | undefined>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event): void {
    switch (event.type) {
      case "WorkerJoined": {
        const { worker, arms } = event;
        this.#leaving.delete(worker);
        this.#here.add(worker);
        this.#listed.add(worker);
        this.#arms.set(worker, arms);
        if (this.#held.has(worker)) this.#world.count("drained workers came again");
        return;
      }
      case "WorkerLeft":
        this.#here.delete(event.worker);
        this.#leaving.delete(event.worker);
        return;
      case "WorkerDraining":
        (event.held === true ? this.#held : this.#leaving).add(event.worker);
        if (event.held === true) this.#world.count("drains by people");
        return;
      case "WorkerResumed":
        this.#held.delete(event.worker);
        this.#world.count("resumes");
        return;
      case "WorkerForgotten":
        return this.#forgotten(event.worker);
      case "TaskSubmitted":
      case "TaskReopened":
        this.#named.set(event.task, event.worker);
        return;
      case "AttemptStarted":
        return this.#started(event.task, event.worker);
      default:
    }
  }

  #forgotten(name: string): void {
    const { demand } = this.#world;
    demand(!this.#here.has(name), () => `V28: ${name} is forgotten, and is here`);
    demand(!this.#held.has(name), () => `V28: ${name} is forgotten, and stays drained`);
    this.#listed.delete(name);
    this.#world.count("workers forgotten");
  }

  #started(seq: number, worker: string): void {
    const { demand } = this.#world;
    demand(!this.#held.has(worker), () => `V28: t${seq} starts on ${worker}, which a person drained`);
    demand(!this.#leaving.has(worker), () => `V28: t${seq} starts on ${worker}, which said that it takes no more`);
    const arms = this.#arms.get(worker);
    const { arm } = this.#book.tasks.get(seq)!;
    demand(
      arms?.includes(arm) !== false,
      () => `V29: t${seq} of ${arm} starts on ${worker}, which takes ${arms?.join()}`,
    );
    if (arms !== undefined) this.#world.count("starts on workers of some arms");
    const named = this.#named.get(seq);
    demand(named === undefined || named === worker, () => `V29: t${seq} starts on ${worker}, and names ${named}`);
  }

  /** After a restart only those are known to be here that have something. */
  restarted(): void {
    this.#here.clear();
    for (const { worker } of this.#book.live.values()) this.#here.add(worker);
  }

  /** Once everything is healed, people let all of them work again. */
  unfinished(): string[] {
    return [...this.#held].map((name) => `${name} is drained`);
  }

  end(library: Library): void {
    const names = (of: Iterable<string>): string => [...of].sort().join();
    const stored = library.workers().map(({ name }) => name);
    this.#world.demand(
      names(stored) === names(this.#listed),
      () => `V28: the list of workers is ${names(stored)}, and should be ${names(this.#listed)}`,
    );
  }
}
