/**
 * What placement knows of all workers at once, so that it need not look at each for each start. It follows from the workers
 * and from what runs on them; nothing of it is in the journal.
 *
 * FL1  Every worker that has room stands in `open`; some that stand there may have none any more.
 * FL2  Whatever may change which tasks a worker can take puts it into `changed`, or makes a new generation.
 */
import { assert } from "../../base/assert.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { Crowd } from "./crowd.ts";
import { isSilent } from "./eligible.ts";
import type { Fit } from "./fit.ts";
import type { Reservation } from "./reservation.ts";
import { Worker } from "./worker.ts";

export interface Fleet {
  readonly open: Worker[];
  /** Slots of those that are connected and take work; -1 = to be counted again. */
  slots: number;
  /** The ranks of the workers are those of their names. */
  ranked: boolean;
  /** Places in tables of workers that nobody has, and how many there are in all. */
  readonly vacant: number[];
  places: number;
  /** What each kind of requirement fits, as of this generation. */
  readonly fits: Map<string, Fit>;
  generation: number;
  /** Workers that joined, changed or left since this generation began. */
  readonly changed: Worker[];
  /** Arms that workers name which take tasks of certain arms only, and how many such workers. */
  readonly arms: Map<string, number>;
  /** By signature. */
  readonly crowds: Map<string, Crowd>;
  /** Workers that are kept free for large tasks. */
  readonly reservations: Set<Reservation>;
  reservationsEnded: number;
  /** Where the needs of a task ran, by name of the worker: a hint. */
  readonly near: WeakMap<Task, readonly string[]>;
}

export function createFleet(): Fleet {
  return {
    open: [],
    slots: -1,
    ranked: true,
    vacant: [],
    places: 0,
    fits: new Map(),
    generation: 0,
    changed: [],
    arms: new Map(),
    crowds: new Map(),
    reservations: new Set(),
    reservationsEnded: 0,
    near: new WeakMap(),
  };
}

/** The worker of that name; made when it is not known. */
export function workerNamed(state: State, name: string): Worker {
  const known = state.workers.get(name);
  if (known !== undefined) return known;
  const { fleet } = state;
  const worker = new Worker(name, fleet.vacant.pop() ?? fleet.places++);
  state.workers.set(name, worker);
  fleet.ranked = false;
  return worker;
}

/** The worker is no more. */
export function dropWorker(state: State, worker: Worker): void {
  const { fleet } = state;
  assert(worker.attempts.size === 0, "a worker that left holds no attempts");
  setArms(fleet, worker, undefined);
  if (worker.reserved !== undefined) endReservation(fleet, worker.reserved);
  state.workers.delete(worker.name);
  worker.gone = true;
  noteChange(state, worker);
  fleet.vacant.push(worker.place);
}

/** The worker is for all again. */
export function endReservation(fleet: Fleet, reservation: Reservation): void {
  reservation.worker.reserved = undefined;
  reservation.lane.reservation = undefined;
  fleet.reservations.delete(reservation);
  fleet.reservationsEnded++;
}

/** What the worker can do has changed. */
export function noteChange(state: State, worker: Worker): void {
  const { fleet } = state;
  if (fleet.changed.length > 1024 + 2 * state.workers.size) renew(fleet);
  else fleet.changed.push(worker);
  noteRoom(fleet, worker);
}

/** The worker may have room now, or counts no longer. */
export function noteRoom(fleet: Fleet, worker: Worker): void {
  fleet.slots = -1;
  open(fleet, worker);
}

/** An attempt on it has ended. */
export function open(fleet: Fleet, worker: Worker): void {
  if (worker.listed) return;
  worker.listed = true;
  fleet.open.push(worker);
}

/** Everything that was found out about fitting is forgotten. */
export function renew(fleet: Fleet): void {
  fleet.generation++;
  fleet.fits.clear();
  fleet.changed.length = 0;
}

/** Says which arms the worker serves; undefined = all. */
export function setArms(fleet: Fleet, worker: Worker, arms: ReadonlySet<string> | undefined): void {
  const before = fleet.arms.size;
  for (const arm of arms ?? []) fleet.arms.set(arm, (fleet.arms.get(arm) ?? 0) + 1);
  let isNew = fleet.arms.size !== before;
  for (const arm of worker.arms ?? []) {
    const left = fleet.arms.get(arm)! - 1;
    if (left > 0) fleet.arms.set(arm, left);
    else isNew = fleet.arms.delete(arm);
  }
  worker.arms = arms;
  // Arms that no worker names share what they fit.
  if (isNew) renew(fleet);
}

/** The workers that have room and are heard, in no order. */
export function openWorkers({ fleet, workers }: State, now: number): readonly Worker[] {
  const { open: list } = fleet;
  let kept = 0;
  let silent = 0;
  for (const worker of list) {
    if (worker.gone || worker.free <= 0) worker.listed = false;
    else {
      list[kept++] = worker;
      if (isSilent(worker, now)) silent++;
    }
  }
  list.length = kept;
  if (kept > 1 && !fleet.ranked) {
    const names = [...workers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const [rank, worker] of names.entries()) worker.rank = rank;
    fleet.ranked = true;
  }
  return silent === 0 ? list : list.filter((worker) => !isSilent(worker, now));
}

/** Slots of all workers that are connected and take work. */
export function slotsOf({ fleet, workers }: State): number {
  if (fleet.slots < 0) {
    fleet.slots = 0;
    for (const worker of workers.values()) if (worker.session !== 0 && !worker.draining) fleet.slots += worker.slots;
  }
  return fleet.slots;
}

/** A task that is to be spread came to a worker (1), or went (-1). */
export function crowd(fleet: Fleet, signature: string, worker: Worker, sign: 1 | -1): void {
  let known = fleet.crowds.get(signature);
  if (known === undefined) fleet.crowds.set(signature, (known = new Crowd()));
  known.change(worker, sign);
  if (known.on.size === 0) fleet.crowds.delete(signature);
}
