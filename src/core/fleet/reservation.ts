/**
 * A worker that is kept free for a task with large needs. Where small tasks come all the time, each takes what another has
 * just given back, and one that needs 8 of 8 cores would never start. `reserve.ts` says who gets a worker, and until when.
 *
 * RV1  A worker is reserved for one lane, and a lane has one worker.
 * RV2  What starts on a reserved worker is of its lane, or stands before the first of that lane in the same arm, or is a guest:
 *      with a guest, and with all else that has started there since, the first of the lane would still fit, if only that
 *      were gone which ran there before. So when this has ended it starts, unless one that stands before it is there by then.
 *
 * Nobody is stopped for it, and nobody has to know how long tasks take.
 */
import { named } from "../asks.ts";
import type { Lane } from "../lane.ts";
import type { Requirements, Task } from "../task.ts";
import { UNIT } from "./units.ts";
import type { Worker } from "./worker.ts";

export class Reservation {
  readonly lane: Lane;
  readonly worker: Worker;
  /** Epoch milliseconds. */
  readonly since: number;
  /** How long it is for this worker, whatever happens elsewhere. */
  readonly patienceMs: number;
  /** Attempts that were there before, and have not ended. */
  readonly before: Set<Task>;
  /** What those take, by resource. */
  readonly #taken: Map<string, number>;
  /** The first of the lane as it came up last, and when that was. */
  first: Task;
  upAt: number;
  /** In the placement that goes on, the lane has come up: whoever comes now stands behind it. */
  isUp = false;
  /** A turn is sure to come then; 0 = none is. */
  wakeAt = 0;

  constructor(first: Task, worker: Worker, now: number, patienceMs: number) {
    this.first = first;
    this.lane = first.lane;
    this.worker = worker;
    this.since = now;
    this.upAt = now;
    this.patienceMs = patienceMs;
    this.before = new Set(worker.attempts);
    this.#taken = new Map(worker.used);
  }

  /** An attempt on the worker has ended. */
  left(task: Task): void {
    if (!this.before.delete(task)) return;
    for (const [name, amount] of Object.entries(task.lane.requires.resources ?? {})) {
      this.#taken.set(name, this.#taken.get(name)! - amount);
    }
  }

  /** How much of a resource those that were there before still have. */
  takenBefore(resource: string): number {
    return this.#taken.get(resource) ?? 0;
  }

  /** May the next task of this lane start on the worker, in the placement that goes on? */
  admits(lane: Lane): boolean {
    if (lane === this.lane || (!this.isUp && lane.arm === this.lane.arm)) return true;
    return this.isGuest(lane.requires);
  }

  /** True when such a task keeps the first of the lane from nothing. */
  isGuest({ resources, target }: Requirements): boolean {
    const { worker, before, lane } = this;
    const { requires } = lane;
    if (worker.attempts.size - before.size + 2 > worker.slots) return false;
    if (target?.apart !== undefined && target.apart === requires.target?.apart) return false;
    for (const [resource, wanted] of Object.entries(requires.resources ?? {})) {
      const mine = named(resources, resource) ?? 0;
      if (mine === 0) continue;
      // Of units, what is left counts only in whole ones, and only for who takes any of them.
      const hasUnits = named(worker.units, resource) !== undefined;
      if (hasUnits && (mine % UNIT !== 0 || wanted % UNIT !== 0 || named(requires.units, resource) !== undefined))
        return false;
      const since = (worker.used.get(resource) ?? 0) - this.takenBefore(resource);
      if (since + mine + wanted > (named(worker.resources, resource) ?? 0)) return false;
    }
    return true;
  }
}
