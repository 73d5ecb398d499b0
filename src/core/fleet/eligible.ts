/**
 * May a task run, and where? The functions here and `needObstacle` (`gate.ts`) are the only judges: `place.ts` asks them
 * to hand out work, `explain.ts` asks the same ones to say why a task waits. A limit that is enforced is therefore also
 * one that is explained.
 */
import type { Arm } from "../lane.ts";
import { tokenAt } from "../limits/meter.ts";
import type { Requirements } from "../task.ts";
import type { Worker } from "./worker.ts";

export type ArmObstacle =
  | { code: "arm_disabled" }
  | { code: "arm_full"; active: number; limit: number }
  | { code: "arm_rate"; until: number };

/** Why nothing can start in this arm at `now`, or undefined. */
export function armObstacle(arm: Arm, now: number): ArmObstacle | undefined {
  if (!arm.enabled) return { code: "arm_disabled" };
  if (arm.active >= arm.maxParallel) return { code: "arm_full", active: arm.active, limit: arm.maxParallel };
  if (arm.rate !== undefined) {
    const until = tokenAt(arm.meter, arm.rate);
    if (until > now) return { code: "arm_rate", until };
  }
  return undefined;
}

export type WorkerObstacle =
  | { code: "other_worker"; wanted: string }
  | { code: "kind_missing"; kind: string }
  | { code: "function_missing"; handler: string }
  | { code: "resources"; resource: string; wanted: number; has: number; free?: number }
  | { code: "worker_gone" }
  | { code: "worker_draining" }
  | { code: "worker_busy"; slots: number };

/** Why this worker can never take such a task, as it is now, or undefined. */
export function unfit(worker: Worker, requires: Requirements): WorkerObstacle | undefined {
  if (requires.worker !== undefined && requires.worker !== worker.name) {
    return { code: "other_worker", wanted: requires.worker };
  }
  if (!worker.kinds.has(requires.kind)) return { code: "kind_missing", kind: requires.kind };
  if (requires.handler !== undefined && !worker.functions.has(requires.handler)) {
    return { code: "function_missing", handler: requires.handler };
  }
  if (requires.resources === undefined) return undefined;
  for (const [resource, wanted] of Object.entries(requires.resources)) {
    const has = worker.resources?.[resource] ?? 0;
    if (has < wanted) return { code: "resources", resource, wanted, has };
  }
  return undefined;
}

/** Why this worker takes nothing at all at this moment, or undefined. */
export function unavailable(worker: Worker): WorkerObstacle | undefined {
  if (worker.session === 0) return { code: "worker_gone" };
  if (worker.draining) return { code: "worker_draining" };
  if (worker.attempts.size >= worker.slots) return { code: "worker_busy", slots: worker.slots };
  return undefined;
}

/** Why this worker cannot take such a task beside what it runs, although it has a slot, or undefined. */
export function lacking(worker: Worker, { resources }: Requirements): WorkerObstacle | undefined {
  if (resources === undefined) return undefined;
  for (const [resource, wanted] of Object.entries(resources)) {
    const has = worker.resources?.[resource] ?? 0;
    const free = has - (worker.used.get(resource) ?? 0);
    if (free < wanted) return { code: "resources", resource, wanted, has, free };
  }
  return undefined;
}
