/** What an attempt takes of its worker beside a slot, and gives back: resources, units, the key that keeps tasks apart. */
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { crowd } from "./fleet.ts";
import { signature } from "./signature.ts";
import { chargeUnits } from "./units.ts";
import type { Worker } from "./worker.ts";

/** The attempt of the task came (1) or goes (-1). */
export function charge(state: State, task: Task, worker: Worker, sign: 1 | -1): void {
  const { requires } = task.lane;
  const { resources, target } = requires;
  if (resources !== undefined) {
    worker.charge(resources, sign);
    const units = task.live?.units;
    if (units !== undefined) chargeUnits(worker, resources, units, sign);
  }
  if (target?.apart !== undefined) worker.part(target.apart, sign);
  if (target?.spread !== undefined) crowd(state.fleet, signature(requires), worker, sign);
}
