/** How events of workers change the state. */
import type { WorkerDraining, WorkerForgotten, WorkerJoined, WorkerLeft, WorkerResumed } from "./events.ts";
import type { State } from "../state.ts";
import { dropWorker, noteChange, noteRoom, setArms, workerNamed } from "./fleet.ts";

export type FleetEvent = WorkerJoined | WorkerDraining | WorkerResumed | WorkerForgotten | WorkerLeft;

export function applyFleet(state: State, event: FleetEvent): void {
  switch (event.type) {
    case "WorkerJoined":
      return joined(state, event);
    case "WorkerDraining":
      if (event.held === true) state.drained.add(event.worker);
      return setDraining(state, event.worker, event.held !== true);
    case "WorkerResumed":
      state.drained.delete(event.worker);
      return setDraining(state, event.worker, false);
    case "WorkerForgotten":
      return;
    case "WorkerLeft": {
      const worker = state.workers.get(event.worker);
      return worker && dropWorker(state, worker);
    }
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
  worker.leaving = false;
  worker.draining = state.drained.has(event.worker);
  noteChange(state, worker);
}

function setDraining(state: State, name: string, leaves: boolean): void {
  const worker = state.workers.get(name);
  if (worker === undefined) return;
  worker.leaving ||= leaves;
  worker.draining = worker.leaving || state.drained.has(name);
  noteRoom(state.fleet, worker);
}
