/** What happens to a simulated cluster by itself, each kind at its own pace, until everything is healed. */
import type { WorkerMachine } from "../worker.ts";
import type { World } from "../world.ts";
import type { Judge } from "./judge.ts";
import { logGoesBack } from "./log-back.ts";
import { type ClusterNode, SHARD } from "./node.ts";
import { CLUSTER_FAULTS, type ClusterFault, type ClusterOptions } from "./options.ts";
import type { Service } from "./service.ts";

export interface Struck {
  world: World;
  service: Service;
  judge: Judge;
  nodes: readonly ClusterNode[];
  workers: readonly WorkerMachine[];
}

const HOUR_MS = 3_600_000;

export function startFaults(struck: Struck, { everyMs }: ClusterOptions): void {
  const { world } = struck;
  for (const kind of CLUSTER_FAULTS) {
    if (everyMs[kind] === Infinity) continue;
    const again = (): void => {
      world.time.after(world.around(everyMs[kind]), () => {
        if (world.healed) return;
        world.count(kind);
        strike(kind, struck);
        again();
      });
    };
    again();
  }
}

function strike(kind: ClusterFault, struck: Struck): void {
  const { world, service, judge, nodes, workers } = struck;
  const { prng, options } = world;
  const worker = prng.pick(workers);
  // The one that leads is the one that matters.
  const leader = nodes.find(({ leads }) => leads);
  const node = leader !== undefined && prng.chance(0.6) ? leader : prng.pick(nodes);
  const ms = Math.round(prng.next() * prng.pick([500, 3000, 15_000]));
  switch (kind) {
    case "crash":
      return node.crash("killed", ms);
    case "crashWithTables":
      // One at a time, and none while the log lacks what servers have: what no server has is nowhere.
      return node.crash("killed", ms, !judge.isBack && nodes.every(({ engine }) => engine !== undefined));
    case "stop":
      if (node.engine !== undefined) void node.stop(ms);
      return;
    case "freeze":
      world.tell(() => `${node.name} sleeps for ${ms} ms`);
      return node.process.freeze(ms);
    case "link":
      service.setLink(node.name, false);
      world.time.after(ms, () => service.setLink(node.name, true));
      return;
    case "serviceDown":
      for (const { name } of nodes) service.setLink(name, false);
      world.time.after(ms, () => {
        for (const { name } of nodes) service.setLink(name, true);
      });
      return;
    case "stepDown":
      void leader?.shard?.stepDown();
      return;
    case "clock": {
      const step = prng.pick([100, 20_000, HOUR_MS, -20_000, -HOUR_MS]);
      world.tell(() => `the clock of ${node.name} steps by ${step} ms`);
      node.process.skewMs += step;
      return;
    }
    case "diskFull":
      world.tell(() => `the disk of ${node.name} is full for ${ms} ms`);
      node.isFull = true;
      world.time.after(ms, () => (node.isFull = false));
      return;
    case "logBack":
      if (logGoesBack(world, service, judge, nodes)) world.count("logs that went back");
      return;
    case "logFull":
      world.tell(() => `nothing fits into the log for ${ms} ms`);
      service.trouble.isFull = true;
      world.time.after(ms, () => (service.trouble.isFull = false));
      return;
    case "logSlow":
      service.trouble.slowMs = prng.pick([500, 4000, 20_000]);
      world.tell(() => `appends take up to ${service.trouble.slowMs} ms for ${ms} ms`);
      world.time.after(ms, () => (service.trouble.slowMs = 0));
      return;
    case "seatBack":
      return service.seatBack(SHARD, 1 + prng.int(3));
    case "tornSnapshot": {
      const all = [...service.objects.keys()].filter(
        (name) => name.startsWith("snapshots/") && !name.endsWith(".json"),
      );
      if (all.length > 0) service.tearObject(prng.pick(all));
      return;
    }
    case "twoAtOnce": {
      const others = CLUSTER_FAULTS.filter((other) => other !== "twoAtOnce");
      for (const other of [prng.pick(others), prng.pick(others)]) strike(other, struck);
      return;
    }
    case "workerCrash":
      return worker.crash();
    case "workerStop":
      return worker.stop();
    case "workerFreeze":
      world.tell(() => `${worker.name} freezes`);
      return worker.process.freeze(Math.round(prng.next() * 3 * options.leaseMs));
    case "cut":
      return worker.connection?.cut();
    case "halfOpen":
      return worker.connection?.halfOpen();
  }
}
