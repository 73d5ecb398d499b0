/**
 * What is due when: a binary heap of (time, kind, subject). Nothing is ever removed from the middle: whoever takes an
 * entry checks whether it still means something. Equal times come out in the order they went in.
 */
import type { Gate } from "./limits/gate.ts";
import type { Arm } from "./lane.ts";
import type { Run } from "./run.ts";
import type { Schedule } from "./schedules/schedule.ts";
import type { Task } from "./task.ts";
import type { UniqueEntry } from "./flow/uniques.ts";
import type { Worker } from "./fleet/worker.ts";

export type TimerKind = "due" | "expire" | "deadline" | "lease" | "unique" | "run" | "gate" | "schedule" | "approval";
export type TimerSubject = Task | Worker | UniqueEntry | Run | Gate | Arm | Schedule;

export interface Timer {
  at: number;
  kind: TimerKind;
  subject: TimerSubject;
  /** Order of arrival, for equal times. */
  order: number;
}

/** Kinds as the numbers that the heap holds. */
const KINDS: readonly TimerKind[] = [
  "due",
  "expire",
  "deadline",
  "lease",
  "unique",
  "run",
  "gate",
  "schedule",
  "approval",
];
const CODES = Object.fromEntries(KINDS.map((kind, code) => [kind, code])) as Record<TimerKind, number>;

/** Ten million delayed tasks are ten million entries: columns of numbers hold one in 25 bytes, objects in 90. */
export class Timers {
  #at = new Float64Array(64);
  #orders = new Float64Array(64);
  #kinds = new Uint8Array(64);
  readonly #subjects: TimerSubject[] = [];
  #order = 0;

  get size(): number {
    return this.#subjects.length;
  }

  /** Time of the earliest entry; Infinity when there is none. */
  get next(): number {
    return this.#subjects.length === 0 ? Infinity : this.#at[0]!;
  }

  add(at: number, kind: TimerKind, subject: TimerSubject): void {
    const index = this.#subjects.length;
    this.#subjects.push(subject);
    if (index === this.#at.length) this.#grow();
    this.#raise(index, at, this.#order++, CODES[kind], subject);
  }

  /** Every entry, in no order; for checks. */
  *[Symbol.iterator](): Iterator<Timer> {
    for (let index = 0; index < this.size; index++) yield this.#timer(index);
  }

  /** Keeps those that `isMeant` says mean something. */
  keep(isMeant: (at: number, subject: TimerSubject) => boolean): void {
    const subjects = this.#subjects;
    let kept = 0;
    for (let index = 0; index < subjects.length; index++) {
      const subject = subjects[index]!;
      const at = this.#at[index]!;
      if (isMeant(at, subject)) this.#raise(kept++, at, this.#orders[index]!, this.#kinds[index]!, subject);
    }
    subjects.length = kept;
  }

  /** Takes the earliest entry that is due at `now`. */
  take(now: number): Timer | undefined {
    if (this.next > now) return undefined;
    const first = this.#timer(0);
    const last = this.size - 1;
    const subject = this.#subjects.pop()!;
    if (last > 0) this.#sink(last, subject);
    return first;
  }

  #timer(index: number): Timer {
    const kind = KINDS[this.#kinds[index]!]!;
    return { at: this.#at[index]!, kind, subject: this.#subjects[index]!, order: this.#orders[index]! };
  }

  /** Puts what stood at `from`, the place after the last one, where it belongs, beginning at the top. */
  #sink(from: number, subject: TimerSubject): void {
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= from) break;
      if (child + 1 < from && this.#before(child + 1, child)) child++;
      if (!this.#before(child, from)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, this.#at[from]!, this.#orders[from]!, this.#kinds[from]!, subject);
  }

  /** Puts it, which comes behind all before `index`, where it belongs. */
  #raise(index: number, at: number, order: number, kind: number, subject: TimerSubject): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const before = this.#at[parent]!;
      if (at > before || (at === before && order > this.#orders[parent]!)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, at, order, kind, subject);
  }

  #before(a: number, b: number): boolean {
    const difference = this.#at[a]! - this.#at[b]!;
    return difference < 0 || (difference === 0 && this.#orders[a]! < this.#orders[b]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from]!, this.#orders[from]!, this.#kinds[from]!, this.#subjects[from]!);
  }

  #put(index: number, at: number, order: number, kind: number, subject: TimerSubject): void {
    this.#at[index] = at;
    this.#orders[index] = order;
    this.#kinds[index] = kind;
    this.#subjects[index] = subject;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    this.#at = enlarged(this.#at, new Float64Array(size));
    this.#orders = enlarged(this.#orders, new Float64Array(size));
    this.#kinds = enlarged(this.#kinds, new Uint8Array(size));
  }
}

function enlarged<T extends Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
