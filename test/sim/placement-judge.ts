/**
 * Whether a worker may take a task beside what runs on it, and which of two is the better: written down a second time, from
 * the running tasks alone, without any of the tables and functions of `core/fleet`. What runs is handed in, so that a moment
 * inside of a turn can be judged.
 */
import type { LabelTerm, Units } from "../../src/core/asks.ts";
import type { Worker } from "../../src/core/fleet/worker.ts";
import type { Lane } from "../../src/core/lane.ts";
import type { Requirements, Task } from "../../src/core/task.ts";
import type { World } from "./world.ts";

/** One moment, for one task. */
export interface Scene {
  workers: readonly Worker[];
  /** What runs on a worker. */
  on(worker: Worker): readonly Task[];
  /** How a worker is chosen where the task does not say. */
  policy: string;
  /** Where the needs of the task ran. */
  near: readonly string[];
}

const BY = ["weight", "near", "spread", "policy"] as const;

export interface Comparison {
  first: Worker;
  /** What decided it. */
  by: (typeof BY)[number] | "name";
  words: string;
}

/** Which of two workers that may take the task has to get it. */
export function compare(scene: Scene, task: Task, chosen: Worker, other: Worker): Comparison {
  const mine = ranks(scene, task, chosen);
  const its = ranks(scene, task, other);
  const at = mine.findIndex((value, index) => value !== its[index]);
  const isFirst = at < 0 ? chosen.name < other.name : mine[at]! < its[at]!;
  const words = `t${task.seq} goes to ${chosen.name} [${mine.join()}], and ${other.name} is before it [${its.join()}]`;
  return { first: isFirst ? chosen : other, by: BY[at] ?? "name", words };
}

/** Smaller is before. */
function ranks(scene: Scene, { lane, node }: Task, worker: Worker): number[] {
  const target = lane.requires.target ?? {};
  let weight = 0;
  for (const one of target.prefer ?? []) if (one.labels.every((term) => isSo(worker, term))) weight += one.weight;
  const isNear = (target.near === true || node?.rule.inputs === true) && scene.near.includes(worker.name);
  const free = worker.slots - scene.on(worker).length;
  const policy = (target.policy ?? scene.policy) === "pack" ? free : -free / worker.slots;
  return [-weight, isNear ? 0 : 1, crowdOf(scene, lane, worker), policy];
}

function crowdOf({ workers, on }: Scene, lane: Lane, worker: Worker): number {
  const label = lane.requires.target?.spread;
  if (label === undefined) return 0;
  const valueOf = (of: Worker): string | undefined => (label === "worker" ? of.name : labelsOf(of)[label]);
  const value = valueOf(worker);
  if (value === undefined) return Number.MAX_VALUE;
  let count = 0;
  for (const other of workers) {
    if (valueOf(other) !== value) continue;
    for (const running of on(other)) if (isAlike(running.lane, lane)) count++;
  }
  return count;
}

