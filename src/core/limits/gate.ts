/**
 * Limits that tasks share by name, whatever arm they are in: concurrency keys, mutexes, rates by key, quotas of owners,
 * and those of the run or the `each` that they are in. A gate counts the attempts that run behind it, or has a meter. Each task brings what it needs of its gates; a need is met
 * or not at a given time, and that is all that placement and explain ask.
 *
 * G1  `active` of a gate is the number of running attempts whose task needs it. Nothing else takes or frees: what ends
 *     with an attempt, however it ends, cannot leak.
 * G2  A gate is known (`gates.ts`) while a live task needs it. What its meters have used outlives it in `Meters`.
 */
import type { Quota, RateLimit } from "../asks.ts";
import type { Gates } from "./gates.ts";
import type { GroupBucket, KeyTurn, TaskGroup } from "./group.ts";
import { addToWindow, type Meter, type Meters, takeToken, tokenAt, windowAt } from "./meter.ts";

export type GateKind = "key" | "mutex" | "rate" | "owner" | "run" | "each";

/** The list of whoever has nobody: there may be 100,000 gates, and most have one set, one group, one turn. */
const NONE: never[] = [];

/** The list with one more; an empty one is never written to. */
export function append<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

/** Takes an item out of a list, in which the order means nothing. */
export function removeFrom<T>(list: T[], item: T): void {
  const last = list.pop()!;
  if (last !== item) list[list.indexOf(item)] = last;
}

export class Gate {
  readonly kind: GateKind;
  /** The key, the mutex, the owner; of a run or an `each` its number. */
  readonly name: string;
  /** Running attempts behind it. */
  active = 0;
  /** When it last let a task through again after having been full. Not in the journal. */
  openedAt = 0;
  /** Sets of needs that name it. */
  sets = 0;
  /** Of a rate: its bucket. Of an owner: starts, CPU time. */
  readonly meter: Meter | undefined;
  readonly cpu: Meter | undefined;
  /** What its owner may use. */
  quota: Quota | undefined;
  /** Groups of tasks that wait until it lets more through. */
  parked: GroupBucket[] = NONE;
  /** Of a concurrency key: where it stands in the order of keys, for each arm in which tasks of it are queued. */
  turns: KeyTurn[] = NONE;
  /** Sets that need nothing else: one for each grade. */
  alone: GateSet[] = NONE;
  /** When its timer goes off; 0 = none is set. */
  wakeAt = 0;
  /** It stands in `Gates.stirred`. */
  #stirred = false;
  readonly #gates: Gates;

  constructor(kind: GateKind, name: string, gates: Gates) {
    this.kind = kind;
    this.name = name;
    this.#gates = gates;
    this.quota = kind === "owner" ? gates.quotaOf(name) : undefined;
    const { meters } = gates;
    this.meter =
      kind === "rate"
        ? meters.named(`rate:${name}`)
        : kind === "owner"
          ? meters.named(`owner:tasks:${name}`)
          : undefined;
    this.cpu = kind === "owner" ? meters.named(`owner:cpu:${name}`) : undefined;
  }

  /** Somebody came, went, or it may have opened: who is parked here is to be looked at before anything is placed. */
  stir(): void {
    if (this.#stirred || this.parked.length === 0) return;
    this.#stirred = true;
    this.#gates.stirred.push(this);
  }

  settle(): void {
    this.#stirred = false;
  }
}

/** What a task needs of one gate. */
export interface Need {
  readonly gate: Gate;
  /** Most attempts at once behind the gate, for this task. */
  readonly limit: number;
  readonly rate: RateLimit | undefined;
  /** Equal grades of one gate are open or closed together. */
  readonly grade: number | string;
}

/** Needs that go together; tasks that ask for the same share one. */
export class GateSet {
  /** Equal for equal needs; absent when it stands with its only gate. */
  readonly text: string | undefined;
  readonly needs: readonly Need[];
  /** The gate of its concurrency key: among the keys of an arm the slots go round. */
  readonly key: Gate | undefined;
  /** Live tasks that have it. */
  tasks = 0;
  /** Where queued tasks of it wait. */
  groups: TaskGroup[] = NONE;

  constructor(text: string | undefined, needs: readonly Need[]) {
    this.text = text;
    this.needs = needs;
    this.key = needs.find(({ gate }) => gate.kind === "key")?.gate;
  }
}

export type GateObstacle =
  | {
      code: "key_full" | "mutex_held" | "run_full" | "each_full" | "quota_concurrent";
      gate: Gate;
      limit: number;
      until?: undefined;
    }
  | { code: "rate" | "quota_tasks" | "quota_cpu"; gate: Gate; until: number };

const FULL = {
  key: "key_full",
  mutex: "mutex_held",
  run: "run_full",
  each: "each_full",
  // These have no such limit of their own.
  rate: "key_full",
  owner: "quota_concurrent",
} as const;

/** Why `need` is not met at `now`, or undefined. */
export function needObstacle({ gate, limit, rate }: Need, now: number): GateObstacle | undefined {
  if (gate.active >= limit) return { code: FULL[gate.kind], gate, limit };
  if (rate !== undefined) {
    const until = tokenAt(gate.meter!, rate);
    return until > now ? { code: "rate", gate, until } : undefined;
  }
  const { quota } = gate;
  return quota === undefined ? undefined : quotaObstacle(gate, quota, now);
}

function quotaObstacle(gate: Gate, quota: Quota, now: number): GateObstacle | undefined {
  const { concurrent, tasks, cpu } = quota;
  if (concurrent !== undefined && gate.active >= concurrent)
    return { code: "quota_concurrent", gate, limit: concurrent };
  if (tasks !== undefined) {
    const until = windowAt(gate.meter!, tasks.limit, tasks.perMs);
    if (until > now) return { code: "quota_tasks", gate, until };
  }
  if (cpu !== undefined) {
    const until = windowAt(gate.cpu!, cpu.limitMs, cpu.perMs);
    if (until > now) return { code: "quota_cpu", gate, until };
  }
  return undefined;
}

/** The first need that is not met; undefined = a task of this set may start. */
export function closedNeed(set: GateSet, now: number): Need | undefined {
  for (const need of set.needs) if (needObstacle(need, now) !== undefined) return need;
  return undefined;
}

/** An attempt of a task with these needs has started. */
export function passGates(set: GateSet, meters: Meters, now: number): void {
  for (const { gate, rate } of set.needs) {
    gate.active++;
    gate.stir();
    const { meter } = gate;
    if (meter === undefined) continue;
    const tasks = gate.quota?.tasks;
    if (rate !== undefined) takeToken(meter, rate, now);
    else if (tasks !== undefined) addToWindow(meter, 1, tasks.perMs, now);
    else continue;
    meters.touch(meter, now);
  }
}

/** It has ended; `cpuMs` is charged to its owner. */
export function leaveGates(set: GateSet, meters: Meters, cpuMs: number, now: number): void {
  for (const { gate, limit } of set.needs) {
    if (gate.active >= (gate.quota?.concurrent ?? limit)) gate.openedAt = now;
    gate.active--;
    gate.stir();
    const cpu = gate.quota?.cpu;
    if (cpu === undefined || cpuMs <= 0) continue;
    addToWindow(gate.cpu!, cpuMs, cpu.perMs, now);
    meters.touch(gate.cpu!, now);
  }
}
