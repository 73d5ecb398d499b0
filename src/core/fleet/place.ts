/**
 * Hands ready tasks to free slots. Between arms the slots are shared by weight; within an arm the highest rank goes first,
 * then the oldest, keys in turn (`lane.ts`, `group.ts`); among the workers that fit, the one with the largest free share.
 *
 * An arm that has fewer running than its whole share of all slots goes first. Beyond that, starts are counted: each moves
 * the arm's `pass` on by 1 / weight, and the lowest pass is next. So long tasks of one arm cannot take all slots from
 * another, and of what is left each arm gets starts by its weight.
 *
 * P1  No arm, key, mutex, rate or quota is over its limit, no worker over its slots or resources, at any instant.
 * P2  A task that fits nowhere now holds up its own lane only; one that waits for a gate holds up nobody.
 * P3  The cost depends on the number of lanes, arms and workers, and on the logarithm of the number of keys, never on the
 *     number of tasks that wait.
 */
import { armObstacle, lacking, unavailable, unfit } from "./eligible.ts";
import { TaskGroup, wakeParked } from "../limits/group.ts";
import { type Arm, type Entry, goesBefore, type Lane } from "../lane.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import type { Worker } from "./worker.ts";

/** Starts attempts until nothing more fits or `limit` have been started; says how many were. */
export function place(turn: Turn, limit: number): number {
  const { state } = turn;
  const free = [...state.workers.values()].filter((worker) => unavailable(worker) === undefined);
  if (free.length === 0) return 0;
  const round = new Round(turn, free);
  let placed = 0;
  // A task that is parked may wake one of an arm that had nothing to start a moment ago: then all are asked again.
  do {
    round.begin();
    while (placed < limit && free.length > 0 && round.startOne()) placed++;
  } while (round.woke && placed < limit && free.length > 0);
  return placed;
}

class Round {
  readonly #turn: Turn;
  readonly #free: Worker[];
  /** Lanes whose first task fits on no worker that is free. */
  readonly #stuck = new Set<Lane>();
  /** Arms that may have something to start. */
  #arms: Arm[] = [];
  /** Whole slots of each of them, when there are several. */
  #shares: number[] = [];
  /** Something that was parked may go since the round began. */
  woke = false;

  constructor(turn: Turn, free: Worker[]) {
    this.#turn = turn;
    this.#free = free;
  }

  begin(): void {
    const { state, now } = this.#turn;
    this.woke = false;
    this.#arms = [];
    for (const arm of state.armOrder) {
      if (arm.queued === 0) continue;
      const obstacle = armObstacle(arm, now);
      if (obstacle === undefined) this.#arms.push(arm);
      else if (obstacle.code === "arm_rate") awaitRate(state, arm, obstacle.until);
    }
    // Whoever had nothing to start for a while has no claim on the starts that it left to others.
    for (const arm of this.#arms) arm.pass = Math.max(arm.pass, state.placement);
    if (this.#arms.length > 1) this.#shares = sharesOf(state, this.#arms);
  }

  /** Starts the task that is next; false when there is none that can. */
  startOne(): boolean {
    const { state, now } = this.#turn;
    for (;;) {
      const at = this.#nextArm();
      const arm = this.#arms[at];
      if (arm === undefined) return false;
      const started = this.#startIn(arm);
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
    for (const { pass } of this.#arms) if (pass < lowest) lowest = pass;
    return lowest;
  }

  #precedes(a: number, b: number): boolean {
    const armA = this.#arms[a]!;
    const armB = this.#arms[b]!;
    const short = armA.active < this.#shares[a]!;
    if (short !== armB.active < this.#shares[b]!) return short;
    return armA.pass < armB.pass;
  }

  #drop(at: number): void {
    this.#arms.splice(at, 1);
    this.#shares.splice(at, 1);
  }

  #startIn(arm: Arm): boolean {
    const turn = this.#turn;
    for (;;) {
      const entry = this.#nextEntry(arm);
      if (entry === undefined) return false;
      const task = entry instanceof TaskGroup ? entry.head() : entry;
      const worker = roomiest(this.#free, task);
      if (worker === undefined) {
        this.#stuck.add(task.lane);
        continue;
      }
      turn.emit({ type: "AttemptStarted", task: task.seq, attempt: task.attempt + 1, worker: worker.name });
      if (task.run !== undefined && !task.run.started) turn.emit({ type: "RunStarted", run: task.run.seq });
      if (worker.free <= 0) this.#free.splice(this.#free.indexOf(worker), 1);
      return true;
    }
  }

  /** What is to start next in this arm, lanes that are stuck left out. */
  #nextEntry(arm: Arm): Entry | undefined {
    const { state, now } = this.#turn;
    const { gates } = state.limits;
    for (;;) {
      if (gates.stirred.length > 0 && wakeParked(gates, state.timers, now)) this.woke = true;
      let best: Entry | undefined;
      for (const lane of arm.lanes) {
        if (lane.queued === 0 || this.#stuck.has(lane)) continue;
        const entry = lane.head(state.timers, now);
        if (entry !== undefined && (best === undefined || goesBefore(entry, best, now))) best = entry;
      }
      // Whoever was parked on the way may have left room for another.
      if (best !== undefined || gates.stirred.length === 0) return best;
    }
  }
}

/** How many slots each arm may call its own: the whole part of its share, by weight. */
function sharesOf(state: State, arms: readonly Arm[]): number[] {
  let slots = 0;
  for (const worker of state.workers.values()) if (worker.session !== 0 && !worker.draining) slots += worker.slots;
  const weights = arms.reduce((sum, { settings }) => sum + settings.weight, 0);
  return arms.map(({ settings }) => Math.floor((slots * settings.weight) / weights));
}

/** There will be a turn when the rate of the arm lets a task through. */
function awaitRate(state: State, arm: Arm, until: number): void {
  if (arm.wakeAt !== 0 && arm.wakeAt <= until) return;
  arm.wakeAt = until;
  state.timers.add(until, "gate", arm);
}

function roomiest(free: readonly Worker[], task: Task): Worker | undefined {
  const { requires } = task.lane;
  let best: Worker | undefined;
  let bestShare = 0;
  for (const worker of free) {
    if (unfit(worker, requires) !== undefined || lacking(worker, requires) !== undefined) continue;
    const share = worker.free / worker.slots;
    if (share > bestShare) {
      best = worker;
      bestShare = share;
    }
  }
  return best;
}
