/**
 * Hands ready tasks to free slots. Between arms the slots are shared by weight; within an arm the highest rank goes first,
 * then the oldest, keys in turn (`lane.ts`, `group.ts`); which of the workers that fit, `candidates.ts` says.
 *
 * An arm that has fewer running than its whole share of all slots goes first. Beyond that, starts are counted: each moves
 * the arm's `pass` on by 1 / weight, and the lowest pass is next. So long tasks of one arm cannot take all slots from
 * another, and of what is left each arm gets starts by its weight.
 *
 * P1  No arm, key, mutex, rate or quota is over its limit, no worker over its slots or resources, no unit of one over the
 *     whole of it, and no two tasks that are to be apart are on one worker, at any instant.
 * P2  A task that fits nowhere now holds up its own lane only, until it has waited so long that a worker is reserved for it
 *     (`reservation.ts`); one that waits for a gate holds up nobody.
 * P3  The cost of a start depends on the number of arms and on the logarithm of the numbers of lanes, keys and workers that
 *     have room; that of a placement on those numbers; neither on how many tasks wait or how many workers are busy. Tasks
 *     that want to be spread or packed look at each worker that has room.
 */
import type { Arm, Entry, Lane } from "../lane.ts";
import { wakeParked } from "../limits/group.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Timers } from "../timers.ts";
import type { Turn } from "../turn.ts";
import { Candidates } from "./candidates.ts";
import { armObstacle } from "./eligible.ts";
import { fitOf, UNFIT } from "./fit.ts";
import { endReservation, openWorkers, slotsOf } from "./fleet.ts";
import { admissionOf } from "../limits/admitted.ts";
import { ArmLine, taskOf, type Ways } from "./line.ts";
import { beginReservations, cameUp, giveBack, reserveOne } from "./reserve.ts";
import { chooseUnits } from "./units.ts";
import type { Worker } from "./worker.ts";

/** Starts attempts until nothing more fits or `limit` have been started; says how many were. */
export function place(turn: Turn, limit: number): number {
  const { state, now } = turn;
  const { reservations } = state.fleet;
  if (reservations.size > 0) beginReservations(state, now);
  if (!state.armOrder.some(({ queued }) => queued > 0)) return 0;
  const asking: Task[] = [];
  let placed = 0;
  let again: boolean;
  do {
    const free = openWorkers(state, now);
    if (free.length === 0) break;
    const round = new Round(turn, free, asking);
    // A task that is parked may wake one of an arm that had nothing to start a moment ago: then all are asked again.
    do {
      round.begin();
      while (placed < limit && round.room > 0 && round.startOne()) placed++;
    } while (round.woke && placed < limit && round.room > 0);
    // Those who were turned away from a worker that is free again are asked once more.
    again = placed < limit && (round.ended || (reservations.size > 0 && giveBack(state, now)));
  } while (again);
  if (asking.length > 0) reserveOne(turn, asking);
  return placed;
}

/** So few workers are asked of each lane of an arm with more lanes than this before its first task is looked at. */
const FEW = 4;
const MANY = 4;

class Round implements Ways {
  readonly #turn: Turn;
  readonly timers: Timers;
  readonly now: number;
  readonly #free: readonly Worker[];
  /** How many workers have room. */
  room: number;
  /** What each lane that came up so far can choose from; undefined = its first task fits on no worker that is free. */
  readonly #candidates = new Map<Lane, Candidates | undefined>();
  /** Arms that may have something to start. */
  #arms: ArmLine[] = [];
  /** Whole slots of each of them, when there are several. */
  #shares: number[] = [];
  /** Something that was parked may go since the round began. */
  woke = false;
  /** A worker is reserved no longer. */
  ended = false;
  /** Those that fit nowhere and ask for a worker of their own. */
  readonly asking: Task[];

  constructor(turn: Turn, free: readonly Worker[], asking: Task[]) {
    this.asking = asking;
    this.#turn = turn;
    this.timers = turn.state.timers;
    this.now = turn.now;
    this.#free = free;
    this.room = free.length;
  }