/** Of one class: they ask for the same, whatever the order in which that was written. */
function isAlike(a: Lane, b: Lane): boolean {
  return a === b || sorted(a.requires) === sorted(b.requires);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function labelsOf({ name, labels }: Worker): Readonly<Record<string, string>> {
  return { ...labels, name };
}

function isSo(worker: Worker, { label, op, values }: LabelTerm): boolean {
  const has = Object.entries(labelsOf(worker)).find(([name]) => name === label)?.[1];
  if (op === "exists" || op === "not exists") return (has !== undefined) === (op === "exists");
  const isIn = has !== undefined && values.includes(has);
  return op === "==" || op === "in" ? isIn : !isIn;
}

/** Whether the worker may take it, its slots and whether it takes anything aside. */
export function mayTake(worker: Worker, lane: Lane, on: readonly Task[]): boolean {
  return isOfSort(worker, lane.requires, lane.arm.name) && hasPlace(worker, lane.requires, on);
}

/** Whether nothing new goes to it at all, whatever it has room for. */
export function isAway({ session, draining, lastSeenAt, local }: Worker, now: number): boolean {
  return session === 0 || draining || (!local && now - lastSeenAt > 60_000);
}

/** Whether it may have been heard while the turn of `now` was being written; it may have been silent in the turn itself. */
export function wasHeardSince({ options }: World, { lastSeenAt }: Worker, now: number): boolean {
  return options.asyncAppend && lastSeenAt >= now;
}

/** Whether it could take it if it had nothing else to do. */
export function isOfSort(worker: Worker, requires: Requirements, arm: string): boolean {
  const { kind, handler, worker: wanted, target = {} } = requires;
  if (wanted !== undefined && wanted !== worker.name) return false;
  if (worker.arms !== undefined && !worker.arms.has(arm)) return false;
  if (!worker.kinds.has(kind) || (handler !== undefined && !worker.functions.has(handler))) return false;
  if (target.labels?.every((term) => isSo(worker, term)) === false) return false;
  return hasPlace(worker, requires, []);
}

function hasPlace(worker: Worker, { resources = {}, units, target = {} }: Requirements, on: readonly Task[]): boolean {
  for (const running of on) {
    const key = running.lane.requires.target?.apart;
    if (key !== undefined && key === target.apart) return false;
  }
  return Object.entries(resources).every(([name, amount]) => {
    let used = 0;
    for (const running of on) used += running.lane.requires.resources?.[name] ?? 0;
    if (used + amount > (worker.resources?.[name] ?? 0)) return false;
    const left = leftOf(worker, name, on);
    const wishes = units?.[name];
    if (wishes !== undefined) return wishes.every((unit, at) => (left[unit] ?? 0) >= partOf(amount, wishes.length, at));
    if (left.length === 0) return true;
    const whole = Math.floor(amount / 1000);
    const rest = amount % 1000;
    const free = left.filter((each) => each === 1000).length;
    return free >= whole && (rest === 0 || free > whole || left.some((each) => each < 1000 && each >= rest));
  });
}

function partOf(amount: number, units: number, at: number): number {
  return at < units - 1 ? 1000 : amount - 1000 * (units - 1);
}

/** What is left of each unit. */
function leftOf(worker: Worker, resource: string, on: readonly Task[]): number[] {
  const left = (worker.units?.[resource] ?? []).map(() => 1000);
  for (const { lane, live } of on) {
    const mine = live!.units?.[resource] ?? [];
    for (const [at, unit] of mine.entries())
      left[unit]! -= partOf(lane.requires.resources![resource]!, mine.length, at);
  }
  return left;
}

/**
 * What is wrong with the units of a start: they are those asked for, or the lowest free ones and the fullest that has room
 * for the rest.
 */
export function oddUnits(
  { resources = {}, units: wishes }: Requirements,
  worker: Worker,
  on: readonly Task[],
  units: Units | undefined,
): string | undefined {
  for (const [name, amount] of Object.entries(resources)) {
    const odd = oddList(leftOf(worker, name, on), amount, wishes?.[name], units?.[name]);
    if (odd !== undefined) return `${odd} of ${name}: ${units?.[name]?.join() ?? "none"}`;
  }
  return undefined;
}

function oddList(
  left: readonly number[],
  amount: number,
  wanted: readonly number[] | undefined,
  given: readonly number[] | undefined,
): string | undefined {
  if (left.length === 0 || amount === 0) return given === undefined ? undefined : "has units";
  if (given === undefined || new Set(given).size !== given.length) return "has no units, or one twice,";
  if (wanted !== undefined) return wanted.join() === given.join() ? undefined : "has not the units that it asks for";
  const whole = Math.floor(amount / 1000);
  const rest = amount % 1000;
  if (given.length !== whole + (rest > 0 ? 1 : 0)) return `has not ${amount} thousandths`;
  const free = left.flatMap((each, unit) => (each === 1000 ? [unit] : []));
  if (given.slice(0, whole).join() !== free.slice(0, whole).join()) return "has not the lowest free units";
  if (rest === 0) return undefined;
  const partly = left.filter((each) => each < 1000 && each >= rest);
  const least = partly.length === 0 ? 1000 : Math.min(...partly);
  return left[given[whole]!] === least ? undefined : "does not share the fullest unit that has room";
}
