/**
 * Orders of workers that fit. Each is made for one lane and one placement; while that goes on, room only shrinks, so a
 * worker that is found to have none is not asked again.
 */
import type { Lane } from "../lane.ts";
import { Crowd } from "./crowd.ts";
import { lacking } from "./eligible.ts";
import { spreadValue } from "./labels.ts";
import type { Worker } from "./worker.ts";

export interface Choice {
  /** The first one that has room for the next task of the lane. */
  best(lane: Lane): Worker | undefined;
  /** True when `a` is before `b`, of two that have room. */
  better(a: Worker, b: Worker): boolean;
  /** The best one has got a task. */
  started(worker: Worker): void;
}

/** Can the next task of the lane start there now, beside what runs? */
export function hasRoom(worker: Worker, lane: Lane): boolean {
  if (worker.free <= 0 || worker.reserved?.admits(lane) === false) return false;
  return !lane.charges || lacking(worker, lane.requires) === undefined;
}

/** One worker, or none: nothing to choose. */
export class Sole implements Choice {
  readonly #worker: Worker | undefined;

  constructor(worker: Worker | undefined) {
    this.#worker = worker;
  }

  best(lane: Lane): Worker | undefined {
    const worker = this.#worker;
    return worker !== undefined && hasRoom(worker, lane) ? worker : undefined;
  }

  better(): boolean {
    return false;
  }

  started(): void {}
}

/** Compares free shares without the errors of a division: positive = `a` has the larger one. */
function byShare(a: Worker, b: Worker, freeA: number, freeB: number): number {
  return freeA * b.slots - freeB * a.slots;
}

/**
 * The largest free share first, among those with the greatest weight. A heap whose entries may have got less since they were
 * put in place: they are moved when they come to the top.
 */
export class Roomiest implements Choice {
  readonly #weights: Int16Array;
  readonly #workers: Worker[];
  /** Their free slots when they were put in place. */
  readonly #free: number[];

  constructor(workers: Worker[], weights: Int16Array) {
    this.#weights = weights;
    this.#workers = workers;
    this.#free = workers.map(({ free }) => free);
    for (let at = (workers.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  best(lane: Lane): Worker | undefined {
    for (;;) {
      const worker = this.#workers[0];
      if (worker === undefined) return undefined;
      const { free } = worker;
      if (!hasRoom(worker, lane)) this.#drop();
      else if (free === this.#free[0]) return worker;
      else {
        this.#free[0] = free;
        this.#sink(0);
      }
    }
  }

  better(a: Worker, b: Worker): boolean {
    return this.#before(a, b, a.free, b.free);
  }

  started(): void {}

  #before(a: Worker, b: Worker, freeA: number, freeB: number): boolean {
    const weight = this.#weights[a.place]! - this.#weights[b.place]!;
    if (weight !== 0) return weight > 0;
    const share = byShare(a, b, freeA, freeB);
    return share === 0 ? a.rank < b.rank : share > 0;
  }

  #drop(): void {
    const last = this.#workers.pop()!;
    const free = this.#free.pop()!;
    if (this.#workers.length === 0) return;
    this.#workers[0] = last;
    this.#free[0] = free;
    this.#sink(0);
  }

  #sink(from: number): void {
    const workers = this.#workers;
    const frees = this.#free;
    const worker = workers[from]!;
    const free = frees[from]!;
    let at = from;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= workers.length) break;
      if (down + 1 < workers.length && this.#isBefore(down + 1, down)) down++;
      if (!this.#before(workers[down]!, worker, frees[down]!, free)) break;
      workers[at] = workers[down]!;
      frees[at] = frees[down]!;
      at = down;
    }
    workers[at] = worker;
    frees[at] = free;
  }

  #isBefore(a: number, b: number): boolean {
    return this.#before(this.#workers[a]!, this.#workers[b]!, this.#free[a]!, this.#free[b]!);
  }
}

/** What the tasks of a class are spread over. */
export interface Spread {
  readonly label: string;
  /** Where they run; undefined = nowhere. */
  readonly crowd: () => Crowd | undefined;
}

const NOBODY = new Crowd();
/** Stands for more than can run anywhere; finite, so that two of them are equal by their difference. */
const NO_VALUE = Number.MAX_SAFE_INTEGER;

/**
 * The fullest first (`pack`), or spread over the values of a label. What was started elsewhere can make one better, so that
 * each is looked at for each start.
 */
export class Compared implements Choice {
  readonly #weights: Int16Array;
  #workers: Worker[];
  readonly #pack: boolean;
  readonly #label: string | undefined;
  /** Where tasks of the class run. */
  readonly #crowd: () => Crowd | undefined;
  /** Tasks of the class by value of the label, as of this version of the crowd. */
  #counts = new Map<string, number>();
  #version = 0;

  constructor(workers: Worker[], weights: Int16Array, pack: boolean, spread?: Spread) {
    this.#weights = weights;
    this.#workers = workers;
    this.#pack = pack;
    this.#label = spread?.label;
    this.#crowd = spread?.crowd ?? (() => undefined);
  }

  best(lane: Lane): Worker | undefined {
    let best: Worker | undefined;
    const workers = this.#workers;
    let kept = 0;
    this.#count();
    for (const worker of workers) {
      if (!hasRoom(worker, lane)) continue;
      workers[kept++] = worker;
      if (best === undefined || this.better(worker, best)) best = worker;
    }
    workers.length = kept;
    return best;
  }

  better(a: Worker, b: Worker): boolean {
    const weight = this.#weights[a.place]! - this.#weights[b.place]!;
    if (weight !== 0) return weight > 0;
    if (this.#label !== undefined) {
      const crowded = this.#countAt(a, this.#label) - this.#countAt(b, this.#label);
      if (crowded !== 0) return crowded < 0;
    }
    const room = this.#pack ? b.free - a.free : byShare(a, b, a.free, b.free);
    return room === 0 ? a.rank < b.rank : room > 0;
  }

  started(worker: Worker): void {
    if (this.#label === undefined || this.#crowd()?.version !== this.#version + 1) return;
    const value = spreadValue(worker, this.#label);
    if (value !== undefined) this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    this.#version++;
  }

  /** A worker without the label is last. */
  #countAt(worker: Worker, label: string): number {
    const value = spreadValue(worker, label);
    return value === undefined ? NO_VALUE : (this.#counts.get(value) ?? 0);
  }

  #count(): void {
    if (this.#label === undefined) return;
    const { version, on } = this.#crowd() ?? NOBODY;
    if (version === this.#version) return;
    this.#counts = new Map();
    for (const [worker, count] of on) {
      const value = spreadValue(worker, this.#label);
      if (value !== undefined) this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
    }
    this.#version = version;
  }
}
