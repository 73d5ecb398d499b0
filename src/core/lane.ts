/**
 * Where ready tasks wait. An arm is a named lane of execution with its own limits. Inside an arm, tasks that may run in
 * the same places (same placement class) share a `Lane`: for each priority one ring of tasks that need no gate, and the
 * groups of those that do (`group.ts`). Placement looks at the heads of lanes, never at single tasks, so a task that fits
 * nowhere costs nothing and delays nobody.
 *
 * N1  A ring may hold tasks that are no longer queued here; they are dropped when they come to the front. Such a task never
 *     comes back to this ring: what is moved, put off or ended and done again is another object then, and what starts is
 *     taken out.
 * N2  `queued` counts the tasks in the rings and groups that are queued.
 * N3  Bit p of the mask is set while ring p holds anything or a group of priority p is ready.
 * N4  Tasks with and without a concurrency key take turns within a priority; so do the keys.
 */
import { assert } from "../base/assert.ts";
import { type ArmSettings, DEFAULT_ARM, type RateLimit } from "./asks.ts";
import {
  groupIn,
  GroupPool,
  joinGroup,
  leaveGroup,
  leaveOutOfTurn,
  readyGroup,
  serveGroup,
  TaskGroup,
} from "./limits/group.ts";
import type { Fit } from "./fleet/fit.ts";
import type { Reservation } from "./fleet/reservation.ts";
import { before } from "./limits/heap.ts";
import type { Meter } from "./limits/meter.ts";
import { ahead, placeOf, RankHeap } from "./rank.ts";
import { Ring } from "./ring.ts";
import type { Requirements, Task } from "./task.ts";
import type { Timers } from "./timers.ts";

export class Arm {
  readonly name: string;
  settings: ArmSettings = DEFAULT_ARM;
  /** From the settings, for placement: what may start. */
  enabled = true;
  maxParallel = Infinity;
  agingMs = 0;
  rate: RateLimit | undefined = undefined;
  /** The bucket of its rate. */
  meter: Meter;
  active = 0;
  /** Tasks that stand in its lanes. */
  queued = 0;
  /** Tasks of it that have not ended. */
  live = 0;
  /** Attempts that came to an end, and those of them that failed, since the data directory was made. */
  processed = 0;
  failed = 0;
  /** What happened since this object was made, for those who draw it; the waits are those before starts. Not in the journal. */
  readonly tally = { started: 0, waitedTenths: 0, succeeded: 0, failed: 0 };
  /** When it last let a task through again after having been full or paused; 0 = it was neither. Not in the journal. */
  openedAt = 0;
  /** Epoch milliseconds of the newest start; 0 = never. */
  lastRunAt = 0;
  readonly lanes: Lane[] = [];
  /** When there are so many lanes, those without tasks are forgotten. */
  lanesMax = LANES_MIN;
  /** Among tasks of one priority, the next one that starts has a concurrency key, if any has. */
  keysNext = false;
  /** Tag of the group that was served last, and the number of tags given: see `group.ts`. */
  tag = 0;
  turns = 0;
  /** Its share of starts so far, by weight; for placement, and not in the journal. */
  pass = 0;
  /** When the timer of its rate goes off; 0 = none is set. */
  wakeAt = 0;

  constructor(name: string, meter: Meter) {
    this.name = name;
    this.meter = meter;
  }

  get free(): number {
    return this.enabled ? this.maxParallel - this.active : 0;
  }

  configure(settings: ArmSettings, now: number): void {
    const wasClosed = this.free <= 0;
    this.settings = settings;
    this.enabled = settings.enabled;
    this.maxParallel = settings.maxParallel ?? Infinity;
    this.agingMs = settings.agingMs;
    this.rate = settings.rate;
    if (wasClosed && this.free > 0) this.openedAt = now;
  }
}

const PRIORITY_MAX = 10;

/** Fewer lanes than this are kept without looking whether they are needed. */
export const LANES_MIN = 64;

/** What stands in a lane: a task, or a group that stands for its first. */
export type Entry = Task | TaskGroup;

export class Lane {
  readonly arm: Arm;
  readonly requires: Requirements;
  /** Its name in the state's table. */
  readonly key: string;
  queued = 0;
  /** Live tasks whose lane it is. */
  tasks = 0;
  /** Its attempts take something of their worker beside the slot. */
  readonly charges: boolean;
  /** Of the task that `firstTask` has said: its priority, and its place (`rank.ts`). */
  headPriority = 0;
  headPlace = 0;
  /** Which workers fit, as far as that was asked for: see `fit.ts`. */
  fit: Fit | undefined = undefined;
  /** The worker that is kept free for its first task, and when it may ask for one again: see `reserve.ts`. */
  reservation: Reservation | undefined = undefined;
  reserveAt = 0;
  /** How many reservations had ended when it asked in vain: one more, and it may ask again. */
  reserveEnds = 0;
  /** Its first task, with the priority and the place that it has, as far as that is known. */
  #known: Task | undefined = undefined;
  #mask = 0;
  readonly #rings: (Ring<Task> | undefined)[] = [];
  /** By priority the tasks that have a rank; absent in a lane that never had one. */
  #ranked: (RankHeap | undefined)[] | undefined = undefined;
  /** By priority, without and with a concurrency key; absent in a lane that never had a group. */
  #plain: (GroupPool | undefined)[] | undefined = undefined;
  #keyed: (GroupPool | undefined)[] | undefined = undefined;

