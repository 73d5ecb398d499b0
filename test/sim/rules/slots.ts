/**
 * V2  No arm starts more than its limit allows, and none while it is paused; no worker gets more than its slots, at any
 *     instant. Every attempt is counted once as processed by its arm.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { State } from "../../../src/core/state.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

/** `maxParallel` of the arms that are there from the start. */
const BUILT_IN: ReadonlyMap<string, number> = new Map([
  ["deploy", 2],
  ["batch", 4],
  ["streams", 2],
  ["secrets", 1],
  ["builds", 2],
  ["watchers", 2],
  ["cleanup", 2],
]);

export class SlotRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #limits = new Map([...BUILT_IN].map(([name, max]) => [name, { enabled: true, max }]));
  readonly #slots = new Map<string, number>();
  /** Attempts that came to their end in the journal, by arm. */
  readonly #processed = new Map<string, number>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, _at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "ArmConfigured":
        this.#limits.set(event.arm, { enabled: event.enabled, max: event.maxParallel ?? Infinity });
        return;
      case "ArmRemoved":
        this.#limits.delete(event.arm);
        this.#processed.delete(event.arm);
        return;
      case "WorkerJoined":
        this.#slots.set(event.worker, event.slots);
        return;
      case "WorkerLeft":
        this.#world.demand(this.#on(event.worker) === 0, () => `${event.worker} left with attempts on it`);
        return;
      case "AttemptStarted":
        return this.#started(event.task, event.worker);
      case "AttemptEnded": {
        const { arm } = this.#book.tasks.get(event.task)!;
        this.#processed.set(arm, (this.#processed.get(arm) ?? 0) + 1);
        return;
      }
      default:
    }
  }

  #on(worker: string): number {
    let count = 0;
    for (const live of this.#book.live.values()) if (live.worker === worker) count++;
    return count;
  }

  #started(seq: number, worker: string): void {
    const { demand } = this.#world;
    const { arm } = this.#book.tasks.get(seq)!;
    const { enabled, max } = this.#limits.get(arm) ?? { enabled: true, max: Infinity };
    const active = this.#book.others(seq, (other) => other.arm === arm);
    demand(enabled && active < max, () => `V2: arm ${arm} starts t${seq}: ${active} of ${max}, enabled ${enabled}`);
    const slots = this.#slots.get(worker) ?? 0;
    const taken = this.#on(worker) - 1;
    demand(taken < slots, () => `V2: ${worker} gets t${seq} with ${taken} of ${slots} slots taken`);
  }

  /** The counters of the state are those of what happened. */
  check(state: State): void {
    for (const { name, processed } of state.arms.values()) {
      const right = this.#processed.get(name) ?? 0;
      this.#world.demand(processed === right, () => `arm ${name} counts ${processed} attempts instead of ${right}`);
    }
  }
}
