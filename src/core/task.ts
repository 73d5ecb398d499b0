/**
 * A live task as core holds it: what is needed to decide, nothing else. What it does (the work) stays in the store.
 * Ended tasks leave memory at the end of the turn, so an ended `Task` object never comes to life again: a retry makes a
 * new one.
 */
import type { TaskKind, TaskState } from "../base/words.ts";
import type { Asks, Resources, Target, Units } from "./asks.ts";
import type { TaskNode } from "./graph/node.ts";
import type { GateSet } from "./limits/gate.ts";
import type { Lane } from "./lane.ts";
import type { Policy } from "./policy.ts";
import type { Run } from "./run.ts";
import type { Worker } from "./fleet/worker.ts";

export class Task {
  /** Its number; ids are made from it. */
  readonly seq: number;
  /** The id that it was submitted with, if any. */
  readonly key: string | undefined;
  readonly type: string;
  readonly name: string | undefined;
  readonly run: Run | undefined;
  /** Arm and placement class; where it queues. */
  lane: Lane;
  readonly policy: Policy;
  priority: number;
  state: TaskState;
  /** Number of the newest attempt; 0 before the first. Never goes back. */
  attempt = 0;
  /** Attempts that count against the retry limit. */
  tries = 0;
  /** Attempts whose worker vanished. */
  losses = 0;
  /** Needs that have not ended yet, while blocked. */
  waiting = 0;
  /** Live tasks that need this one. */
  children: Task[] | undefined = undefined;
  /** When it is due, while scheduled (or, while blocked, the `runAt` it was given); else 0. */
  dueAt = 0;
  /** Epoch milliseconds after which it must not start; 0 = never. */
  readonly expiresAt: number;
  /** What it asks for beyond its arm and policy; most tasks ask for nothing. Changes when it was prepared. */
  asks: Asks | undefined;
  /** The keys, rates and quotas that it needs; most tasks need none. */
  readonly gates: GateSet | undefined;
  /** Among the ready tasks of its run those with the highest rank are first; 0 = it has none. See `rank.ts`. */
  readonly rank: number;
  /** Since when it has waited in its lane, in tenths of seconds (`tenthsOf`); a small integer, so that it costs no object. */
  since = 0;
  /** The attempt that is on a worker, while running. */
  live: LiveAttempt | undefined = undefined;
  /** What it is in the graph of its run, beyond a task that needs others; most tasks are no more than that. */
  node: TaskNode | undefined = undefined;

  constructor(fields: TaskFields, state: TaskState) {
    this.seq = fields.seq;
    this.key = fields.key;
    this.type = fields.type;
    this.name = fields.name;
    this.run = fields.run;
    this.lane = fields.lane;
    this.policy = fields.policy;
    this.priority = fields.priority;
    this.expiresAt = fields.expiresAt;
    this.asks = fields.asks;
    this.gates = fields.gates;
    this.rank = fields.rank;
    this.state = state;
  }
}

/** What does not change in a task's life. */
export interface TaskFields {
  seq: number;
  key: string | undefined;
  type: string;
  name: string | undefined;
  run: Run | undefined;
  lane: Lane;
  policy: Policy;
  priority: number;
  expiresAt: number;
  asks: Asks | undefined;
  gates: GateSet | undefined;
  rank: number;
}

/** An attempt that is on a worker. */
export interface LiveAttempt {
  worker: Worker;
  startedAt: number;
  /** Since when nothing but a worker was missing, where that was later than it became ready. */
  admittedAt: number | undefined;
  /** Set when a person asked to cancel: the reason. */
  cancel: string | undefined;
  /** The units of its worker that it has, where it asked for a resource that is counted by units. */
  units: Units | undefined;
}

/** The id that people see. */
export function taskId(task: { seq: number; key?: string | undefined }): string {
  return task.key ?? `t${task.seq}`;
}

/** Everything that limits where a task may run. */
export interface Requirements {
  readonly kind: TaskKind;
  /** Name of the function, for `call`. */
  readonly handler?: string | undefined;
  /** The only worker allowed, if named. */
  readonly worker?: string | undefined;
  /** What it takes of the worker while it runs. */
  readonly resources?: Resources | undefined;
  readonly units?: Units | undefined;
  readonly target?: Target | undefined;
}
