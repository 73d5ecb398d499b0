/**
 * Watches one simulation from outside: it sees what became durable, what workers did, and what people were told, keeps its
 * own small book of that, and stops the simulation at the first contradiction.
 *
 * V1  Attempts of a task are numbered without gaps, and at most one is live.
 * V3  A task leaves an ended state by a retry alone.
 * V4  What was acknowledged exists until somebody deletes it.
 * V5  Replaying what is durable gives the live state; so does loading what the store holds.
 * V6  An attempt ends as succeeded or failed because its own worker said so.
 * V7  A task marked `onLost: fail` does not begin again after an attempt that began and vanished.
 * V8  Nobody is told anything that is not durable.
 * V9  The result of a task that succeeded is the one that its worker gave.
 *
 * V2 and V10 to V31 stand in `rules/`, one file each.
 */
import { isEnded, type TaskState } from "../../src/base/words.ts";
import { apply } from "../../src/core/apply.ts";
import type { Batch, Event } from "../../src/core/event.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { loadState, type StoredState } from "../../src/core/load.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import type { Turn } from "../../src/core/turn.ts";
import type { AttemptRef, AttemptReport } from "../../src/protocol/link.ts";
import type { Library } from "../../src/engine/ports.ts";
import { checkReasons, demandEqual } from "./agreement.ts";
import { Book, type Known, type Rule, taskOf } from "./book.ts";
import { wasHeardSince } from "./placement-judge.ts";
import { createRules } from "./rules/all.ts";
import { SlotRule } from "./rules/slots.ts";
import { tellEvent } from "./trace.ts";
import type { World } from "./world.ts";

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

export class Witness {
  /** What is durable, replayed. */
  replica: State = createState();
  /** Workers whose word is worth nothing. */
  readonly liars: Set<string>;
  readonly #world: World;
  readonly #book = new Book();
  readonly #tasks = this.#book.tasks;
  readonly #deleted = this.#book.deleted;
  readonly #live = this.#book.live;
  readonly #rules: readonly Rule[];
  readonly #slots: SlotRule;
  readonly #acknowledged = new Set<number>();
  /** Attempts that began in a worker, and how they ended there. */
  readonly #began = new Map<string, string | undefined>();
  /** The latest hour that a server has seen, whatever its clock did since. */
  #latest = 0;
  /** Tasks that became durable of each submission. */
  readonly #submitted = new Map<string, number>();
  /** The task that has an id. */
  readonly #keys = new Map<string, number>();
  /** Results that workers gave, as JSON text, by attempt. */
  readonly #results = new Map<string, string>();

  /** False: the live state may have come from tables, in which the order of those who wait is another one. */
  readonly #exact: boolean;

