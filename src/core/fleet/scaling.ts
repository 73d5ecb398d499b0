/**
 * How many workers a pool needs for the work that waits: a function of the state, class by class, never task by task.
 *
 * SZ1  What waits counts only where another worker would help: not what its arm holds back, not what is parked at a gate,
 *      and not what a worker of the pool with room of its own leaves standing; one that is kept free for others has none.
 * SZ2  Work is counted for one pool: the first of those that fit, as far as its `max` goes, then the next.
 */
import { TASK_KINDS, type TaskKind } from "../../base/words.ts";
import { named, type Resources } from "../asks.ts";
import type { Arm, Lane } from "../lane.ts";
import type { State } from "../state.ts";
import { armObstacle, lacking, unavailable, unfit } from "./eligible.ts";
import { labelOf } from "./labels.ts";
import { Worker } from "./worker.ts";

/** What a person said of a pool. */
export interface PoolRule {
  readonly name: string;
  /** Workers with all of these labels belong to it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly min: number;
  readonly max: number;
  /** Of one of its workers, while none is there to ask. */
  readonly slots: number;
  readonly resources?: Resources | undefined;
  readonly units?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Time in which what waits should be done. */
  readonly waitMs: number;
  /** A worker that was there before, to judge by when none is. */
  readonly like?: Worker | undefined;
}

export interface PoolNeed {
  /** Connected workers that belong to it and take work. */
  readonly members: readonly Worker[];
  /** Those that end what they have and take nothing new. */
  readonly draining: readonly Worker[];
  /** Those whose connection is gone and whose lease is not over: they may come back. */
  readonly away: number;
  /** Members that run something. */
  busy: number;
  /** Tasks that wait and that its workers could take, and how long they are together, by what their like took. */
  backlog: number;
  backlogMs: number;
  /** Workers that it takes to do all that in `waitMs`, within `min` and `max`. */
  wanted: number;
  /** The same without those bounds. */
  unbounded: number;
}

/** How long tasks of this lane take, in milliseconds, as far as is known. */
export type TypicalMs = (lane: Lane) => number | undefined;

/** Without any experience, a task counts as this long. */
const UNKNOWN_MS = 1000;

class AnyName extends Set<string> {
  override has(): boolean {
    return true;
  }
}

/** A worker as those of the pool would be, for want of one that is there. */
function imagined({ labels, slots, resources, units }: PoolRule): Worker {
  const worker = new Worker("");
  worker.slots = slots;
  worker.kinds = new Set<TaskKind>(TASK_KINDS);
  worker.functions = new AnyName();
  worker.resources = resources;
  worker.units = units;
  worker.labels = labels;
  return worker;
}

type Labels = readonly (readonly [string, string])[];

function belongsTo(worker: Worker, labels: Labels): boolean {
  for (const [label, value] of labels) if (labelOf(worker, label) !== value) return false;
  return true;
}

/** What runs of one lane. */
interface Running {
  /** By pool; the last place is for workers of no pool. */
  readonly counts: number[];
  elapsedMs: number;
  count: number;
}

interface Pool {
  readonly rule: PoolRule;
  readonly need: PoolNeed;
  readonly sample: Worker;
  /** Members that could take something more at this moment. */
  readonly open: readonly Worker[];
  /** Workers that what was counted so far takes, with fractions. */
  load: number;
}

/** What each pool needs, in the order of `rules`. */
export function poolNeeds(state: State, rules: readonly PoolRule[], typicalMs: TypicalMs, now: number): PoolNeed[] {
  const labels = rules.map((rule) => Object.entries(rule.labels));
  const pools = poolsOf(state, rules, labels, now);
  const running = runningOf(state, labels, now);
  const room = new Map<Arm, number>();
  for (const [lane, { counts }] of running) {
    for (const [at, pool] of pools.entries()) pool.load += counts[at]! / atOnce(pool.sample, lane);
  }
  for (const arm of state.armOrder) {
    if (arm.queued === 0) continue;
    if (armObstacle(arm, now) !== undefined) continue;
    room.set(arm, arm.maxParallel - arm.active);
    for (const lane of arm.lanes) if (lane.queued > 0) addLane(state, { lane, pools, running, room, typicalMs, now });
  }
  return pools.map(({ rule, need, load }) => {
    need.unbounded = Math.ceil(load - 1e-9);
    need.wanted = Math.min(rule.max, Math.max(rule.min, need.unbounded));
    return need;
  });
}

