/**
 * May a task run, and where? The functions here and `needObstacle` (`gate.ts`) are the only judges: `place.ts` asks them
 * to hand out work, `explain.ts` asks the same ones to say why a task waits. A limit that is enforced is therefore also
 * one that is explained.
 */
import { type LabelTerm, named } from "../asks.ts";
import type { Arm } from "../lane.ts";
import { tokenAt } from "../limits/meter.ts";
import type { Requirements } from "../task.ts";
import { holds, labelOf } from "./labels.ts";
import { fitsAny, taken, UNIT } from "./units.ts";
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
  | { code: "arm_not_served"; arm: string; serves: readonly string[] }
  | { code: "function_missing"; handler: string }
  /** The first term that does not hold, and the value of the label there. */
  | { code: "labels"; term: LabelTerm; value: string | undefined }
  | { code: "resources"; resource: string; wanted: number; has: number; free?: number }
  /** `index`: a unit that it has not; `taken`: wanted units without room; neither: enough is free, but in pieces. */
  | { code: "units"; resource: string; wanted: number; has: number; index?: number; taken?: readonly number[] }
  | { code: "apart"; key: string }
  | { code: "worker_gone" }
  | { code: "worker_draining" }
  | { code: "worker_silent"; silentMs: number }
  | { code: "worker_reserved"; holder: string; sinceMs: number }
  | { code: "worker_busy"; slots: number };

/** Why this worker can never take such a task of this arm, as it is now, or undefined. */
export function unfit(worker: Worker, requires: Requirements, arm: string): WorkerObstacle | undefined {
  if (requires.worker !== undefined && requires.worker !== worker.name) {
    return { code: "other_worker", wanted: requires.worker };
  }
  if (worker.arms?.has(arm) === false) return { code: "arm_not_served", arm, serves: [...worker.arms] };
  if (!worker.kinds.has(requires.kind)) return { code: "kind_missing", kind: requires.kind };
  if (requires.handler !== undefined && !worker.functions.has(requires.handler)) {
    return { code: "function_missing", handler: requires.handler };
  }
  for (const term of requires.target?.labels ?? []) {
    if (!holds(worker, term)) return { code: "labels", term, value: labelOf(worker, term.label) };
  }
  return short(worker, requires);
}

/** Why the worker has not enough for such a task even when nothing else runs there. */
function short(worker: Worker, requires: Requirements): WorkerObstacle | undefined {
  if (requires.resources === undefined) return undefined;
  for (const [resource, wanted] of Object.entries(requires.resources)) {
    const has = named(worker.resources, resource) ?? 0;
    if (has < wanted) return { code: "resources", resource, wanted, has };
    const count = named(worker.units, resource)?.length ?? 0;
    const index = named(requires.units, resource)?.find((unit) => unit >= count);
    if (index !== undefined) return { code: "units", resource, wanted, has: count * UNIT, index };
  }
  return undefined;
}

/** A worker that was not heard for longer gets nothing new, though its lease may be longer. */
export const SILENT_MS = 60_000;

/** True for a worker that is connected and was not heard for long. */
export function isSilent(worker: Worker, now: number): boolean {
  return now - worker.lastSeenAt > SILENT_MS && !worker.local;
}

/** Why this worker takes nothing at all at this moment, or undefined. */
export function unavailable(worker: Worker, now: number): WorkerObstacle | undefined {
  if (worker.session === 0) return { code: "worker_gone" };
  if (worker.draining) return { code: "worker_draining" };
  if (isSilent(worker, now)) return { code: "worker_silent", silentMs: now - worker.lastSeenAt };
  if (worker.attempts.size >= worker.slots) return { code: "worker_busy", slots: worker.slots };
  return undefined;
}

/** Why this worker cannot take such a task beside what it runs, although it has a slot, or undefined. */
export function lacking(worker: Worker, requires: Requirements): WorkerObstacle | undefined {
  const { resources, units, target } = requires;
  const key = target?.apart;
  if (key !== undefined && worker.apart.has(key)) return { code: "apart", key };
  if (resources === undefined) return undefined;
  for (const [resource, wanted] of Object.entries(resources)) {
    const has = named(worker.resources, resource) ?? 0;
    const free = has - (worker.used.get(resource) ?? 0);
    if (free < wanted) return { code: "resources", resource, wanted, has, free };
    const list = named(units, resource);
    if (list === undefined) {
      if (!fitsAny(worker, resource, wanted)) return { code: "units", resource, wanted, has };
    } else {
      const busy = taken(worker, resource, wanted, list);
      if (busy.length > 0) return { code: "units", resource, wanted, has, taken: busy };
    }
  }
  return undefined;
}
