/**
 * The workers that can take the tasks of one lane, during one placement, and the choice among them: the greatest sum of
 * preferences; then whoever had the needs of the task; then the value of a label with the fewest tasks of the class; then by
 * policy the one with the largest free share of its slots, or the fullest; then the order of their names.
 */
import type { Lane } from "../lane.ts";
import type { Requirements, Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { type Choice, Compared, hasRoom, Roomiest, Sole } from "./choice.ts";
import { isSilent, unfit } from "./eligible.ts";
import { fitOf, UNFIT } from "./fit.ts";
import { wantsNear } from "./near.ts";
import { signature } from "./signature.ts";
import type { Worker } from "./worker.ts";

export class Candidates {
  readonly #turn: Turn;
  readonly #choice: Choice;
  readonly #weights: Int16Array;
  readonly #lane: Lane;

  /** `free`: the workers that have room. */
  constructor(turn: Turn, lane: Lane, free: readonly Worker[]) {
    const { state } = turn;
    this.#turn = turn;
    const { requires } = lane;
    this.#lane = lane;
    const named = requires.worker === undefined ? undefined : state.workers.get(requires.worker);
    this.#weights = requires.worker === undefined ? fitOf(state, lane).weights(state.fleet) : NO_WEIGHTS;
    const workers: Worker[] = [];
    if (requires.worker === undefined) {
      for (const worker of free) if (worker.free > 0 && this.#weights[worker.place] !== UNFIT) workers.push(worker);
    } else if (
      named !== undefined &&
      !isSilent(named, turn.now) &&
      unfit(named, requires, lane.arm.name) === undefined
    ) {
      workers.push(named);
    }
    this.#choice = choiceFor(turn, requires, workers, this.#weights);
  }

  /** Where this task of the lane starts; undefined = nowhere now. */
  pick(task: Task): Worker | undefined {
    const best = this.#choice.best(this.#lane);
    if (best === undefined || this.#weights === NO_WEIGHTS) return best;
    if ((task.asks === undefined && task.node === undefined) || !wantsNear(task)) return best;
    return this.#nearest(task, this.#weights[best.place]!) ?? best;
  }

  started(worker: Worker): void {
    this.#choice.started(worker);
  }

  /** The best of those where its needs ran, if it is as good as any. */
  #nearest(task: Task, weight: number): Worker | undefined {
    const { fleet, workers } = this.#turn.state;
    let nearest: Worker | undefined;
    for (const name of fleet.near.get(task) ?? []) {
      const worker = workers.get(name);
      if (worker === undefined || this.#weights[worker.place] !== weight) continue;
      if (isSilent(worker, this.#turn.now) || !hasRoom(worker, this.#lane)) continue;
      if (nearest === undefined || this.#choice.better(worker, nearest)) nearest = worker;
    }
    return nearest;
  }
}

/** For tasks that name their worker. */
const NO_WEIGHTS = new Int16Array(0);

function choiceFor({ state, placement }: Turn, requires: Requirements, workers: Worker[], weights: Int16Array): Choice {
  if (workers.length <= 1) return new Sole(workers[0]);
  const { target } = requires;
  const pack = (target?.policy ?? placement) === "pack";
  const label = target?.spread;
  if (!pack && label === undefined) return new Roomiest(workers, weights);
  if (label === undefined) return new Compared(workers, weights, pack);
  const key = signature(requires);
  return new Compared(workers, weights, pack, { label, crowd: () => state.fleet.crowds.get(key) });
}
