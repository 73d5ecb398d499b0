/**
 * What is due when: a binary heap of (time, kind, subject). Nothing is ever removed from the middle: whoever takes an
 * entry checks whether it still means something. Equal times come out in the order they went in.
 */
import type { Gate } from "./gate.ts";
import type { Arm } from "./lane.ts";
import type { Run } from "./run.ts";
import type { Schedule } from "./schedule.ts";
import type { Task } from "./task.ts";
import type { UniqueEntry } from "./uniques.ts";
import type { Worker } from "./worker.ts";

export type TimerKind = "due" | "expire" | "deadline" | "lease" | "unique" | "run" | "gate" | "schedule";
type Subject = Task | Worker | UniqueEntry | Run | Gate | Arm | Schedule;

export interface Timer {
  at: number;
  kind: TimerKind;
  subject: Subject;
  /** Order of arrival, for equal times. */
  order: number;
}

export class Timers {
  readonly #heap: Timer[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the earliest entry; Infinity when there is none. */
  get next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.at;
  }

  add(at: number, kind: TimerKind, subject: Subject): void {
    const heap = this.#heap;
    const timer: Timer = { at, kind, subject, order: this.#order++ };
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  /** Every entry, in no order; for checks. */
  [Symbol.iterator](): Iterator<Timer> {
    return this.#heap.values();
  }

  /** Takes the earliest entry that is due at `now`. */
  take(now: number): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) sink(heap, last);
    return first;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function sink(heap: Timer[], timer: Timer): void {
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, timer)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = timer;
}
