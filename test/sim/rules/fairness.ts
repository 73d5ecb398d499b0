/**
 * V18  Among concurrency keys that all have work waiting in one arm at one priority, the slots go round: none is given more
 *      than one start ahead of another.
 *
 * Judged in the arm `fair`, whose tasks differ by their key alone. The count begins again for a key whose queue was empty,
 * to which work came back that had been taken away from its worker (it goes first), and for all when the server starts
 * again: whose turn it was is not kept.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Book, Known, Rule } from "../book.ts";
import { FAIR } from "../work.ts";
import type { World } from "../world.ts";

export class FairnessRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #queued = new Map<string, number>();
  /** Tasks that somebody moved, to another arm or priority: they are alike no longer. */
  readonly #moved = new Set<number>();
  /** `a\nb`: starts of a, less those of b, since both have work. */
  readonly #lead = new Map<string, number>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  restarted(): void {
    this.#lead.clear();
  }

  judge(event: Event, _at: number, before: TaskState | undefined): void {
    const seq = "task" in event && typeof event.task === "number" ? event.task : undefined;
    const known = seq === undefined ? undefined : this.#book.tasks.get(seq);
    const key = known === undefined ? undefined : keyOf(known);
    if (known === undefined || key === undefined || this.#moved.has(known.seq)) return;
    // One of a run may be queued and held with its run: what it takes of its key's turns begins a new count.
    if (known.definition.run !== undefined) {
      if (event.type === "AttemptStarted") this.#forget(key);
      return;
    }
    if (event.type === "TaskMoved") {
      this.#moved.add(known.seq);
      if (before === "queued") this.#count(key, -1);
      return;
    }
    if (event.type === "AttemptStarted") this.#started(key);
    if (event.type === "AttemptEnded" && known.state === "queued") this.#forget(key);
    if (before !== known.state || event.type === "TaskReopened") {
      if (before === "queued") this.#count(key, -1);
      if (known.state === "queued") this.#count(key, 1);
    }
  }

  #count(key: string, change: number): void {
    const count = (this.#queued.get(key) ?? 0) + change;
    this.#queued.set(key, count);
    if (count === 0) this.#forget(key);
  }

  #forget(key: string): void {
    for (const pair of this.#lead.keys()) if (pair.split("\n").includes(key)) this.#lead.delete(pair);
  }

  #started(key: string): void {
    for (const [other, queued] of this.#queued) {
      if (other === key || queued === 0) continue;
      const lead = (this.#lead.get(`${key}\n${other}`) ?? 0) + 1;
      this.#world.demand(
        lead <= 1,
        () => `V18: key ${key} is ${lead} starts ahead of ${other}, which has work waiting`,
      );
      this.#lead.set(`${key}\n${other}`, lead);
      this.#lead.set(`${other}\n${key}`, -lead);
    }
  }
}

/** The key of a task that was submitted to the arm. */
function keyOf({ definition }: Known): string | undefined {
  return definition.arm === FAIR ? definition.asks?.concurrency?.key : undefined;
}