function poolsOf(state: State, rules: readonly PoolRule[], labels: readonly Labels[], now: number): Pool[] {
  const members: Worker[][] = rules.map(() => []);
  const draining: Worker[][] = rules.map(() => []);
  const away = rules.map(() => 0);
  for (const worker of state.workers.values()) {
    const at = poolOf(worker, labels);
    if (at < 0) continue;
    if (worker.session === 0) away[at]! += worker.draining ? 0 : 1;
    else (worker.draining ? draining : members)[at]!.push(worker);
  }
  return rules.map((rule, at) => {
    const own = members[at]!;
    const busy = own.filter(({ attempts }) => attempts.size > 0).length;
    const counted = { busy, backlog: 0, backlogMs: 0, wanted: 0, unbounded: 0 };
    const need = { members: own, draining: draining[at]!, away: away[at]!, ...counted };
    const open = own.filter((worker) => unavailable(worker, now) === undefined);
    return { rule, need, open, sample: own[0] ?? rule.like ?? imagined(rule), load: 0 };
  });
}

/** The first pool that the worker belongs to; -1 = none. */
function poolOf(worker: Worker, labels: readonly Labels[]): number {
  return labels.findIndex((own) => belongsTo(worker, own));
}

function runningOf(state: State, labels: readonly Labels[], now: number): Map<Lane, Running> {
  const running = new Map<Lane, Running>();
  for (const worker of state.workers.values()) {
    if (worker.attempts.size === 0) continue;
    const at = worker.session === 0 || worker.draining ? -1 : poolOf(worker, labels);
    for (const { lane, live } of worker.attempts) {
      let its = running.get(lane);
      if (its === undefined) {
        its = { counts: Array.from({ length: labels.length + 1 }, () => 0), elapsedMs: 0, count: 0 };
        running.set(lane, its);
      }
      its.counts[at < 0 ? labels.length : at]!++;
      its.count++;
      its.elapsedMs += now - live!.startedAt;
    }
  }
  return running;
}

interface LaneLook {
  lane: Lane;
  pools: readonly Pool[];
  running: ReadonlyMap<Lane, Running>;
  /** How many more of each arm may run. */
  room: Map<Arm, number>;
  typicalMs: TypicalMs;
  now: number;
}

/** Counts what waits in one lane for the pools that can take it. */
function addLane(state: State, { lane, pools, running, room, typicalMs, now }: LaneLook): void {
  const { requires, arm } = lane;
  // Whoever asks for one worker by name gains nothing by another one.
  if (requires.worker !== undefined) return;
  const fitting = pools.filter(({ sample }) => unfit(sample, requires, arm.name) === undefined);
  if (fitting.length === 0 || lane.head(state.timers, now) === undefined) return;
  const hasRoom = (worker: Worker): boolean =>
    unfit(worker, requires, arm.name) === undefined &&
    lacking(worker, requires) === undefined &&
    (worker.reserved === undefined || worker.reserved.lane === lane || worker.reserved.isGuest(requires));
  if (fitting.some(({ open }) => open.some(hasRoom))) return;

  const runs = running.get(lane);
  const elapsed = runs === undefined ? 0 : runs.elapsedMs / runs.count;
  // Those that run may be longer than any before them.
  const taskMs = Math.max(1, typicalMs(lane) ?? UNKNOWN_MS, elapsed);
  const backlogMs = lane.queued * taskMs;
  const first = fitting[0]!;
  first.need.backlog += lane.queued;
  first.need.backlogMs += backlogMs;

  // So many at once get it done in time; those that run now have a part of the time for what they are at.
  const left = (runs?.count ?? 0) * Math.max(0, taskMs - elapsed);
  const inTime = (backlogMs + left) / first.rule.waitMs - (runs?.count ?? 0);
  let more = Math.min(lane.queued, room.get(arm)!, Math.max(inTime, runs === undefined ? 1 : 0));
  room.set(arm, room.get(arm)! - more);
  for (const pool of fitting) {
    const each = atOnce(pool.sample, lane);
    const taken = Math.min(more, Math.max(0, pool.rule.max - pool.load) * each);
    pool.load += taken / each;
    more -= taken;
  }
  if (more > 0) first.load += more / atOnce(first.sample, lane);
}

/** How many tasks of this lane one such worker runs at once. */
function atOnce(worker: Worker, { requires }: Lane): number {
  let most = worker.slots;
  for (const [resource, wanted] of Object.entries(requires.resources ?? {})) {
    const has = named(worker.resources, resource) ?? 0;
    if (wanted > 0) most = Math.min(most, Math.floor(has / wanted));
  }
  return Math.max(1, requires.target?.apart === undefined ? most : 1);
}