  constructor(world: World, { exact = true } = {}) {
    this.#world = world;
    this.#exact = exact;
    const book = this.#book;
    this.liars = book.liars;
    this.#slots = new SlotRule(world, book);
    this.#rules = [this.#slots, ...createRules(world, book)];
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

  /** The latest hour that a server has seen. */
  get latest(): number {
    return this.#latest;
  }

  get lastTask(): number {
    return this.replica.lastTask;
  }

  // --- what becomes durable ---

  appended(batch: Batch): void {
    this.#latest = Math.max(this.#latest, batch.at);
    for (const event of batch.events) {
      this.#world.tell(() => `  * ${tellEvent(event)}`);
      const seq = taskOf(event);
      const before = seq === undefined ? undefined : this.#tasks.get(seq)?.state;
      this.#judge(event, batch.at);
      for (const rule of this.#rules) rule.judge(event, batch.at, before);
      apply(this.replica, event, batch.at);
    }
    for (const rule of this.#rules) rule.whole?.(batch);
    forgetEnded(this.replica);
  }

  #judge(event: Event, at: number): void {
    switch (event.type) {
      case "TaskSubmitted": {
        const { task, state, arm, run, key, tags = [], priority, asks, work } = event;
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
        const known = {
          seq: task,
          state,
          attempt: 0,
          arm,
          priority,
          run,
          asks,
          definition: event,
          at,
          work,
          marked: false,
        };
        this.#tasks.set(task, { ...known, lastWorker: "" });
        return;
      }
      case "TaskReady":
        return this.#goes(event.task, "queued");
      case "TaskScheduled":
        return this.#goes(event.task, "scheduled");
      case "TaskEnded":
        this.#world.demand(!this.#live.has(event.task), () => `t${event.task} ended while an attempt of it runs`);
        if (event.said === "marked") this.#tasks.get(event.task)!.marked = true;
        return this.#goes(event.task, event.state);
      case "TaskOpened":
        return this.#goes(event.task, "running");
      case "TaskPrepared":
        if (event.work !== undefined) this.#tasks.get(event.task)!.work = event.work;
        return;
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
        // One of a list that is made anew goes where its type goes now.
        known.arm = event.arm;
        known.priority = event.priority;
        if (event.work !== undefined) known.work = event.work;
        known.marked = false;
        return;
      }
      case "TaskMoved": {
        const known = this.#exists(event.task, "was moved and does not exist")!;
        this.#world.demand(!isEnded(known.state), () => `t${event.task} was moved while ${known.state}`);
        known.arm = event.arm;
        known.priority = event.priority;
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
      case "RunDropped":
        for (const [seq, { run }] of this.#tasks) {
          if (run !== event.run) continue;
          const told = this.#acknowledged.has(seq);
          this.#world.demand(!told, () => `V4: t${seq} was acknowledged, and r${run} is taken back`);
          this.#tasks.delete(seq);
          this.#deleted.add(seq);
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

  #started({ task, attempt, worker }: Of<"AttemptStarted">): void {
    const { demand } = this.#world;
    const known = this.#exists(task, "was started and does not exist")!;
    demand(!this.#live.has(task), () => `V1: two attempts of t${task} are live`);
    demand(attempt === known.attempt + 1, () => `V1: t${task} goes from attempt ${known.attempt} to ${attempt}`);
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
        // What it left may be no good (`repeat`, outputs).
        const isJudged = known.definition.node?.judged === true && said === "succeeded" && outcome === "failed";
        demand(
          said === outcome || isJudged,
          () => `V6: t${key} is ${outcome}, and ${live!.worker} said ${said ?? "nothing"}`,
        );
      }
      const vanished = outcome === "lost" || error?.kind === "interrupted";
      const atMostOnce = known.definition.policy?.onLost === "fail";
      const again = atMostOnce && vanished && !isEnded(next) && this.#began.has(key);
      demand(!again, () => `V7: t${key} began, vanished (${outcome}), and is ${next} again although onLost is fail`);
    }
    this.#live.delete(task);
    this.#goes(task, next);
  }

  // --- checks ---

  /** After a turn; `state` still holds what ended in it. */
  turned(state: State, turn: Turn): void {
    const { now } = turn;
    checkInvariants(state);
    for (const rule of this.#rules) rule.turned?.(state, turn);
    this.#latest = Math.max(this.#latest, now);
    const { prng } = this.#world;
    if (prng.chance(0.1)) this.compare(state, now);
    if (prng.chance(0.3) && !this.#isLate(state, now)) checkReasons(this.#world, state, now);
  }

  /** Some worker may have been heard while the turn was being written. */
  #isLate(state: State, now: number): boolean {
    for (const worker of state.workers.values()) if (wasHeardSince(this.#world, worker, now)) return true;
    return false;
  }

  /** V5, first half. */
  compare(state: State, at: number): void {
    // Of several servers one may have let go of what had run out by its clock, which has been set back since.
    const now = this.#exact ? at : Math.max(at, this.#latest);
    demandEqual(this.#world, { "the live state": state, "its replay": this.replica }, { exact: this.#exact, now });
  }

  /** Another server decides from now on: what rules know of a server's memory means nothing any more. */
  ledAnew(): void {
    for (const rule of this.#rules) rule.restarted?.();
  }

  /** V5, second half: what the store holds is what was replayed; from now on the replica goes on from there. */
  loaded(stored: StoredState, now: number): void {
    // A clock that stepped back between two starts brings back what had run out; nothing else may differ.
    this.#latest = Math.max(this.#latest, now);
    const state = loadState(stored, now, this.#world.options.leaseMs);
    checkInvariants(state);
    demandEqual(this.#world, { "the store": state, "the replay": this.replica }, { exact: false, now: this.#latest });
    this.replica = state;
    for (const rule of this.#rules) rule.restarted?.();
  }

  /** Everything is healed and has ended. */
  end(library: Library): void {
    this.checkLibrary(library);
    for (const rule of this.#rules) rule.end?.(library);
  }

  /** What the store says of every task is what became durable; V4. */
  checkLibrary(library: Library): void {
    const { demand } = this.#world;
    for (const [seq, { state, attempt, lastWorker, marked }] of this.#tasks) {
      const stored = library.stateOf(seq);
      demand(stored === state, () => `t${seq} is ${state}, and the store says ${stored ?? "nothing"}`);
      if (state !== "succeeded" || attempt === 0 || marked || this.liars.has(lastWorker)) continue;
      const [given, kept] = [this.#results.get(`${seq}/${attempt}`), library.resultText(seq)];
      demand(given === kept, () => `V9: t${seq} gave ${given?.slice(0, 40)}, and the store has ${kept?.slice(0, 40)}`);
    }
    for (const seq of this.#acknowledged) {
      if (!this.#deleted.has(seq))
        demand(library.task(seq) !== undefined, () => `V4: t${seq} was acknowledged and is gone`);
    }
    this.#slots.check(this.replica);
    const counts = new Map<TaskState, number>();
    for (const { state } of this.#tasks.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of Object.entries(this.replica.counts)) {
      const right = counts.get(state as TaskState) ?? 0;
      demand(count === right, () => `${count} tasks are counted as ${state} instead of ${right}`);
    }
  }

  /** Tasks that have not ended, and whatever else is still to happen, in words. */
  unfinished(): string[] {
    const open = [...this.#tasks.values()].filter(({ state }) => !isEnded(state));
    return [
      ...open.map(({ seq, state }) => `t${seq} ${state}`),
      ...this.#rules.flatMap((rule) => rule.unfinished?.() ?? []),
    ];
  }
}
