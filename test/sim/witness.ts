/**
 * Watches one simulation from outside: it sees what became durable, what workers did, and what people were told, keeps its
 * own small book of that, and stops the simulation at the first contradiction.
 *
 * V1  Attempts of a task are numbered without gaps, and at most one is live.
 * V2  No arm starts more than its limit allows, no worker gets more than its slots, at any instant.
 * V3  A task leaves an ended state by a retry alone.
 * V4  What was acknowledged exists until somebody deletes it.
 * V5  Replaying what is durable gives the live state; so does loading what the store holds.
 * V6  An attempt ends as succeeded or failed because its own worker said so.
 * V7  A task marked `onLost: fail` does not begin again after an attempt that began and vanished.
 * V8  Nobody is told anything that is not durable.
 * V9  The result of a task that succeeded is the one that its worker gave.
 */
import { isEnded, type TaskState } from "../../src/base/words.ts";
import { apply } from "../../src/core/apply.ts";
import type { Batch, Event } from "../../src/core/event.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { loadState, type StoredState } from "../../src/core/load.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import type { AttemptRef, AttemptReport } from "../../src/protocol/link.ts";
import type { Library } from "../../src/engine/ports.ts";
import { checkReasons, demandEqual } from "./agreement.ts";
import { tellEvent } from "./trace.ts";
import type { World } from "./world.ts";

interface Known {
  state: TaskState;
  attempt: number;
  arm: string;
  run: number | undefined;
  atMostOnce: boolean;
  lastWorker: string;
}

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

export class Witness {
  /** What is durable, replayed. */
  replica: State = createState();
  /** Workers whose word is worth nothing. */
  readonly liars = new Set<string>();
  readonly #world: World;
  readonly #tasks = new Map<number, Known>();
  readonly #deleted = new Set<number>();
  readonly #acknowledged = new Set<number>();
  readonly #live = new Map<number, { attempt: number; worker: string }>();
  readonly #limits = new Map<string, { enabled: boolean; max: number }>();
  readonly #slots = new Map<string, number>();
  /** Attempts that began in a worker, and how they ended there. */
  readonly #began = new Map<string, string | undefined>();
  /** Tasks that became durable of each submission. */
  readonly #submitted = new Map<string, number>();
  /** The task that has an id. */
  readonly #keys = new Map<string, number>();
  /** Results that workers gave, as JSON text, by attempt. */
  readonly #results = new Map<string, string>();
  /** Attempts that came to their end in the journal, by arm. */
  readonly #processed = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  // --- what workers do ---

  began(worker: string, task: number, attempt: number): void {
    const key = `${task}/${attempt}`;
    this.#world.demand(!this.#began.has(key), () => `attempt ${key} began twice, now on ${worker}`);
    this.#began.set(key, undefined);
    this.#world.tell(() => `  ${worker} begins t${task}/${attempt}`);
  }

  reported(worker: string, { task, attempt }: AttemptRef, { outcome, result }: AttemptReport): void {
    const key = `${task}/${attempt}`;
    this.#began.set(key, outcome);
    if (result !== undefined) this.#results.set(key, JSON.stringify(result));
    this.#world.tell(() => `  ${worker} ends t${key}: ${outcome}`);
  }

  // --- what people and workers are told ---

  assigned(task: number, attempt: number): void {
    const known = this.#tasks.get(task)?.attempt ?? 0;
    const isTold = this.#deleted.has(task) || known >= attempt;
    this.#world.demand(isTold, () => `V8: t${task}/${attempt} was given out and is not durable`);
  }

  acknowledged(seqs: readonly number[]): void {
    for (const seq of seqs) {
      this.#acknowledged.add(seq);
      this.#exists(seq, "was acknowledged and is not durable");
    }
  }

