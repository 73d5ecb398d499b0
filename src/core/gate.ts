/**
 * Limits that tasks share by name, whatever arm they are in: concurrency keys, mutexes, rates by key, quotas of owners. A
 * gate counts the attempts that run behind it, or has a meter. Each task brings what it needs of its gates; a need is met
 * or not at a given time, and that is all that placement and explain ask.
 *
 * G1  `active` of a gate is the number of running attempts whose task needs it. Nothing else takes or frees: what ends
 *     with an attempt, however it ends, cannot leak.
 * G2  A gate is known while a live task needs it. What its meters have used outlives it in `Meters`.
 */
import type { Asks, Quota, RateLimit } from "./asks.ts";
import type { GroupBucket, KeyTurn, TaskGroup } from "./group.ts";
import { addToWindow, type Meter, type Meters, takeToken, tokenAt, windowAt } from "./meter.ts";

export class Gate {
  readonly kind: "key" | "mutex" | "rate" | "owner";
  /** The key, the mutex, the owner. */
  readonly name: string;
  /** Running attempts behind it. */
  active = 0;
  /** Sets of needs that name it. */
  sets = 0;
  /** Of a rate: its bucket. Of an owner: starts, CPU time. */
  readonly meter: Meter | undefined;
  readonly cpu: Meter | undefined;
  /** What its owner may use. */
  quota: Quota | undefined;
  /** Groups of tasks that wait until it lets more through. */
  readonly parked: GroupBucket[] = [];
  /** Of a concurrency key: where it stands in the order of keys, for each arm in which tasks of it are queued. */
  readonly turns: KeyTurn[] = [];
  /** When its timer goes off; 0 = none is set. */
  wakeAt = 0;
  /** It stands in `Gates.stirred`. */
  #stirred = false;
  readonly #gates: Gates;

  constructor(kind: Gate["kind"], name: string, gates: Gates) {
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
  readonly text: string;
  readonly needs: readonly Need[];
  /** The gate of its concurrency key: among the keys of an arm the slots go round. */
  readonly key: Gate | undefined;
  /** Live tasks that have it. */
  tasks = 0;
  /** Where queued tasks of it wait. */
  readonly groups: TaskGroup[] = [];

  constructor(text: string, needs: readonly Need[]) {
    this.text = text;
    this.needs = needs;
    this.key = needs.find(({ gate }) => gate.kind === "key")?.gate;
  }
}

export type GateObstacle =
  | { code: "key_full" | "mutex_held" | "quota_concurrent"; gate: Gate; limit: number; until?: undefined }
  | { code: "rate" | "quota_tasks" | "quota_cpu"; gate: Gate; until: number };

/** Why `need` is not met at `now`, or undefined. */
export function needObstacle({ gate, limit, rate }: Need, now: number): GateObstacle | undefined {
  if (gate.active >= limit) return { code: gate.kind === "mutex" ? "mutex_held" : "key_full", gate, limit };
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
  for (const { gate } of set.needs) {
    gate.active--;
    gate.stir();
    const cpu = gate.quota?.cpu;
    if (cpu === undefined || cpuMs <= 0) continue;
    addToWindow(gate.cpu!, cpuMs, cpu.perMs, now);
    meters.touch(gate.cpu!, now);
  }
}

/** The gates and sets of needs that live tasks have, and the quotas. */
export class Gates {
  readonly meters: Meters;
  readonly quotas = new Map<string, Quota>();
  readonly all = new Map<string, Gate>();
  readonly sets = new Map<string, GateSet>();
  /** Gates where somebody is parked and something has changed. */
  readonly stirred: Gate[] = [];

  constructor(meters: Meters) {
    this.meters = meters;
  }

  quotaOf(owner: string): Quota | undefined {
    return this.quotas.get(owner) ?? this.quotas.get("*");
  }

  /** The needs of one more live task that asks for this; undefined when it needs no gate. */
  join(asks: Asks | undefined): GateSet | undefined {
    if (asks === undefined) return undefined;
    const text = textOf(asks);
    if (text === "") return undefined;
    let set = this.sets.get(text);
    if (set === undefined) {
      set = new GateSet(text, this.#needs(asks));
      this.sets.set(text, set);
    }
    set.tasks++;
    return set;
  }

  /** A task with these needs lives no longer. */
  leave(set: GateSet): void {
    if (--set.tasks > 0) return;
    this.sets.delete(set.text);
    for (const { gate } of set.needs) if (--gate.sets === 0) this.all.delete(gateKey(gate.kind, gate.name));
  }

  #needs({ owner, concurrency, mutex, rate }: Asks): Need[] {
    const needs: Need[] = [];
    // Where several are closed a task waits at the first: the one that says most comes first.
    for (const name of new Set(mutex)) {
      needs.push({ gate: this.#gate("mutex", name), limit: 1, rate: undefined, grade: 1 });
    }
    if (concurrency !== undefined) {
      const { key, limit } = concurrency;
      needs.push({ gate: this.#gate("key", key), limit, rate: undefined, grade: limit });
    }
    if (owner !== undefined)
      needs.push({ gate: this.#gate("owner", owner), limit: Infinity, rate: undefined, grade: 0 });
    if (rate !== undefined) {
      const grade = `${rate.limit}/${rate.perMs}/${rate.burst}`;
      needs.push({ gate: this.#gate("rate", rate.key), limit: Infinity, rate, grade });
    }
    return needs;
  }

  #gate(kind: Gate["kind"], name: string): Gate {
    const key = gateKey(kind, name);
    let gate = this.all.get(key);
    if (gate === undefined) {
      gate = new Gate(kind, name, this);
      this.all.set(key, gate);
    }
    gate.sets++;
    return gate;
  }
}

function gateKey(kind: Gate["kind"], name: string): string {
  return `${kind}:${name}`;
}

/** Equal text for equal needs, and only for these; empty for none. */
function textOf({ owner, concurrency, mutex, rate }: Asks): string {
  let text = concurrency === undefined ? "" : `k${concurrency.limit}${named(concurrency.key)}`;
  if (owner !== undefined) text += `o${named(owner)}`;
  if (mutex !== undefined) for (const name of mutex) text += `m${named(name)}`;
  if (rate !== undefined) text += `r${rate.limit}/${rate.perMs}/${rate.burst}${named(rate.key)}`;
  return text;
}

/** A name may hold any sign: its length says where it ends. */
function named(name: string): string {
  return `:${name.length}:${name}`;
}
