/**
 * Which workers can take tasks that ask for the same: asked of each worker once, not for each start. Tasks that differ in
 * their arm only, or in how they want to be apart or spread, share it.
 */
import type { Lane } from "../lane.ts";
import type { State } from "../state.ts";
import { unfit } from "./eligible.ts";
import { type Fleet, renew } from "./fleet.ts";
import { weightOf } from "./labels.ts";
import { fitKey } from "./signature.ts";
import type { Worker } from "./worker.ts";

/** Stands for a worker that cannot take such tasks. Sums of preferences are smaller by far. */
export const UNFIT = -32_768;
/** So many are kept without asking whether they are needed. */
const FITS_MIN = 256;

export class Fit {
  readonly generation: number;
  readonly #lane: Lane;
  /** By place of the worker: the sum of preferences that it meets, or UNFIT. */
  #weights: Int16Array;
  /** How many of the changes are in it. */
  #seen: number;

  constructor(state: State, lane: Lane) {
    const { fleet, workers } = state;
    this.generation = fleet.generation;
    this.#lane = lane;
    this.#weights = new Int16Array(Math.max(16, fleet.places)).fill(UNFIT);
    this.#seen = fleet.changed.length;
    for (const worker of workers.values()) this.#judge(worker);
  }

  /** By place of the worker. True until a worker changes. */
  weights(fleet: Fleet): Int16Array {
    const { changed, places } = fleet;
    if (this.#seen < changed.length) {
      if (this.#weights.length < places) this.#grow(places);
      while (this.#seen < changed.length) this.#judge(changed[this.#seen++]!);
    }
    return this.#weights;
  }

  #judge(worker: Worker): void {
    const { requires, arm } = this.#lane;
    const isFit = !worker.gone && unfit(worker, requires, arm.name) === undefined;
    this.#weights[worker.place] = isFit ? weightOf(worker, requires.target) : UNFIT;
  }

  #grow(places: number): void {
    const weights = new Int16Array(Math.max(places, this.#weights.length * 2)).fill(UNFIT);
    weights.set(this.#weights);
    this.#weights = weights;
  }
}

/** What tasks of this lane fit. */
export function fitOf(state: State, lane: Lane): Fit {
  const { fleet } = state;
  if (lane.fit?.generation === fleet.generation) return lane.fit;
  const arm = fleet.arms.has(lane.arm.name) ? lane.arm.name : "";
  const key = `${arm}\n${fitKey(lane.requires)}`;
  let fit = fleet.fits.get(key);
  if (fit === undefined) {
    if (fleet.fits.size >= Math.max(FITS_MIN, 2 * state.lanes.size)) renew(fleet);
    fit = new Fit(state, lane);
    fleet.fits.set(key, fit);
  }
  lane.fit = fit;
  return fit;
}
