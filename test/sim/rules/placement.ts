/**
 * V27  Nothing starts on a worker whose labels are not as it asks, or beside a task from which it is to be apart. No unit of a
 *      worker is given away more than once, and whoever asks for units gets as much as that, or the very ones. Judged from
 *      `WorkerJoined`, `AttemptStarted` and `AttemptEnded` alone.
 */
import type { LabelTerm, Units } from "../../../src/core/asks.ts";
import type { Event } from "../../../src/core/event.ts";
import type { WorkerJoined } from "../../../src/core/fleet/events.ts";
import type { AttemptStarted } from "../../../src/core/task-events.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

/** What a running attempt has of its worker. */
interface Holding {
  worker: string;
  apart: string | undefined;
  /** By resource how much of each unit. */
  parts: Map<string, Map<number, number>>;
}

export class PlacementRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #workers = new Map<string, WorkerJoined>();
  readonly #holdings = new Map<number, Holding>();

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event): void {
    if (event.type === "WorkerJoined") this.#workers.set(event.worker, event);
    else if (event.type === "AttemptEnded") this.#holdings.delete(event.task);
    else if (event.type === "AttemptStarted") this.#started(event);
  }

  #started({ task: seq, worker: name, units = {} }: AttemptStarted): void {
    const { demand } = this.#world;
    const asks = this.#book.tasks.get(seq)?.asks;
    if (asks === undefined) return;
    const worker = this.#workers.get(name)!;
    const { resources = {}, target = {} } = asks;
    const broken = target.labels?.find((term) => !isSo({ ...worker.labels, name }, term));
    demand(broken === undefined, () => `V27: t${seq} starts on ${name}, where ${JSON.stringify(broken)} is not so`);
    const holding: Holding = { worker: name, apart: target.apart, parts: new Map() };
    for (const [resource, list] of Object.entries(worker.units ?? {})) {
      const amount = resources[resource] ?? 0;
      const given = units[resource] ?? [];
      const wanted = asks.units?.[resource];
      const isRight = wanted === undefined ? given.length === Math.ceil(amount / 1000) : wanted.join() === given.join();
      const areThere = given.every((unit) => unit < list.length) && new Set(given).size === given.length;
      demand(isRight && areThere, () => `V27: t${seq} wants ${amount} of ${resource} and gets units ${given.join()}`);
      holding.parts.set(resource, partsOf(amount, given));
    }
    for (const [other, held] of this.#holdings) {
      if (other === seq || held.worker !== name) continue;
      const isApart = target.apart === undefined || held.apart !== target.apart;
      demand(isApart, () => `V27: t${seq} starts on ${name} beside t${other}, both with the key ${target.apart}`);
    }
    this.#holdings.set(seq, holding);
    for (const resource of Object.keys(units)) this.#checkUnits(name, resource, units);
  }

  #checkUnits(worker: string, resource: string, units: Units): void {
    for (const unit of units[resource]!) {
      let used = 0;
      for (const held of this.#holdings.values()) {
        if (held.worker === worker) used += held.parts.get(resource)?.get(unit) ?? 0;
      }
      this.#world.demand(used <= 1000, () => `V27: ${used} thousandths of ${resource} ${unit} of ${worker} are taken`);
    }
  }
}

function partsOf(amount: number, units: readonly number[]): Map<number, number> {
  const parts = new Map<number, number>();
  let left = amount;
  for (const [at, unit] of units.entries()) {
    const part = at === units.length - 1 ? left : 1000;
    parts.set(unit, part);
    left -= part;
  }
  return parts;
}

function isSo(labels: Readonly<Record<string, string>>, { label, op, values }: LabelTerm): boolean {
  const has = labels[label];
  if (op === "exists") return has !== undefined;
  if (op === "not exists") return has === undefined;
  const isIn = has !== undefined && values.includes(has);
  return op === "==" || op === "in" ? isIn : !isIn;
}
