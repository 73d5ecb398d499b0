/** How events of workers change the state. */
import { assert } from "../../base/assert.ts";
import type { WorkerDraining, WorkerForgotten, WorkerJoined, WorkerLeft, WorkerResumed } from "../event.ts";
import type { State } from "../state.ts";
import { dropWorker, noteChange, noteRoom, setArms, workerNamed } from "./fleet.ts";
import type { Worker } from "./worker.ts";

export function workerOf(state: State, name: string): Worker {
  const worker = state.workers.get(name);
  assert(worker !== undefined, `worker ${name} is known`);
  return worker;
}

export type FleetEvent = WorkerJoined | WorkerDraining | WorkerResumed | WorkerForgotten | WorkerLeft;

export function applyFleet(state: State, event: FleetEvent): void {
  switch (event.type) {
    case "WorkerJoined":
      return joined(state, event);
    case "WorkerDraining":
      if (event.held === true) state.drained.add(event.worker);
      return setDraining(state, event.worker, true);
    case "WorkerResumed":
      state.drained.delete(event.worker);
      return setDraining(state, event.worker, false);
    case "WorkerForgotten":
      return;
    case "WorkerLeft":
      return dropWorker(state, workerOf(state, event.worker));
  }
}

function joined(state: State, event: WorkerJoined): void {
  const worker = workerNamed(state, event.worker);
  worker.instance = event.instance;
  worker.slots = event.slots;
  worker.kinds = new Set(event.kinds);
  worker.functions = new Set(event.functions);
  worker.resources = event.resources;
  worker.units = event.units;
  worker.labels = event.labels ?? {};
  setArms(state.fleet, worker, event.arms === undefined ? undefined : new Set(event.arms));
  worker.draining = state.drained.has(event.worker);
  noteChange(state, worker);
}

function setDraining(state: State, name: string, draining: boolean): void {
  const worker = state.workers.get(name);
  if (worker === undefined) return;
  worker.draining = draining;
  noteRoom(state.fleet, worker);
}
