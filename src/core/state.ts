/**
 * The state of the engine: everything that a decision can depend on. Words: a **task** is one unit of work; an **attempt**
 * one try of it on a worker, numbered; a **run** one instance of a workflow; an **arm** a named lane of execution with its
 * own limit; a **lane** the ready tasks of an arm that may run in the same places; a **worker** a process that executes
 * attempts; a **lease** the time for which a silent worker keeps its attempts.
 *
 * S1  State changes only in `apply.ts`, by an event. The exceptions are named: a worker's `session` and `lastSeenAt`,
 *     `placement` with the `pass` of each arm (who is next), and which groups are parked at a gate, with the timers that
 *     open it (`group.ts`); with `fleet` (`fleet/fleet.ts`), which follows from the workers but for hints and for whom a
 *     worker is reserved. None of these outlives the process.
 * S2  `tasks` holds every task that has not ended, and until the end of the turn those that ended in it (`ended`).
 * S3  Applying the same events to an empty state gives the same state.
 */
import { assert } from "../base/assert.ts";
import { RUN_STATES, TASK_STATES, type RunState, type TaskState } from "../base/words.ts";
import type { Asks } from "./asks.ts";
import { BUILT_IN_ARMS, bornSettings } from "./limits/arms.ts";
import { land } from "./flow/flights.ts";
import { type Access, createAccess } from "./access/access.ts";
import { createFlow, type Flow } from "./flow/flow.ts";
import { Arm, Lane, LANES_MIN } from "./lane.ts";
import { createGraph, type Graph } from "./graph/graph.ts";
import { createLimits, type Limits } from "./limits/limits.ts";
import type { Plugins } from "./plugins/plugins.ts";
import type { Policy } from "./policy.ts";
import type { Run } from "./run.ts";
import { type Admission, createAdmission } from "./runs/admission.ts";
import { createSchedules, type Schedules } from "./schedules/schedule.ts";
import { SeqTable } from "./seq-table.ts";
import type { Requirements, Task } from "./task.ts";
import { Timers } from "./timers.ts";
import { createFleet, type Fleet } from "./fleet/fleet.ts";
import { signature } from "./fleet/signature.ts";
import type { Worker } from "./fleet/worker.ts";

export interface State {
  readonly tasks: SeqTable<Task>;
  /** Live tasks that were submitted with an id, by that id, with the fingerprint of the submission. */
  readonly keys: Map<string, { task: Task; hash: string }>;
  readonly runs: Map<number, Run>;
  readonly arms: Map<string, Arm>;
  readonly lanes: Map<string, Lane>;
  readonly policies: Map<string, Policy>;
  /** The shared object for one that was seen before: tasks that come together often bring the very same. */
  readonly policyOf: WeakMap<Policy, Policy>;
  readonly workers: Map<string, Worker>;
  readonly timers: Timers;
  /** Unique keys, shared results, callbacks: what few tasks ask for. */
  readonly flow: Flow;
  readonly schedules: Schedules;
  /** What workflows share. */
  readonly graph: Graph;
  /** Groups of runs, and runs that may not go on. */
  readonly admission: Admission;
  /** Number of tasks in each state, ended ones included, as long as they are kept. */
  readonly counts: Record<TaskState, number>;
  readonly runCounts: Record<RunState, number>;
  lastTask: number;
  lastRun: number;
  /** Tasks and runs that ended in this turn; `forgetEnded` lets them go. */
  readonly ended: Task[];
  readonly endedRuns: Run[];
  /** Tokens, and the keys of workers. */
  readonly access: Access;
  /** Code that is distributed to workers. */
  readonly plugins: Plugins;
  /** What placement knows of all workers at once. */
  readonly fleet: Fleet;
  /** Names of the workers that a person has drained, connected or not. */
  readonly drained: Set<string>;
  /** Keys, rates, quotas, and which arm takes what. */
  readonly limits: Limits;
  /** How far the arm that has had the least came in the sharing of slots: where one that was idle takes up. */
  placement: number;
  /** Arms in the order they came, for `placement`. */
  readonly armOrder: Arm[];
  /** Time of the newest event, for `apply` alone. */
  now: number;
}

