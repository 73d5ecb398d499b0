/**
 * The order of ready tasks of one arm and priority: by age, a task by its own number, the ranked ones of a run together at
 * the place of the run. Among these the highest rank is first, so that the longest way to the end begins soonest.
 */
import type { Task } from "./task.ts";

/** Ranks are milliseconds; a run that takes longer than 24 days needs no finer ones. */
export const RANK_MAX = 2 ** 31 - 1;
/** Numbers of tasks within a run that still tell tasks of equal rank apart. */
const SPREAD = 2 ** 21;

/** Smaller is older. */
export function placeOf(task: Task): number {
  return task.rank === 0 ? task.seq : task.run!.place;
}

/** Tells tasks of equal place apart, as `ahead` does; smaller is first. */
export function orderOf(task: Task): number {
  if (task.rank === 0) return 0;
  return Math.min(task.seq - task.run!.place, SPREAD - 1) - task.rank * SPREAD;
}

/** True when `a` is to start before `b`. */
export function ahead(a: Task, b: Task): boolean {
  if (a.rank === 0 && b.rank === 0) return a.seq < b.seq;
  const difference = placeOf(a) - placeOf(b);
  if (difference !== 0) return difference < 0;
  return a.rank === b.rank ? a.seq < b.seq : a.rank > b.rank;
}

/** Ranked tasks, the first on top. Those that have left by another way stay until they come to the top. */
export class RankHeap {
  #items: Task[] = [];

  push(task: Task): void {
    const items = this.#items;
    items.push(task);
    items[this.#rise(task, items.length - 1)] = task;
  }

  /** The first that `holds` says is still there. */
  peek(holds: (task: Task) => boolean): Task | undefined {
    for (;;) {
      const first = this.#items[0];
      if (first === undefined || holds(first)) return first;
      this.shift();
    }
  }

  /** Takes the one on top. */
  shift(): void {
    this.#removeAt(0);
  }

  /** Takes that one out, wherever it stands. False: it is not there. */
  remove(task: Task): boolean {
    const at = this.#items.indexOf(task);
    if (at >= 0) this.#removeAt(at);
    return at >= 0;
  }

  #removeAt(from: number): void {
    const items = this.#items;
    const last = items.pop();
    const { length } = items;
    // It was the last one itself.
    if (last === undefined || from >= length) return;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= length) break;
      if (down + 1 < length && ahead(items[down + 1]!, items[down]!)) down++;
      if (!ahead(items[down]!, last)) break;
      items[at] = items[down]!;
      at = down;
    }
    // From elsewhere in the heap, it may belong above the place that is free.
    at = this.#rise(last, at);
    items[at] = last;
  }

  /** Where the task belongs that is to stand at `at`, or above; those that it passes are below it then. */
  #rise(task: Task, from: number): number {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!ahead(task, items[up]!)) break;
      items[at] = items[up]!;
      at = up;
    }
    return at;
  }

  /** All of them, the first one first. */
  sorted(): Task[] {
    return this.#items.toSorted((a, b) => (ahead(a, b) ? -1 : 1));
  }

  /** Keeps those of which `keep` is true. */
  sift(keep: (task: Task) => boolean): void {
    const kept = this.#items.filter(keep);
    this.#items = [];
    for (const task of kept) this.push(task);
  }
}
