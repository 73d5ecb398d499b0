/** Faults that come by themselves, each kind at its own pace, until everything is healed. */
import { FAULT_KINDS, type FaultKind } from "./options.ts";
import type { Server } from "./server.ts";
import type { WorkerMachine } from "./worker.ts";
import type { World } from "./world.ts";

export function startFaults(world: World, server: Server, workers: readonly WorkerMachine[]): void {
  for (const kind of FAULT_KINDS) {
    const everyMs = world.options.everyMs[kind];
    if (everyMs === Infinity) continue;
    const again = (): void => {
      world.time.after(world.around(everyMs), () => {
        if (world.healed) return;
        strike(kind, world, server, workers);
        again();
      });
    };
    again();
  }
}

function strike(kind: FaultKind, world: World, server: Server, workers: readonly WorkerMachine[]): void {
  const { prng, options, time } = world;
  const worker = prng.pick(workers);
  const ms = Math.round(prng.next() * prng.pick([100, options.leaseMs, 3 * options.leaseMs]));
  switch (kind) {
    case "serverCrash":
      return server.crash("killed");
    case "serverStop":
      void server.stop();
      return;
    case "workerCrash":
      return worker.crash();
    case "workerStop":
      return worker.stop();
    case "workerFreeze":
      world.tell(() => `${worker.name} freezes for ${ms} ms`);
      return worker.process.freeze(ms);
    case "serverFreeze":
      world.tell(() => `the server freezes for ${ms} ms`);
      return server.process.freeze(ms);
    case "cut":
      world.tell(() => `the connection of ${worker.name} breaks`);
      return worker.connection?.cut();
    case "halfOpen":
      world.tell(() => `the connection of ${worker.name} is half open`);
      return worker.connection?.halfOpen();
    case "diskFull":
      world.tell(() => `the disk is full for ${ms} ms`);
      server.diskFullUntil = time.now + ms;
      return;
    case "clockJump": {
      const jump = prng.pick([100, options.leaseMs, 3_600_000]);
      world.tell(() => `the server's clock jumps by ${jump} ms`);
      server.process.skewMs += jump;
      return;
    }
    case "clockBack":
      world.tell(() => `the server's clock steps back`);
      server.process.skewMs -= prng.pick([10, 1000, 20_000]);
  }
}
