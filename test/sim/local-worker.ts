/** A worker inside the server's own process, as in an embedded Octopus: linked by plain calls, it lives and dies with it. */
import type { WorkerSession } from "../../src/engine/api.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { Agent } from "../../src/worker/agent.ts";
import { createExecutors } from "./executors.ts";
import type { SimProcess } from "./process.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export const LOCAL = "local";

export function startLocalWorker(world: World, witness: Witness, process: SimProcess, engine: Engine): void {
  const { list, functions } = createExecutors(world, witness, process, LOCAL);
  const agent = new Agent({
    name: LOCAL,
    slots: 2,
    version: "sim",
    executors: list,
    functions,
    graceMs: 1000,
    timers: process.timers(),
  });
  const connect = (): void => {
    let open = true;
    const session: WorkerSession = engine.connectWorker(
      {
        send: (messages) => queueMicrotask(() => open && process.alive && agent.receive(messages)),
        close: () => {
          if (!open) return;
          open = false;
          agent.disconnected();
          process.after(200, connect);
        },
      },
      { local: true },
    );
    agent.connected({
      send: (messages) => {
        if (open) session.receive(messages);
      },
      close: () => {},
    });
  };
  process.enter(connect);
}
