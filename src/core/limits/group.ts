/**
 * Tasks that need the same gates, wait in the same lane and have the same priority stand there as one: a group. However
 * many keys there are, a lane looks at the first group that may go, never at one that may not.
 *
 * A group is **ready** (in its pool's heap) or **parked** (in a bucket of the gate that was found closed). Groups without
 * a concurrency key come in the order of their oldest task. Those with one take turns, key by key, across all lanes of
 * the arm: each group gets a tag one higher than the tag before it of the same key, and the lowest tag is next.
 *
 * U1  A group exists while it holds a queued task; its tasks start in the order in which they came, those with a rank in
 *     that of `rank.ts`.
 * U2  Where a group is parked at a gate, the gate is closed for it, or is stirred, or a ready group of the same pool
 *     needs that gate too: that one stirs it when it starts, is parked elsewhere, or dissolves.
 * U3  Parking is a matter of finding things fast. It follows from the rest of the state, is not in the journal, and
 *     changes nothing in the order in which groups are served.
 */
import { assert } from "../../base/assert.ts";
import { append, closedNeed, type Gate, type GateSet, type Need, needObstacle, removeFrom } from "./gate.ts";
import type { Gates } from "./gates.ts";
import { StampHeap, type Stamped } from "./heap.ts";
import type { Arm, Lane } from "../lane.ts";
import { ahead, orderOf, placeOf, RankHeap } from "../rank.ts";
import { Ring } from "../ring.ts";
import type { Task } from "../task.ts";
import type { Timers } from "../timers.ts";

/** The groups of one lane and priority: those with a concurrency key, or those without. */
export class GroupPool {
  readonly lane: Lane;
  readonly priority: number;
  readonly keyed: boolean;
  readonly ready = new StampHeap<TaskGroup>();

  constructor(lane: Lane, priority: number, keyed: boolean) {
    this.lane = lane;
    this.priority = priority;
    this.keyed = keyed;
  }
}

/** Groups of one pool that are parked at one gate, and for which it opens at the same time. */
export interface GroupBucket {
  readonly pool: GroupPool;
  readonly need: Need;
  readonly groups: StampHeap<TaskGroup>;
}

/** Where a concurrency key stands in an arm. */
export interface KeyTurn {
  readonly arm: Arm;
  /** The last tag that was given to a group of it. */
  last: number;
  /** How many groups it has. */
  groups: number;
}

export class TaskGroup implements Stamped {
  readonly pool: GroupPool;
  readonly set: GateSet;
  /** Place in the order: that of its first task, or (with a key) its tag. */
  stamp = 0;
  /** Among equal tags: order of arrival; among tasks of one place, that of their ranks. */
  order = 0;
  index = -1;
  /** Where it is parked; undefined = it is ready. */
  bucket: GroupBucket | undefined = undefined;
  /** Its tasks that are queued; it may hold others, which are dropped when they come to the front. */
  queued = 0;
  /** Most groups hold one task. */
  #first: Task | undefined = undefined;
  #rest: Ring<Task> | undefined = undefined;
  /** Those of its tasks that have a rank. */
  #ranked: RankHeap | undefined = undefined;

  constructor(pool: GroupPool, set: GateSet) {
    this.pool = pool;
    this.set = set;
  }

