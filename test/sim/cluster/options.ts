/** What one simulated cluster is like; what its people and workers are like, `../options.ts` draws. */
import type { Prng } from "../../../src/base/prng.ts";
import { NO_FAULTS, type ServiceFaults } from "./service.ts";

export const CLUSTER_FAULTS = [
  "crash",
  "crashWithTables",
  "stop",
  "freeze",
  "link",
  "serviceDown",
  "stepDown",
  "clock",
  "diskFull",
  "logBack",
  "logFull",
  "logSlow",
  "seatBack",
  "tornSnapshot",
  "twoAtOnce",
  "workerCrash",
  "workerStop",
  "workerFreeze",
  "cut",
  "halfOpen",
] as const;
export type ClusterFault = (typeof CLUSTER_FAULTS)[number];

export interface ClusterOptions {
  servers: number;
  /** Mean time between faults of each kind; Infinity = never. */
  everyMs: Record<ClusterFault, number>;
  service: ServiceFaults;
}

export function drawCluster(prng: Prng, actionsMs: number): ClusterOptions {
  const phaseMs = Math.max(actionsMs, 20_000);
  const every = (): number => (prng.chance(0.5) ? Infinity : phaseMs / (1 + prng.int(6)));
  const often = (): number => (prng.chance(0.5) ? 0 : prng.pick([0.002, 0.02, 0.1]));
  return {
    servers: prng.pick([2, 3, 3, 3, 4, 5]),
    everyMs: Object.fromEntries(CLUSTER_FAULTS.map((kind) => [kind, every()])) as Record<ClusterFault, number>,
    service: {
      ...NO_FAULTS,
      delayMsMax: prng.pick([1, 5, 40, 300]),
      lost: often(),
      unanswered: often(),
      late: often(),
      stale: often(),
      wordLost: often(),
      torn: often(),
      objectMsMax: prng.pick([1, 50, 2000]),
      recordBytesMax: prng.chance(0.2) ? 4000 : 1_000_000,
    },
  };
}
