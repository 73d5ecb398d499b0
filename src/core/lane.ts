/**
 * Where ready tasks wait. An arm is a named lane of execution with its own limit. Inside an arm, tasks that may run in the
 * same places (same placement class) share a `Lane`: one ring for each priority. Placement looks at lanes, never at single
 * tasks, so a task that fits nowhere costs nothing and delays nobody.
 *
 * N1  A ring may hold tasks that are no longer queued; they are dropped when they come to the front.
 * N2  `queued` counts the tasks in the rings that are queued.
 * N3  Bit p of `mask` is set while ring p holds anything.
 */
import { assert } from "../base/assert.ts";
import { Ring } from "./ring.ts";
import type { Requirements, Task } from "./task.ts";

export class Arm {
  readonly name: string;
  enabled = true;
  /** Most attempts at once. */
  maxParallel = Infinity;
  active = 0;
  queued = 0;
  /** Attempts that came to an end, and those of them that failed, since the data directory was made. */
  processed = 0;
  failed = 0;
  /** Epoch milliseconds of the newest start; 0 = never. */
  lastRunAt = 0;
  readonly lanes: Lane[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get free(): number {
    return this.enabled ? this.maxParallel - this.active : 0;
  }
}

export class Lane {
  readonly arm: Arm;
  readonly requires: Requirements;
  queued = 0;
  #mask = 0;
  readonly #rings: (Ring<Task> | undefined)[] = [];

  constructor(arm: Arm, requires: Requirements) {
    this.arm = arm;
    this.requires = requires;
  }

  /** Puts a queued task behind the others of its priority, or before them when it has waited its turn already. */
  add(task: Task, first: boolean): void {
    const ring = (this.#rings[task.priority] ??= new Ring<Task>());
    if (first) ring.unshift(task);
    else ring.push(task);
    this.#mask |= 1 << task.priority;
    this.queued++;
    this.arm.queued++;
  }

  /** A queued task has left by another way than `take`. */
  forget(): void {
    this.queued--;
    this.arm.queued--;
  }

  /** The task that is next in this lane. */
  head(): Task | undefined {
    while (this.#mask !== 0) {
      const priority = 31 - Math.clz32(this.#mask);
      const ring = this.#rings[priority]!;
      const task = ring.peek();
      if (task !== undefined && task.state === "queued") return task;
      if (task !== undefined) ring.shift();
      if (ring.size === 0) this.#mask &= ~(1 << priority);
    }
    return undefined;
  }

  /** Takes `task`, which is the head of its ring once dead entries are dropped. */
  take(task: Task): void {
    const ring = this.#rings[task.priority]!;
    let first = ring.shift();
    while (first !== task) {
      assert(first !== undefined && first.state !== "queued", "a task starts from the head of its ring");
      first = ring.shift();
    }
    if (ring.size === 0) this.#mask &= ~(1 << task.priority);
    this.queued--;
    this.arm.queued--;
  }

  /** Queued tasks that start before `task` in this lane (its own or another); counts at most `limit`. */
  ahead(task: Task, limit: number): number {
    let count = 0;
    for (let priority = 10; priority >= task.priority; priority--) {
      const ring = this.#rings[priority];
      for (let i = 0; ring !== undefined && i < ring.size && count < limit; i++) {
        const other = ring.at(i)!;
        if (other === task) return count;
        if (other.state !== "queued") continue;
        if (!startsBefore(other, task) && task.lane !== this) break;
        count++;
      }
    }
    return count;
  }

  /** Every task in the rings that is queued; for checks. */
  *[Symbol.iterator](): Generator<Task> {
    for (const ring of this.#rings) {
      for (let i = 0; ring !== undefined && i < ring.size; i++) {
        const task = ring.at(i)!;
        if (task.state === "queued") yield task;
      }
    }
  }
}

/** True when `a` is to start before `b`: higher priority first, then the older one. */
export function startsBefore(a: Task, b: Task): boolean {
  return a.priority > b.priority || (a.priority === b.priority && a.seq < b.seq);
}
