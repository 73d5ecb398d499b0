/**
 * Which gates and sets of needs there are: those that live tasks have, each once, by name. A task that needs one gate, as
 * most do that need any, finds its set there; sets of several gates stand in a table of their own.
 */
import type { Asks, Quota, RateLimit } from "../asks.ts";
import type { Bound } from "./bounds.ts";
import { append, Gate, type GateKind, GateSet, type Need, removeFrom } from "./gate.ts";
import type { Meters } from "./meter.ts";

const NO_BOUNDS: readonly Bound[] = [];

export class Gates {
  readonly meters: Meters;
  readonly quotas = new Map<string, Quota>();
  /** Gates where somebody is parked and something has changed. */
  readonly stirred: Gate[] = [];
  readonly #named: Record<GateKind, Map<string, Gate>> = {
    key: new Map(),
    mutex: new Map(),
    rate: new Map(),
    owner: new Map(),
    run: new Map(),
    each: new Map(),
  };
  /** Sets of several needs, by their text. */
  readonly #sets = new Map<string, GateSet>();

  constructor(meters: Meters) {
    this.meters = meters;
  }

  quotaOf(owner: string): Quota | undefined {
    return this.quotas.get(owner) ?? this.quotas.get("*");
  }

  named(kind: GateKind, name: string): Gate | undefined {
    return this.#named[kind].get(name);
  }

  /** Every gate; for people and for checks. */
  *all(): Generator<Gate> {
    for (const gates of Object.values(this.#named)) yield* gates.values();
  }

  owners(): Iterable<Gate> {
    return this.#named.owner.values();
  }

  /** Every set of needs; for people and for checks. */
  *sets(): Generator<GateSet> {
    for (const gate of this.all()) yield* gate.alone;
    yield* this.#sets.values();
  }

  /** The needs of one more live task that asks for this and is inside of that; undefined when it needs no gate. */
  join(asks: Asks, bounds: readonly Bound[] = NO_BOUNDS): GateSet | undefined {
    const { owner, concurrency, mutex, rate } = asks;
    const names = (mutex?.length ?? 0) + Number(concurrency !== undefined);
    const count = names + Number(owner !== undefined) + Number(rate !== undefined) + bounds.length;
    if (count === 0) return undefined;
    const set = count === 1 ? this.#alone(asks, bounds[0]) : this.#together(asks, bounds);
    set.tasks++;
    return set;
  }

  /** A task with these needs lives no longer. */
  leave(set: GateSet): void {
    if (--set.tasks > 0) return;
    if (set.text === undefined) removeFrom(set.needs[0]!.gate.alone, set);
    else this.#sets.delete(set.text);
    for (const { gate } of set.needs) if (--gate.sets === 0) this.#named[gate.kind].delete(gate.name);
  }

  #alone({ owner, concurrency, mutex, rate }: Asks, bound: Bound | undefined): GateSet {
    let gate: Gate;
    let limit = Infinity;
    let grade: Need["grade"] = 0;
    if (bound !== undefined) {
      gate = this.#gate(bound.kind, String(bound.seq));
      limit = grade = bound.limit;
    } else if (concurrency !== undefined) {
      gate = this.#gate("key", concurrency.key);
      limit = grade = concurrency.limit;
    } else if (mutex !== undefined && mutex.length > 0) {
      gate = this.#gate("mutex", mutex[0]!);
      limit = 1;
    } else if (rate !== undefined) {
      gate = this.#gate("rate", rate.key);
      grade = gradeOf(rate);
    } else gate = this.#gate("owner", owner!);
    for (const set of gate.alone) if (set.needs[0]!.grade === grade) return set;
    const made = new GateSet(undefined, [{ gate, limit, rate, grade }]);
    gate.sets++;
    gate.alone = append(gate.alone, made);
    return made;
  }

  #together(asks: Asks, bounds: readonly Bound[]): GateSet {
    const text = textOf(asks, bounds);
    let set = this.#sets.get(text);
    if (set === undefined) {
      set = new GateSet(text, this.#needs(asks, bounds));
      for (const { gate } of set.needs) gate.sets++;
      this.#sets.set(text, set);
    }
    return set;
  }

  /** Where several are closed a task waits at the first: what is held by one other task comes first. */
  #needs({ owner, concurrency, mutex, rate }: Asks, bounds: readonly Bound[]): Need[] {
    const needs: Need[] = bounds.map(({ kind, seq, limit }) => {
      return { gate: this.#gate(kind, String(seq)), limit, rate: undefined, grade: limit };
    });
    for (const name of new Set(mutex)) {
      needs.push({ gate: this.#gate("mutex", name), limit: 1, rate: undefined, grade: 0 });
    }
    if (concurrency !== undefined) {
      const { key, limit } = concurrency;
      needs.push({ gate: this.#gate("key", key), limit, rate: undefined, grade: limit });
    }
    if (owner !== undefined) {
      needs.push({ gate: this.#gate("owner", owner), limit: Infinity, rate: undefined, grade: 0 });
    }
    if (rate !== undefined) {
      needs.push({ gate: this.#gate("rate", rate.key), limit: Infinity, rate, grade: gradeOf(rate) });
    }
    return needs;
  }

  #gate(kind: GateKind, name: string): Gate {
    const named = this.#named[kind];
    let gate = named.get(name);
    if (gate === undefined) {
      gate = new Gate(kind, name, this);
      named.set(name, gate);
    }
    return gate;
  }
}

function gradeOf({ limit, perMs, burst }: RateLimit): string {
  return `${limit}/${perMs}/${burst}`;
}

/** Equal text for equal needs, and only for these. */
function textOf({ owner, concurrency, mutex, rate }: Asks, bounds: readonly Bound[]): string {
  let text = concurrency === undefined ? "" : `k${concurrency.limit}${named(concurrency.key)}`;
  for (const { kind, seq, limit } of bounds) text += `${kind === "run" ? "R" : "E"}${limit}:${seq}`;
  if (owner !== undefined) text += `o${named(owner)}`;
  if (mutex !== undefined) for (const name of mutex) text += `m${named(name)}`;
  if (rate !== undefined) text += `r${gradeOf(rate)}${named(rate.key)}`;
  return text;
}

/** A name may hold any sign: its length says where it ends. */
function named(name: string): string {
  return `:${name.length}:${name}`;
}