  add(task: Task, first: boolean): void {
    this.queued++;
    if (task.rank !== 0) {
      (this.#ranked ??= new RankHeap()).push(task);
      return;
    }
    if (this.#first === undefined) {
      this.#first = task;
      return;
    }
    this.#rest ??= new Ring(2);
    if (first) {
      this.#rest.unshift(this.#first);
      this.#first = task;
    } else this.#rest.push(task);
  }

  /** Its task that is next. */
  head(): Task {
    const front = this.#front();
    const ranked = this.#ranked?.peek((task) => this.holds(task));
    const task = ranked === undefined || (front !== undefined && ahead(front, ranked)) ? front : ranked;
    assert(task !== undefined, "a group holds a queued task");
    return task;
  }

  #front(): Task | undefined {
    while (this.#first !== undefined && !this.holds(this.#first)) this.#first = this.#rest?.shift();
    return this.#first;
  }

  /** Takes its head. */
  shift(): Task {
    const task = this.head();
    if (task.rank === 0) this.#first = this.#rest?.shift();
    else this.#ranked!.shift();
    this.queued--;
    return task;
  }

  /** Takes that one out, wherever it stands; whoever calls counts. False: it is not there. */
  remove(task: Task): boolean {
    if (task.rank !== 0) return this.#ranked?.remove(task) === true;
    if (this.#first !== task) return this.#rest?.remove(task) === true;
    this.#first = this.#rest?.shift();
    return true;
  }

  /** Takes out every task that fits; it may be empty then. */
  withdraw(fits: (task: Task) => boolean): Task[] {
    const gone = [...this].filter(fits);
    const out = new Set(gone);
    const keep = (task: Task): boolean => !out.has(task);
    this.#ranked?.sift(keep);
    this.#rest?.sift(keep);
    if (this.#first !== undefined && out.has(this.#first)) this.#first = this.#rest?.shift();
    this.queued -= gone.length;
    return gone;
  }

  /** True for a task that still waits here. */
  holds(task: Task): boolean {
    return task.state === "queued" && task.lane === this.pool.lane && task.priority === this.pool.priority;
  }

  *[Symbol.iterator](): Generator<Task> {
    if (this.#first !== undefined && this.holds(this.#first)) yield this.#first;
    for (let i = 0; this.#rest !== undefined && i < this.#rest.size; i++) {
      const task = this.#rest.at(i)!;
      if (this.holds(task)) yield task;
    }
    for (const task of this.#ranked?.sorted() ?? []) if (this.holds(task)) yield task;
  }
}

/** The group of these needs in the pool, if there is one. */
export function groupIn(pool: GroupPool, set: GateSet): TaskGroup | undefined {
  for (const group of set.groups) if (group.pool === pool) return group;
  return undefined;
}

/** Puts a queued task into its group. */
export function joinGroup(pool: GroupPool, set: GateSet, task: Task, first: boolean): void {
  let group = groupIn(pool, set);
  if (group === undefined) {
    group = new TaskGroup(pool, set);
    if (pool.keyed) takeTag(group, set.key!, 1);
    else {
      group.stamp = placeOf(task);
      group.order = orderOf(task);
    }
    set.groups = append(set.groups, group);
    pool.ready.add(group);
  }
  group.add(task, first);
  if (first || task.rank !== 0) restamp(group);
}

/** The head of its group starts. */
export function serveGroup(group: TaskGroup): Task {
  const task = group.shift();
  const { keyed, lane, ready } = group.pool;
  if (keyed) lane.arm.tag = Math.max(lane.arm.tag, group.stamp);
  if (group.queued === 0) dissolve(group);
  else if (keyed) {
    takeTag(group, group.set.key!, 0);
    (group.bucket?.groups ?? ready).update(group);
  } else restamp(group);
  return task;
}

/** A task of the group starts that is not its head: it is nowhere in the group then, as it may come again. */
export function leaveOutOfTurn(group: TaskGroup, task: Task): void {
  assert(group.remove(task), `t${task.seq} stands in its group`);
  leaveGroup(group);
}

/** A task of the group has left by another way. */
export function leaveGroup(group: TaskGroup): void {
  if (--group.queued === 0) dissolve(group);
}

/** Takes every task that fits out of the group; it is gone when none is left. */
export function withdrawFrom(group: TaskGroup, fits: (task: Task) => boolean): Task[] {
  const gone = group.withdraw(fits);
  const { lane } = group.pool;
  lane.queued -= gone.length;
  lane.arm.queued -= gone.length;
  if (group.queued === 0) dissolve(group);
  else if (gone.length > 0) restamp(group);
  return gone;
}

/** Brings a group without a key to the place of its first task. */
function restamp(group: TaskGroup): void {
  if (group.pool.keyed) return;
  const head = group.head();
  const stamp = placeOf(head);
  const order = orderOf(head);
  if (stamp === group.stamp && order === group.order) return;
  group.stamp = stamp;
  group.order = order;
  (group.bucket?.groups ?? group.pool.ready).update(group);
}

/**
 * Gives the group of a key its next tag; `added` = 1 when the group is new. Tags of a key follow each other from the one
 * that was served last in the arm; what was cancelled meanwhile does not count against it.
 */
function takeTag(group: TaskGroup, key: Gate, added: number): void {
  const { arm } = group.pool.lane;
  let turn = key.turns.find((each) => each.arm === arm);
  if (turn === undefined) {
    turn = { arm, last: 0, groups: 0 };
    key.turns = append(key.turns, turn);
  }
  turn.last = Math.max(arm.tag, Math.min(turn.last, arm.tag + turn.groups)) + 1;
  turn.groups += added;
  group.stamp = turn.last;
  group.order = ++arm.turns;
}

function dropTag({ pool }: TaskGroup, key: Gate): void {
  const turn = key.turns.find((each) => each.arm === pool.lane.arm)!;
  if (--turn.groups === 0) removeFrom(key.turns, turn);
}

function dissolve(group: TaskGroup): void {
  const { pool, set, bucket } = group;
  if (bucket === undefined) {
    pool.ready.remove(group);
    for (const { gate } of set.needs) gate.stir();
  } else unpark(group, bucket);
  removeFrom(set.groups, group);
  if (pool.keyed) dropTag(group, set.key!);
}

/** The group of this pool that is next and may go now. Those that are found to be waiting for a gate are parked there. */
export function readyGroup(pool: GroupPool | undefined, timers: Timers, now: number): TaskGroup | undefined {
  if (pool === undefined) return undefined;
  for (;;) {
    const group = pool.ready.first;
    if (group === undefined) return undefined;
    restamp(group);
    if (pool.ready.first !== group) continue;
    const need = closedNeed(group.set, now);
    if (need === undefined) return group;
    park(group, need, timers, now);
  }
}

function park(group: TaskGroup, need: Need, timers: Timers, now: number): void {
  const { pool, set } = group;
  const { gate, grade } = need;
  pool.ready.remove(group);
  let bucket = gate.parked.find((each) => each.pool === pool && each.need.grade === grade);
  if (bucket === undefined) {
    bucket = { pool, need, groups: new StampHeap() };
    gate.parked = append(gate.parked, bucket);
  }
  bucket.groups.add(group);
  group.bucket = bucket;
  awaitOpening(need, timers, now);
  for (const other of set.needs) if (other.gate !== gate) other.gate.stir();
}

/** Takes a group out of its bucket; it is nowhere then. */
function unpark(group: TaskGroup, bucket: GroupBucket): void {
  bucket.groups.remove(group);
  group.bucket = undefined;
  if (bucket.groups.size === 0) removeFrom(bucket.need.gate.parked, bucket);
}

/** Makes sure that the gate is looked at when it opens by itself. */
function awaitOpening(need: Need, timers: Timers, now: number): void {
  const { gate } = need;
  const until = needObstacle(need, now)?.until;
  if (until === undefined || (gate.wakeAt !== 0 && gate.wakeAt <= until)) return;
  gate.wakeAt = until;
  timers.add(until, "gate", gate);
}

/**
 * Looks at the gates where something has changed: in each bucket for which one is open, the first group may try. True when
 * one was woken.
 */
export function wakeParked({ stirred }: Gates, timers: Timers, now: number): boolean {
  let woke = false;
  for (let gate = stirred.pop(); gate !== undefined; gate = stirred.pop()) {
    gate.settle();
    for (const bucket of [...gate.parked]) {
      if (needObstacle(bucket.need, now) !== undefined) awaitOpening(bucket.need, timers, now);
      else {
        wake(bucket);
        woke = true;
      }
    }
  }
  return woke;
}

/** Everything that is parked at the gate may try again: its limit has changed. */
export function wakeAll(gate: Gate): void {
  for (const bucket of [...gate.parked]) while (bucket.groups.size > 0) wake(bucket);
}

function wake(bucket: GroupBucket): void {
  const group = bucket.groups.first!;
  unpark(group, bucket);
  group.pool.ready.add(group);
  group.pool.lane.mark(group.pool.priority);
}