  /** The number of the task with this id; 0 = there was none. */
  seqOf(id: string): number {
    return /^t\d+$/.test(id) ? Number(id.slice(1)) : (this.#keys.get(id) ?? 0);
  }

  isDeleted(id: string): boolean {
    return this.#deleted.has(this.seqOf(id));
  }

  /** The state of a task as people should see it; undefined when it is gone. */
  stateOf(seq: number): TaskState | undefined {
    return this.#tasks.get(seq)?.state;
  }

  /** Tasks that run now. */
  running(): number[] {
    return [...this.#live.keys()];
  }

  /** The number of its newest attempt; 0 = none. */
  attemptOf(seq: number): number {
    return this.#tasks.get(seq)?.attempt ?? 0;
  }

  /** How many tasks of the submission with this tag are durable or were. */
  submittedAs(tag: string): number {
    return this.#submitted.get(tag) ?? 0;
  }

  get lastTask(): number {
    return this.replica.lastTask;
  }

  // --- what becomes durable ---

  appended(batch: Batch): void {
    for (const event of batch.events) {
      this.#world.tell(() => `  * ${tellEvent(event)}`);
      this.#judge(event);
      apply(this.replica, event, batch.at);
    }
    forgetEnded(this.replica);
  }

  #judge(event: Event): void {
    switch (event.type) {
      case "TaskSubmitted": {
        const { task, state, arm, run, policy, key, tags = [] } = event;
        for (const tag of tags) this.#submitted.set(tag, this.submittedAs(tag) + 1);
        if (key !== undefined) {
          const other = this.#keys.get(key);
          this.#world.demand(
            other === undefined || !this.#tasks.has(other),
            () => `t${task} and t${other} are both ${key}`,
          );
          this.#keys.set(key, task);
        }
        this.#world.demand(!this.#tasks.has(task) && !this.#deleted.has(task), () => `t${task} was submitted twice`);
        this.#tasks.set(task, { state, attempt: 0, arm, run, atMostOnce: policy?.onLost === "fail", lastWorker: "" });
        return;
      }
      case "TaskReady":
        return this.#goes(event.task, "queued");
      case "TaskScheduled":
        return this.#goes(event.task, "scheduled");
      case "TaskEnded":
        this.#world.demand(!this.#live.has(event.task), () => `t${event.task} ended while an attempt of it runs`);
        return this.#goes(event.task, event.state);
      case "AttemptStarted":
        return this.#started(event);
      case "AttemptEnded":
        return this.#ended(event);
      case "TaskReopened": {
        const known = this.#exists(event.task, "was reopened and does not exist")!;
        this.#world.demand(isEnded(known.state), () => `V3: t${event.task} was reopened while ${known.state}`);
        this.#world.demand(known.state === event.from, () => `t${event.task} is ${known.state}, not ${event.from}`);
        this.#world.demand(event.attempt === known.attempt, () => `V1: t${event.task} forgot attempt ${known.attempt}`);
        known.state = event.state;
        return;
      }
      case "TasksDeleted":
        for (const task of event.tasks) {
          const known = this.#exists(task, "was deleted and does not exist")!;
          this.#world.demand(isEnded(known.state), () => `t${task} was deleted while ${known.state}`);
          this.#tasks.delete(task);
          this.#deleted.add(task);
        }
        return;
      case "RunEnded":
        for (const [seq, { run, state }] of this.#tasks) {
          this.#world.demand(
            run !== event.run || isEnded(state),
            () => `r${event.run} ended while t${seq} is ${state}`,
          );
        }
        return;
      case "ArmConfigured":
        this.#limits.set(event.arm, { enabled: event.enabled, max: event.maxParallel ?? Infinity });
        return;
      case "WorkerJoined":
        this.#slots.set(event.worker, event.slots);
        return;
      case "WorkerLeft":
        this.#world.demand(this.#on(event.worker) === 0, () => `${event.worker} left with attempts on it`);
        return;
      default:
    }
  }

  #exists(seq: number, otherwise: string): Known | undefined {
    const known = this.#tasks.get(seq);
    this.#world.demand(known !== undefined || this.#deleted.has(seq), () => `t${seq} ${otherwise}`);
    return known;
  }

  #goes(seq: number, next: TaskState): void {
    const known = this.#exists(seq, `became ${next} and does not exist`);
    if (known === undefined) return;
    this.#world.demand(!isEnded(known.state), () => `V3: t${seq} went from ${known.state} to ${next}`);
    known.state = next;
  }

  #on(worker: string): number {
    let count = 0;
    for (const live of this.#live.values()) if (live.worker === worker) count++;
    return count;
  }

  #started({ task, attempt, worker }: Of<"AttemptStarted">): void {
    const { demand } = this.#world;
    const known = this.#exists(task, "was started and does not exist")!;
    demand(!this.#live.has(task), () => `V1: two attempts of t${task} are live`);
    demand(attempt === known.attempt + 1, () => `V1: t${task} goes from attempt ${known.attempt} to ${attempt}`);
    const { enabled, max } = this.#limits.get(known.arm) ?? { enabled: true, max: Infinity };
    const active = [...this.#live.keys()].filter((seq) => this.#tasks.get(seq)?.arm === known.arm).length;
    demand(
      enabled && active < max,
      () => `V2: arm ${known.arm} starts t${task}: ${active} of ${max}, enabled ${enabled}`,
    );
    const slots = this.#slots.get(worker) ?? 0;
    demand(
      this.#on(worker) < slots,
      () => `V2: ${worker} gets t${task} with ${this.#on(worker)} of ${slots} slots taken`,
    );
    this.#goes(task, "running");
    known.attempt = attempt;
    known.lastWorker = worker;
    this.#live.set(task, { attempt, worker });
  }

  #ended({ task, attempt, outcome, next, error }: Of<"AttemptEnded">): void {
    const { demand } = this.#world;
    const live = this.#live.get(task);
    demand(live?.attempt === attempt, () => `V1: t${task}/${attempt} ended, and ${live?.attempt ?? "nothing"} is live`);
    const known = this.#tasks.get(task)!;
    const key = `${task}/${attempt}`;
    if (!this.liars.has(live!.worker)) {
      if (outcome === "succeeded" || outcome === "failed") {
        const said = this.#began.get(key);
        demand(said === outcome, () => `V6: t${key} is ${outcome}, and ${live!.worker} said ${said ?? "nothing"}`);
      }
      const vanished = outcome === "lost" || error?.kind === "interrupted";
      const again = known.atMostOnce && vanished && !isEnded(next) && this.#began.has(key);
      demand(!again, () => `V7: t${key} began, vanished (${outcome}), and is ${next} again although onLost is fail`);
    }
    this.#live.delete(task);
    this.#processed.set(known.arm, (this.#processed.get(known.arm) ?? 0) + 1);
    this.#goes(task, next);
  }

  // --- checks ---

  /** After a turn; `state` still holds what ended in it. */
  turned(state: State): void {
    checkInvariants(state);
    const { prng } = this.#world;
    if (prng.chance(0.1)) this.compare(state);
    if (prng.chance(0.3)) checkReasons(this.#world, state);
  }

  /** V5, first half. */
  compare(state: State): void {
    demandEqual(this.#world, { "the live state": state, "its replay": this.replica }, { exact: true });
  }

  /** V5, second half: what the store holds is what was replayed; from now on the replica goes on from there. */
  loaded(stored: StoredState, now: number): void {
    const state = loadState(stored, now, this.#world.options.leaseMs);
    checkInvariants(state);
    demandEqual(this.#world, { "the store": state, "the replay": this.replica }, { exact: false });
    this.replica = state;
  }

  /** What the store says of every task is what became durable; V4. */
  checkLibrary(library: Library): void {
    const { demand } = this.#world;
    for (const [seq, { state, attempt, lastWorker }] of this.#tasks) {
      const stored = library.stateOf(seq);
      demand(stored === state, () => `t${seq} is ${state}, and the store says ${stored ?? "nothing"}`);
      if (state !== "succeeded" || this.liars.has(lastWorker)) continue;
      const [given, kept] = [this.#results.get(`${seq}/${attempt}`), library.resultText(seq)];
      demand(given === kept, () => `V9: t${seq} gave ${given?.slice(0, 40)}, and the store has ${kept?.slice(0, 40)}`);
    }
    for (const seq of this.#acknowledged) {
      if (!this.#deleted.has(seq))
        demand(library.task(seq) !== undefined, () => `V4: t${seq} was acknowledged and is gone`);
    }
    for (const arm of this.replica.arms.values()) {
      const processed = this.#processed.get(arm.name) ?? 0;
      demand(
        arm.processed === processed,
        () => `arm ${arm.name} counts ${arm.processed} attempts instead of ${processed}`,
      );
    }
    const counts = new Map<TaskState, number>();
    for (const { state } of this.#tasks.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of Object.entries(this.replica.counts)) {
      const right = counts.get(state as TaskState) ?? 0;
      demand(count === right, () => `${count} tasks are counted as ${state} instead of ${right}`);
    }
  }

  /** Tasks that have not ended, in words. */
  unfinished(): string[] {
    return [...this.#tasks].filter(([, { state }]) => !isEnded(state)).map(([seq, { state }]) => `t${seq} ${state}`);
  }
}
