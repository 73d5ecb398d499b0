/**
 * Resources whose units are told apart (`gpu`: "0", "1"). A whole amount takes whole units, what is beyond takes a share of
 * one more: 1.5 is all of one and half of another.
 *
 * UN1  What the attempts on a worker have of one unit is at most the whole of it.
 */
import { named, type Resources, type Units } from "../asks.ts";
import type { Requirements } from "../task.ts";
import type { Worker } from "./worker.ts";

/** A unit, in the thousandths in which amounts are counted. */
export const UNIT = 1000;

/** How much of each of its units an attempt has: all of each, and of the last one what is left. */
export function shares(amount: number, units: readonly number[]): number[] {
  const last = units.length - 1;
  return units.map((_, at) => (at < last ? UNIT : amount - UNIT * last));
}

function usedOf(worker: Worker, resource: string, unit: number): number {
  return worker.unitUse.get(resource)?.[unit] ?? 0;
}

/** The lowest units that the amount fits into beside what runs there, or undefined. */
function chooseAny(worker: Worker, resource: string, amount: number): number[] | undefined {
  const count = named(worker.units, resource)?.length ?? 0;
  const whole = Math.floor(amount / UNIT);
  const part = amount - whole * UNIT;
  const free: number[] = [];
  let partly = -1;
  let least = Infinity;
  for (let unit = 0; unit < count; unit++) {
    const left = UNIT - usedOf(worker, resource, unit);
    if (left === UNIT) free.push(unit);
    else if (part > 0 && left >= part && left < least) {
      partly = unit;
      least = left;
    }
  }
  if (free.length < whole) return undefined;
  const chosen = free.slice(0, whole);
  if (part === 0) return chosen;
  if (partly < 0) partly = free[whole] ?? -1;
  return partly < 0 ? undefined : [...chosen, partly];
}

/** Those of the wanted units that have no room. */
export function taken(worker: Worker, resource: string, amount: number, wanted: readonly number[]): number[] {
  const parts = shares(amount, wanted);
  return wanted.filter((unit, at) => usedOf(worker, resource, unit) + parts[at]! > UNIT);
}

/** The units that such a task gets there now; undefined when it asks for none that are told apart. There is room. */
export function chooseUnits(worker: Worker, { resources, units }: Requirements): Units | undefined {
  if (resources === undefined || worker.units === undefined) return undefined;
  let chosen: Record<string, readonly number[]> | undefined;
  for (const [resource, amount] of Object.entries(resources)) {
    if (named(worker.units, resource) === undefined || amount === 0) continue;
    const list = named(units, resource) ?? chooseAny(worker, resource, amount);
    if (list !== undefined) (chosen ??= {})[resource] = list;
  }
  return chosen;
}

/** True when the amount fits into units of the worker, whichever, beside what runs there. */
export function fitsAny(worker: Worker, resource: string, amount: number): boolean {
  return named(worker.units, resource) === undefined || chooseAny(worker, resource, amount) !== undefined;
}

/** Counts the units of an attempt that came (1) or went (-1). */
export function chargeUnits(worker: Worker, resources: Resources, units: Units, sign: 1 | -1): void {
  for (const [resource, list] of Object.entries(units)) {
    let used = worker.unitUse.get(resource);
    if (used === undefined) worker.unitUse.set(resource, (used = []));
    const parts = shares(resources[resource] ?? 0, list);
    for (const [at, unit] of list.entries()) {
      while (used.length <= unit) used.push(0);
      used[unit]! += sign * parts[at]!;
    }
    if (used.every((amount) => amount === 0)) worker.unitUse.delete(resource);
  }
}