  constructor(arm: Arm, requires: Requirements, key: string) {
    this.arm = arm;
    this.requires = requires;
    this.key = key;
    const { resources, target } = requires;
    this.charges = resources !== undefined || target?.apart !== undefined || target?.spread !== undefined;
  }

  /** Some of its tasks need gates, or did once. */
  get hasGroups(): boolean {
    return this.#plain !== undefined;
  }

  /** Since when the first ones have waited that no gate holds back, in epoch milliseconds; Infinity when there is none. */
  get oldestSince(): number {
    let since = Infinity;
    for (let priority = 0; priority <= PRIORITY_MAX; priority++) {
      const pools = [this.#plain?.[priority], this.#keyed?.[priority]];
      const first = [this.#first(priority), ...pools.map((pool) => pool?.ready.first?.head())];
      for (const task of first) if (task !== undefined) since = Math.min(since, msOfTenths(task.since));
    }
    return since;
  }

  /**
   * Its first task, for an arm without aging: looked for only when it may be another one than before. Not to be asked once
   * there are groups (`hasGroups`).
   */
  firstTask(timers: Timers, now: number): Task | undefined {
    if (this.#known === undefined) {
      const head = this.head(timers, now) as Task | undefined;
      if (head === undefined) return undefined;
      this.#known = head;
      this.headPriority = head.priority;
      this.headPlace = placeOf(head);
    }
    return this.#known;
  }

  /** Puts a queued task behind the others of its priority, or before them when it has waited its turn already. */
  add(task: Task, first: boolean): void {
    const { priority, gates } = task;
    // Behind others of its priority it changes nothing about who is first.
    if (first || task.rank !== 0 || priority > this.headPriority || task.seq < this.headPlace) {
      this.#known = undefined;
    }
    if (gates !== undefined) joinGroup(this.#poolOf(task), gates, task, first);
    else if (task.rank !== 0) ((this.#ranked ??= [])[priority] ??= new RankHeap()).push(task);
    else {
      const ring = (this.#rings[priority] ??= new Ring<Task>());
      if (first) ring.unshift(task);
      else ring.push(task);
    }
    this.#mask |= 1 << priority;
    this.queued++;
    this.arm.queued++;
  }

  /** A queued task leaves by another way than `take`. */
  forget(task: Task): void {
    this.#known = undefined;
    if (task.gates !== undefined) leaveGroup(groupIn(this.#poolOf(task), task.gates)!);
    this.queued--;
    this.arm.queued--;
  }

  /** A group of this priority is ready again. */
  mark(priority: number): void {
    this.#mask |= 1 << priority;
  }

  /** What is next in this lane and may go at `now`. */
  head(timers: Timers, now: number): Entry | undefined {
    let best: Entry | undefined;
    for (let mask = this.#mask; mask !== 0;) {
      const priority = 31 - Math.clz32(mask);
      mask &= ~(1 << priority);
      const entry = this.#headAt(priority, timers, now);
      if (entry === undefined) this.#mask &= ~(1 << priority);
      else if (this.arm.agingMs === 0) return entry;
      else if (best === undefined || goesBefore(entry, best, now)) best = entry;
    }
    return best;
  }

  #headAt(priority: number, timers: Timers, now: number): Entry | undefined {
    const single = this.#first(priority);
    if (this.#plain === undefined) return single;
    const group = readyGroup(this.#plain[priority], timers, now);
    const unkeyed = group === undefined || (single !== undefined && ahead(single, group.head())) ? single : group;
    const keyed = readyGroup(this.#keyed![priority], timers, now);
    if (keyed === undefined || (unkeyed !== undefined && !this.arm.keysNext)) return unkeyed;
    return keyed;
  }

  /** The first task that needs no gate. */
  #first(priority: number): Task | undefined {
    const front = this.#front(priority);
    const ranked = this.#ranked?.[priority]?.peek((task) => this.#holds(task, priority));
    if (ranked === undefined || (front !== undefined && ahead(front, ranked))) return front;
    return ranked;
  }

  /** The task at the front of the ring. */
  #front(priority: number): Task | undefined {
    const ring = this.#rings[priority];
    if (ring === undefined) return undefined;
    for (;;) {
      const task = ring.peek();
      if (task === undefined || this.#holds(task, priority)) return task;
      ring.shift();
    }
  }

  #holds(task: Task, priority: number): boolean {
    return task.state === "queued" && task.lane === this && task.priority === priority;
  }

  /**
   * Takes `task`, which is the head of its ring or group once dead entries are dropped. Where another server has decided
   * that it starts it may be none: a server that was started anew has another order. It leaves nothing behind even then:
   * an attempt of it that fails brings the very same task back. What is not here at all cannot be taken.
   */
  take(task: Task): void {
    const { priority, gates } = task;
    const group = gates === undefined ? undefined : groupIn(this.#poolOf(task), gates);
    const isHead = (group === undefined ? this.#first(priority) : group.head()) === task;
    const line = task.rank === 0 ? this.#rings[priority] : this.#ranked?.[priority];
    assert(group !== undefined || (gates === undefined && line !== undefined), `t${task.seq} stands in its lane`);
    if (group !== undefined && !isHead) leaveOutOfTurn(group, task);
    else if (!isHead) assert(line!.remove(task), `t${task.seq} stands in its lane`);
    this.#known = undefined;
    this.queued--;
    this.arm.queued--;
    if (!isHead) return;
    if (group !== undefined) return void serveGroup(group);
    if (task.rank === 0) this.#rings[priority]!.shift();
    else this.#ranked![priority]!.shift();
  }

  /** Takes out every queued task without gates that fits. */
  withdraw(fits: (task: Task) => boolean): Task[] {
    const gone: Task[] = [];
    // One pass, and no list of all: a million others may wait beside the few that go.
    for (const lines of [this.#rings, this.#ranked ?? []]) {
      for (const [priority, line] of lines.entries()) {
        line?.sift((task) => {
          if (!fits(task) || !this.#holds(task, priority)) return true;
          gone.push(task);
          return false;
        });
      }
    }
    if (gone.length === 0) return gone;
    this.#known = undefined;
    this.queued -= gone.length;
    this.arm.queued -= gone.length;
    return gone;
  }

  #poolOf({ priority, gates }: Task): GroupPool {
    const keyed = gates!.key !== undefined;
    this.#plain ??= [];
    this.#keyed ??= [];
    return ((keyed ? this.#keyed : this.#plain)[priority] ??= new GroupPool(this, priority, keyed));
  }

  /** The queued tasks that need no gate; those of groups stand with their gates. */
  *singles(): Generator<Task> {
    for (const [priority, ring] of this.#rings.entries()) {
      for (let i = 0; ring !== undefined && i < ring.size; i++) {
        const task = ring.at(i)!;
        if (this.#holds(task, priority)) yield task;
      }
    }
    for (const [priority, heap] of (this.#ranked ?? []).entries()) {
      for (const task of heap?.sorted() ?? []) if (this.#holds(task, priority)) yield task;
    }
  }
}

/** The first of January 2030. */
const TENTHS_FROM = 1_893_456_000_000;

/**
 * Tenths of seconds from then on, or before: a small integer, which costs a task no object. 31 bits hold 6.8 years on either
 * side; from October 2036 on they begin anew, which differences do not notice and `msOfTenths` does.
 */
export function tenthsOf(ms: number): number {
  return ((ms - TENTHS_FROM) / 100) | 0;
}

export function msOfTenths(tenths: number): number {
  return tenths * 100 + TENTHS_FROM;
}

/** How long it has waited in its lane, to a tenth of a second. */
export function waitedMs({ since }: Task, now: number): number {
  return ((tenthsOf(now) - since) | 0) * 100;
}

/** The priority as which a queued task counts: one more for each `agingMs` that it has waited. */
export function rankOf(task: Task, now: number): number {
  const { agingMs } = task.lane.arm;
  if (agingMs === 0) return task.priority;
  return Math.min(10, task.priority + Math.floor(waitedMs(task, now) / agingMs));
}

/** True when `a` is to start before `b`, of the same arm: by rank, then keys and others in turn, then by age. */
export function goesBefore(a: Entry, b: Entry, now: number): boolean {
  const groupA = a instanceof TaskGroup ? a : undefined;
  const groupB = b instanceof TaskGroup ? b : undefined;
  const first = groupA === undefined ? (a as Task) : groupA.head();
  const other = groupB === undefined ? (b as Task) : groupB.head();
  const rank = rankOf(first, now) - rankOf(other, now);
  if (rank !== 0) return rank > 0;
  const keyed = groupA?.pool.keyed === true;
  if (keyed !== (groupB?.pool.keyed === true)) return keyed === first.lane.arm.keysNext;
  return keyed ? before(groupA, groupB!) : ahead(first, other);
}
