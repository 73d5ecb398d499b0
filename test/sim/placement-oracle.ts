/**
 * Who may run where and who is the best for it, written down a second time: slowly, from the running tasks alone, without any
 * of the tables of `core/fleet`. Follows the events of a turn one by one and judges each start by the state before it.
 */
import assert from "node:assert/strict";
import type { LabelTerm, Units } from "../../src/core/asks.ts";
import { apply } from "../../src/core/apply.ts";
import type { AttemptStarted, Event } from "../../src/core/event.ts";
import type { Worker } from "../../src/core/fleet/worker.ts";
import { goesBefore, type Lane } from "../../src/core/lane.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import type { Task } from "../../src/core/task.ts";
import type { Turn } from "../../src/core/turn.ts";

export class PlacementOracle {
  readonly #state: State = createState();
  /** Workers that were not chosen though they could, by what decided it. */
  readonly choices = { weight: 0, near: 0, spread: 0, policy: 0, name: 0 };
  /** The state that really places: it alone knows who is connected. */
  #real: State = this.#state;
  #now = 0;
  #policy = "spread";

  /** Follows a turn of which `real` is the outcome. All of the tasks are without gates. */
  follow(real: State, turn: Turn): void {
    this.#real = real;
    this.#now = turn.now;
    this.#policy = turn.placement;
    for (const event of JSON.parse(JSON.stringify(turn.events)) as Event[]) {
      if (event.type === "AttemptStarted") this.#judge(event);
      apply(this.#state, event, turn.now);
    }
    for (const lane of this.#state.lanes.values()) {
      const task = this.#head(lane);
      if (task === undefined) continue;
      const idle = this.#able(task);
      assert.equal(idle[0]?.name, undefined, `t${task.seq} waits, and could run on ${idle[0]?.name}`);
    }
    forgetEnded(this.#state);
  }

  #head(lane: Lane): Task | undefined {
    return lane.queued === 0 ? undefined : (lane.head(this.#state.timers, this.#now) as Task | undefined);
  }

  #judge({ task: seq, worker: name, units }: AttemptStarted): void {
    const task = this.#state.tasks.get(seq)!;
    for (const lane of task.lane.arm.lanes) {
      const head = this.#head(lane);
      if (head === undefined || head === task || !goesBefore(head, task, this.#now)) continue;
      const idle = this.#able(head);
      assert.equal(idle[0]?.name, undefined, `t${head.seq} is before t${seq}, and could run on ${idle[0]?.name}`);
    }
    const able = this.#able(task);
    const chosen = able.find((worker) => worker.name === name);
    assert.ok(chosen !== undefined, `t${seq} may run on ${name}`);
    this.#compare(task, chosen, able);
    checkUnits(task, chosen, units);
  }

  /** The workers that may take the task now. */
  #able(task: Task): Worker[] {
    return [...this.#state.workers.values()].filter((worker) => {
      const { session, lastSeenAt, local } = this.#real.workers.get(worker.name) ?? { session: 0, lastSeenAt: 0 };
      if (session === 0 || worker.draining || worker.attempts.size >= worker.slots) return false;
      if (local !== true && this.#now - lastSeenAt > 60_000) return false;
      return mayTake(worker, task);
    });
  }

  /** None of the others is before the chosen one. */
  #compare(task: Task, chosen: Worker, able: readonly Worker[]): void {
    const words = ["weight", "near", "spread", "policy"] as const;
    const mine = this.#place(task, chosen);
    for (const other of able) {
      if (other === chosen) continue;
      const its = this.#place(task, other);
      const at = mine.findIndex((value, index) => value !== its[index]);
      const isFirst = at < 0 ? chosen.name < other.name : mine[at]! < its[at]!;
      assert.ok(
        isFirst,
        `t${task.seq} goes to ${chosen.name} [${mine.join()}], and ${other.name} is before it [${its.join()}]`,
      );
      this.choices[words[at] ?? "name"]++;
    }
  }

  /** Smaller is before. */
  #place(task: Task, worker: Worker): number[] {
    const target = task.lane.requires.target ?? {};
    let weight = 0;
    for (const one of target.prefer ?? []) if (one.labels.every((term) => isSo(worker, term))) weight += one.weight;
    const near = this.#state.fleet.near.get(task) ?? [];
    const wantsNear = target.near === true || task.node?.rule.inputs === true;
    const free = worker.slots - worker.attempts.size;
    const policy = (target.policy ?? this.#policy) === "pack" ? free : -free / worker.slots;
    return [-weight, wantsNear && near.includes(worker.name) ? 0 : 1, this.#crowd(task, worker), policy];
  }

  #crowd({ lane }: Task, worker: Worker): number {
    const label = lane.requires.target?.spread;
    if (label === undefined) return 0;
    const valueOf = (of: Worker): string | undefined => (label === "worker" ? of.name : labelsOf(of)[label]);
    const value = valueOf(worker);
    if (value === undefined) return Number.MAX_VALUE;
    let count = 0;
    for (const other of this.#state.workers.values()) {
      if (valueOf(other) !== value) continue;
      for (const running of other.attempts) if (isAlike(running.lane, lane)) count++;
    }
    return count;
  }
}

function isAlike(a: Lane, b: Lane): boolean {
  return JSON.stringify(a.requires) === JSON.stringify(b.requires);
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

function mayTake(worker: Worker, { lane }: Task): boolean {
  const { kind, handler, worker: wanted, resources = {}, units, target = {} } = lane.requires;
  if (wanted !== undefined && wanted !== worker.name) return false;
  if (worker.arms !== undefined && !worker.arms.has(lane.arm.name)) return false;
  if (!worker.kinds.has(kind) || (handler !== undefined && !worker.functions.has(handler))) return false;
  if (target.labels?.every((term) => isSo(worker, term)) === false) return false;
  for (const running of worker.attempts) {
    const key = running.lane.requires.target?.apart;
    if (key !== undefined && key === target.apart) return false;
  }
  return Object.entries(resources).every(([name, amount]) => {
    let used = 0;
    for (const running of worker.attempts) used += running.lane.requires.resources?.[name] ?? 0;
    if (used + amount > (worker.resources?.[name] ?? 0)) return false;
    const left = leftOf(worker, name);
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
function leftOf(worker: Worker, resource: string): number[] {
  const left = (worker.units?.[resource] ?? []).map(() => 1000);
  for (const { lane, live } of worker.attempts) {
    const mine = live!.units?.[resource] ?? [];
    for (const [at, unit] of mine.entries())
      left[unit]! -= partOf(lane.requires.resources![resource]!, mine.length, at);
  }
  return left;
}

/** The units of a start are those asked for, or the lowest free ones and the fullest that has room for the rest. */
function checkUnits({ seq, lane }: Task, worker: Worker, units: Units | undefined): void {
  const { resources = {}, units: wishes } = lane.requires;
  for (const [name, amount] of Object.entries(resources)) {
    const left = leftOf(worker, name);
    const given = units?.[name];
    if (left.length === 0 || amount === 0) {
      assert.equal(given, undefined, `t${seq} has no units of ${name}`);
      continue;
    }
    assert.ok(given !== undefined && new Set(given).size === given.length, `t${seq} has units of ${name}`);
    if (wishes?.[name] !== undefined) {
      assert.deepEqual(given, wishes[name]);
      continue;
    }
    const whole = Math.floor(amount / 1000);
    const free = left.flatMap((each, unit) => (each === 1000 ? [unit] : []));
    assert.deepEqual(given.slice(0, whole), free.slice(0, whole), `t${seq} has the lowest free units of ${name}`);
    if (amount % 1000 === 0) continue;
    const partly = left.filter((each) => each < 1000 && each >= amount % 1000);
    const least = partly.length === 0 ? 1000 : Math.min(...partly);
    assert.equal(left[given[whole]!], least, `t${seq} shares the fullest unit of ${name} that has room`);
    assert.equal(given.length, whole + 1);
  }
}
