/**
 * V10  No concurrency key, no mutex, no owner's quota and no worker's resources are exceeded at any instant. Judged from
 *      `AttemptStarted` and `AttemptEnded` alone, so that what a crash forgot is seen.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Quota, Resources } from "../../../src/core/asks.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Book, Known, Rule } from "../book.ts";
import type { World } from "../world.ts";

export class LimitRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #quotas = new Map<string, Quota>();
  readonly #resources = new Map<string, Resources>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, _at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "QuotaSet":
        if (event.quota === undefined) this.#quotas.delete(event.owner);
        else this.#quotas.set(event.owner, event.quota);
        return;
      case "WorkerJoined":
        this.#resources.set(event.worker, event.resources ?? {});
        return;
      case "AttemptStarted": {
        const known = this.#book.tasks.get(event.task);
        if (known?.asks !== undefined) this.#started(known, event.worker);
        return;
      }
      default:
    }
  }

  #started({ seq, asks = {} }: Known, worker: string): void {
    const { demand } = this.#world;
    const book = this.#book;
    const { concurrency, mutex = [], owner, resources } = asks;
    if (concurrency !== undefined) {
      const { key, limit } = concurrency;
      const active = book.others(seq, (other) => other.asks?.concurrency?.key === key);
      demand(active < limit, () => `V10: t${seq} starts with key ${key}, of which ${active} of ${limit} run`);
    }
    for (const name of mutex) {
      const held = book.others(seq, (other) => other.asks?.mutex?.includes(name) === true);
      demand(held === 0, () => `V10: t${seq} starts, and mutex ${name} is held`);
    }
    if (owner !== undefined) {
      const limit = (this.#quotas.get(owner) ?? this.#quotas.get("*"))?.concurrent ?? Infinity;
      const active = book.others(seq, (other) => other.asks?.owner === owner);
      demand(active < limit, () => `V10: t${seq} starts for ${owner}, of whose tasks ${active} of ${limit} run`);
    }
    for (const [name, amount] of Object.entries(resources ?? {})) {
      let used = 0;
      for (const other of book.running()) {
        if (other.seq !== seq && book.live.get(other.seq)!.worker === worker)
          used += other.asks?.resources?.[name] ?? 0;
      }
      const total = this.#resources.get(worker)?.[name] ?? 0;
      demand(
        used + amount <= total,
        () => `V10: t${seq} takes ${amount} of ${name} on ${worker}, where ${used} of ${total} are taken`,
      );
    }
  }
}