export function createState(): State {
  const state: State = {
    tasks: new SeqTable<Task>(),
    keys: new Map(),
    runs: new Map(),
    arms: new Map(),
    lanes: new Map(),
    policies: new Map(),
    policyOf: new WeakMap(),
    workers: new Map(),
    timers: new Timers(),
    flow: createFlow(),
    schedules: createSchedules(),
    graph: createGraph(),
    admission: createAdmission(),
    counts: zeroes(TASK_STATES),
    runCounts: zeroes(RUN_STATES),
    lastTask: 0,
    lastRun: 0,
    ended: [],
    endedRuns: [],
    access: createAccess(),
    plugins: new Map(),
    fleet: createFleet(),
    drained: new Set(),
    limits: createLimits(),
    placement: 0,
    armOrder: [],
    now: 0,
  };
  for (const name of Object.keys(BUILT_IN_ARMS)) armNamed(state, name);
  return state;
}

function zeroes<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/** The live run of this number. */
export function runOf({ runs }: State, seq: number): Run {
  const run = runs.get(seq);
  assert(run !== undefined, `run r${seq} is live`);
  return run;
}

/** The arm of that name; made on first use. */
export function armNamed(state: State, name: string): Arm {
  let arm = state.arms.get(name);
  if (arm === undefined) {
    arm = new Arm(name, state.limits.meters.named(`arm:${name}`));
    arm.configure(bornSettings(name), 0);
    for (const type of arm.settings.types) state.limits.routes.set(type, name);
    state.arms.set(name, arm);
    state.armOrder.push(arm);
  }
  return arm;
}

/** The lane for tasks of this arm with these requirements; made on first use. */
export function laneFor(state: State, armName: string, requires: Requirements & { asks?: Asks | undefined }): Lane {
  const { kind, handler, worker, asks } = requires;
  let key = `${armName}\n${kind}\n${handler ?? ""}\n${worker ?? ""}`;
  const { resources, units, target } = asks ?? requires;
  if (resources !== undefined || units !== undefined || target !== undefined) {
    key = `${armName}\n${signature({ kind, handler, worker, resources, units, target })}`;
  }
  let lane = state.lanes.get(key);
  if (lane === undefined) {
    const arm = armNamed(state, armName);
    lane = new Lane(arm, { kind, handler, worker, resources, units, target }, key);
    if (arm.lanes.length >= arm.lanesMax) dropIdleLanes(state, arm);
    arm.lanes.push(lane);
    state.lanes.set(key, lane);
  }
  return lane;
}

/** Forgets lanes without tasks: placement looks at every lane of an arm. Paid for by their growth since the last time. */
function dropIdleLanes(state: State, arm: Arm): void {
  const kept = arm.lanes.filter((lane) => lane.tasks > 0);
  for (const lane of arm.lanes) if (lane.tasks === 0) state.lanes.delete(lane.key);
  arm.lanes.splice(0, arm.lanes.length, ...kept);
  arm.lanesMax = Math.max(LANES_MIN, kept.length * 2);
}

/** More distinct policies than this are not worth sharing: the table starts afresh. */
const POLICIES_MAX = 10_000;

/** The one object for policies equal to this one. */
export function sharedPolicy(state: State, policy: Policy): Policy {
  const known = state.policyOf.get(policy);
  if (known !== undefined) return known;
  const key = JSON.stringify(policy);
  let shared = state.policies.get(key);
  if (shared === undefined) {
    if (state.policies.size >= POLICIES_MAX) state.policies.clear();
    shared = policy;
    state.policies.set(key, shared);
  }
  state.policyOf.set(policy, shared);
  return shared;
}

/** Lets the tasks and runs go that ended in the turn just appended. */
export function forgetEnded(state: State): void {
  for (const task of state.ended) {
    state.tasks.delete(task.seq);
    if (task.asks?.on !== undefined) state.flow.watched.delete(task.seq);
    if (task.key !== undefined && state.keys.get(task.key)?.task === task) state.keys.delete(task.key);
  }
  state.ended.length = 0;
  state.limits.meters.settle();
  land(state);
  for (const run of state.endedRuns) if (run.over) state.runs.delete(run.seq);
  state.endedRuns.length = 0;
  state.graph.asking.length = 0;
}
