/**
 * V12  At most one task holds a unique key: until it starts, until it has ended, or for a time, as the key's scope says. Two
 *      tasks with one key of scope `active` never run at once, also where one replaces the other.
 */
import { isEnded, type TaskState } from "../../../src/base/words.ts";
import type { UniqueKey } from "../../../src/core/asks.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Book, Known, Rule } from "../book.ts";
import type { World } from "../world.ts";

export class UniqueRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  /** The newest task that took each key. What it took it from was not holding it any more, and so on. */
  readonly #newest = new Map<string, number>();
  /** Tasks that somebody retried: by then their key may be another's. */
  readonly #retried = new Set<number>();
  /** Running tasks that were told to make room for another. */
  readonly #leaving = new Set<number>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "TaskSubmitted": {
        const unique = event.asks?.unique;
        if (unique !== undefined) this.#submitted(event.task, unique, at);
        return;
      }
      case "TaskReopened":
        this.#retried.add(event.task);
        return;
      case "CancelRequested":
        this.#leaving.add(event.task);
        return;
      case "AttemptEnded":
        this.#leaving.delete(event.task);
        return;
      case "AttemptStarted": {
        const known = this.#book.tasks.get(event.task)!;
        const unique = known.asks?.unique;
        if (unique?.scope === "active" && !this.#retried.has(event.task)) this.#started(known, unique);
        return;
      }
      default:
    }
  }

  #submitted(task: number, unique: UniqueKey, at: number): void {
    const { key } = unique;
    const seq = this.#newest.get(key) ?? 0;
    const other = this.#book.tasks.get(seq);
    this.#newest.set(key, task);
    if (other === undefined || this.#retried.has(seq) || this.#leaving.has(seq)) return;
    // What has begun, or is over, cannot be undone by whoever replaces it: the key goes over to the newer task.
    const isPast = unique.scope === "period" && unique.policy === "replace" && !isWaiting(other.state);
    const holds = !isPast && holdsKey(other, other.asks!.unique!, at);
    this.#world.demand(!holds, () => `V12: t${task} was accepted, and t${seq} (${other.state}) holds ${key}`);
  }

  #started({ seq }: Known, { key }: UniqueKey): void {
    const others = this.#book.others(seq, (other) => other.asks?.unique?.key === key && !this.#retried.has(other.seq));
    this.#world.demand(others === 0, () => `V12: t${seq} starts, and another with the unique key ${key} runs`);
  }
}

function isWaiting(state: TaskState): boolean {
  return state !== "running" && !isEnded(state);
}

function holdsKey({ state, at: submittedAt, attempt }: Known, { scope, periodMs = 0 }: UniqueKey, at: number): boolean {
  switch (scope) {
    case "queued":
      return attempt === 0 && !isEnded(state);
    case "active":
      return !isEnded(state);
    case "period":
      return at < submittedAt + periodMs;
  }
}
