/** How events of workers change the state. */
import { assert } from "../base/assert.ts";
import type { WorkerJoined, WorkerLeft } from "./event.ts";
import type { State } from "./state.ts";
import { Worker } from "./worker.ts";

export function workerOf(state: State, name: string): Worker {
  const worker = state.workers.get(name);
  assert(worker !== undefined, `worker ${name} is known`);
  return worker;
}

export function applyWorkerJoined(state: State, event: WorkerJoined): void {
  let worker = state.workers.get(event.worker);
  if (worker === undefined) {
    worker = new Worker(event.worker);
    state.workers.set(event.worker, worker);
  }
  worker.instance = event.instance;
  worker.slots = event.slots;
  worker.kinds = new Set(event.kinds);
  worker.functions = new Set(event.functions);
  worker.resources = event.resources;
  worker.draining = false;
}

export function applyWorkerLeft(state: State, { worker }: WorkerLeft): void {
  assert(workerOf(state, worker).attempts.size === 0, "a worker that left holds no attempts");
  state.workers.delete(worker);
}