  begin(): void {
    const { state, now } = this.#turn;
    this.woke = false;
    this.#arms = [];
    for (const arm of state.armOrder) {
      if (arm.queued === 0) continue;
      const obstacle = armObstacle(arm, now);
      if (obstacle === undefined) this.#arms.push(new ArmLine(arm, this));
      else if (obstacle.code === "arm_rate") awaitRate(state, arm, obstacle.until);
    }
    // Whoever had nothing to start for a while has no claim on the starts that it left to others.
    for (const { arm } of this.#arms) arm.pass = Math.max(arm.pass, state.placement);
    if (this.#arms.length > 1) this.#shares = sharesOf(state, this.#arms);
  }

  /** Starts the task that is next; false when there is none that can. */
  startOne(): boolean {
    const { state, now } = this.#turn;
    for (;;) {
      const at = this.#nextArm();
      const line = this.#arms[at];
      if (line === undefined) return false;
      const { arm } = line;
      const started = this.#startIn(line);
      if (started) {
        state.placement = Math.max(state.placement, this.#lowestPass());
        arm.pass += 1 / arm.settings.weight;
      }
      const obstacle = armObstacle(arm, now);
      if (obstacle?.code === "arm_rate") awaitRate(state, arm, obstacle.until);
      if (!started || arm.queued === 0 || obstacle !== undefined) this.#drop(at);
      if (started) return true;
    }
  }

  #nextArm(): number {
    const arms = this.#arms;
    if (arms.length <= 1) return arms.length - 1;
    let best = 0;
    for (let at = 1; at < arms.length; at++) if (this.#precedes(at, best)) best = at;
    return best;
  }

  #lowestPass(): number {
    let lowest = Infinity;
    for (const { arm } of this.#arms) if (arm.pass < lowest) lowest = arm.pass;
    return lowest;
  }

  #precedes(a: number, b: number): boolean {
    const { arm: armA } = this.#arms[a]!;
    const { arm: armB } = this.#arms[b]!;
    const short = armA.active < this.#shares[a]!;
    if (short !== armB.active < this.#shares[b]!) return short;
    return armA.pass < armB.pass;
  }

  #drop(at: number): void {
    this.#arms.splice(at, 1);
    this.#shares.splice(at, 1);
  }

  #startIn(line: ArmLine): boolean {
    const turn = this.#turn;
    for (;;) {
      const entry = this.#nextEntry(line);
      if (entry === undefined) return false;
      const task = taskOf(entry);
      const candidates = this.#candidatesFor(task.lane);
      const worker = candidates?.pick(task);
      if (worker === undefined) {
        this.#candidates.set(task.lane, undefined);
        if (task.lane.charges && cameUp(turn, task)) this.asking.push(task);
        line.drop();
        continue;
      }
      const { requires } = task.lane;
      const units = requires.resources === undefined ? undefined : chooseUnits(worker, requires);
      const { seq } = task;
      const admittedAt = admissionOf(turn.state, task);
      turn.emit({
        type: "AttemptStarted",
        task: seq,
        attempt: task.attempt + 1,
        worker: worker.name,
        admittedAt,
        units,
      });
      if (task.run !== undefined && !task.run.started) turn.emit({ type: "RunStarted", run: task.run.seq });
      const { reservation } = task.lane;
      if (reservation !== undefined) {
        endReservation(turn.state.fleet, reservation);
        this.ended = true;
      }
      line.started();
      candidates!.started(worker);
      if (worker.free <= 0) this.room--;
      return true;
    }
  }

  /** What is to start next in this arm, lanes that are stuck left out. */
  #nextEntry(line: ArmLine): Entry | undefined {
    const { state, now } = this.#turn;
    const { gates } = state.limits;
    for (;;) {
      if (gates.stirred.length > 0 && wakeParked(gates, state.timers, now)) this.woke = true;
      const first = line.first();
      // Whoever was parked on the way may have left room for another.
      if (first !== undefined || gates.stirred.length === 0) return first;
    }
  }

  #candidatesFor(lane: Lane): Candidates | undefined {
    let candidates = this.#candidates.get(lane);
    if (candidates === undefined) {
      candidates = new Candidates(this.#turn, lane, this.#free);
      this.#candidates.set(lane, candidates);
    }
    return candidates;
  }

  isStuck(lane: Lane): boolean {
    const known = this.#candidates;
    if (known.size > 0 && known.get(lane) === undefined && known.has(lane)) return true;
    return this.#free.length <= FEW && lane.arm.lanes.length > MANY && !this.#fitsFew(lane);
  }

  /** With few workers that have room, most lanes fit on none of them when there are many. */
  #fitsFew(lane: Lane): boolean {
    const { state } = this.#turn;
    const { worker: wanted } = lane.requires;
    if (wanted !== undefined) return this.#free.some(({ name }) => name === wanted);
    const weights = fitOf(state, lane).weights(state.fleet);
    for (const { place: at } of this.#free) if (weights[at] !== UNFIT) return true;
    return false;
  }
}

/** How many slots each arm may call its own: the whole part of its share, by weight. */
function sharesOf(state: State, arms: readonly ArmLine[]): number[] {
  const slots = slotsOf(state);
  const weights = arms.reduce((sum, { arm }) => sum + arm.settings.weight, 0);
  return arms.map(({ arm }) => Math.floor((slots * arm.settings.weight) / weights));
}

/** There will be a turn when the rate of the arm lets a task through. */
function awaitRate(state: State, arm: Arm, until: number): void {
  if (arm.wakeAt !== 0 && arm.wakeAt <= until) return;
  arm.wakeAt = until;
  state.timers.add(until, "gate", arm);
}
