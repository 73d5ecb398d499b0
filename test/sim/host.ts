/** What people, workers and screens of a simulation need of whatever they turn to: one server, or a cluster of them. */
import type { Engine } from "../../src/engine/engine.ts";
import type { Connection, WorkerSide } from "./network.ts";
import type { SimProcess } from "./process.ts";

export interface Host {
  /** The one to ask now; undefined: nobody answers. */
  readonly engine: Engine | undefined;
  /** Whose clock people go by. */
  readonly process: SimProcess;
  /** True as long as the engine stands that was asked: what it answers arrives. */
  stands(engine: Engine): boolean;
  /** Opens a connection for a worker; undefined when nobody listens. */
  connect(side: WorkerSide): Connection | undefined;
}
