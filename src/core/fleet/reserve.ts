/**
 * Who gets a worker reserved (`reservation.ts`), which one, and until when.
 *
 * RV3  A reservation begins with the first task of a lane that comes up in a placement, asks for resources and has waited for
 *      `reserveAfterMs`, while of the workers that could take it if they were empty at least one lacks something, and none
 *      can take it. So neither a gate nor its arm holds it back then. At most one of eight workers is reserved, or one; of
 *      those who ask the first of its arm comes before the others of it, and between arms who has waited longest.
 * RV4  It ends when a task of the lane starts, wherever that is; when the worker is away, or has become one that the tasks do
 *      not fit; when one that stands before it in its arm asks for a worker and gets that one; or when it is not for want of room that the
 *      first of the lane does not start, and that lasts for `KEEP_MS`, or is to last as long.
 * RV5  The worker on which least is missing is the first. When that has not been enough for a while, the reservation goes to
 *      another one on which by then all has ended that ran when it began, if there is one, and twice as long is the next
 *      while. So tasks that never end, on some of the workers, do not keep a large one waiting for ever.
 *
 * Asks each worker, but of a lane only now and then; nothing of it is in the journal: after a start, who has waited long
 * enough gets a worker in the first placement.
 */
import { named } from "../asks.ts";
import { type Arm, goesBefore, type Lane, waitedMs } from "../lane.ts";
import { needObstacle } from "../limits/gate.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { armObstacle, isSilent, lacking, unfit } from "./eligible.ts";
import { fitOf, UNFIT } from "./fit.ts";
import { endReservation } from "./fleet.ts";
import { Reservation } from "./reservation.ts";
import type { Worker } from "./worker.ts";

/** Time between two looks at all workers for a lane that gains nothing by one of its own. */
const ASK_MS = 2000;
/** Tasks for which all workers are looked at in one placement. */
const ASKED_MAX = 4;
/** How long a worker is kept for a task that something else than room holds back. */
export const KEEP_MS = 60_000;
/** How long the first worker is waited for before another one may be better. */
const PATIENCE_MS = 60_000;

/** The task is the first of its lane and fits nowhere now. True when it asks for a worker of its own. */
export function cameUp({ state, now, reserveAfterMs }: Turn, task: Task): boolean {
  const { lane } = task;
  const known = lane.reservation;
  if (known !== undefined) {
    known.isUp = true;
    known.first = task;
    known.upAt = now;
    if (now < known.since + known.patienceMs) return false;
  }
  if (lane.requires.resources === undefined || waitedMs(task, now) < reserveAfterMs) return false;
  // The worker that it might get may have been another's: who waits longest must not be late for it.
  return now >= lane.reserveAt || lane.reserveEnds !== state.fleet.reservationsEnded;
}

/** Who has asked in this placement, in the order in which they came up, waits on. One of them may get a worker. */
export function reserveOne(turn: Turn, asking: readonly Task[]): void {
  const { now } = turn;
  const arms = new Set<Arm>();
  const firsts: Task[] = [];
  for (const task of asking) {
    const { arm } = task.lane;
    if (task.state !== "queued" || arms.has(arm)) continue;
    arms.add(arm);
    firsts.push(task);
  }
  // Between arms, whoever has waited the longest: else those that always ask anew would come before it for ever.
  firsts.sort((a, b) => waitedMs(b, now) - waitedMs(a, now));
  for (const task of firsts.slice(0, ASKED_MAX)) if (reserve(turn.state, task, now)) return;
}

function reserve(state: State, task: Task, now: number): boolean {
  const { fleet, workers } = state;
  const { lane } = task;
  const known = lane.reservation;
  const isFull = known === undefined && fleet.reservations.size >= Math.max(1, Math.floor(workers.size / 8));
  if (isFull && ![...fleet.reservations].some((other) => isBehind(other, task, now))) return false;
  const worker = known === undefined ? leastMissing(state, task, now) : turnedOver(state, task, known, now);
  if (worker === undefined || (isFull && worker.reserved === undefined)) return false;
  for (const old of [known, worker.reserved]) if (old !== undefined) endReservation(fleet, old);
  const made = new Reservation(task, worker, now, known === undefined ? PATIENCE_MS : 2 * known.patienceMs);
  worker.reserved = made;
  lane.reservation = made;
  fleet.reservations.add(made);
  return true;
}

/** What another lane of the arm has is for the one that stands before it. */
function isBehind({ first }: Reservation, task: Task, now: number): boolean {
  return first.lane.arm === task.lane.arm && first.lane !== task.lane && goesBefore(task, first, now);
}

/** Ends those that mean nothing any more; a placement begins. */
export function beginReservations(state: State, now: number): void {
  for (const reservation of state.fleet.reservations) {
    const { lane, worker } = reservation;
    reservation.isUp = false;
    if (lane.queued === 0 || !isThere(worker, now) || !couldTake(state, lane, worker)) {
      endReservation(state.fleet, reservation);
    }
  }
}

/** A placement has asked everybody who can start. Ends what is kept for nobody; true when there was any. */
export function giveBack(state: State, now: number): boolean {
  let gave = false;
  for (const reservation of state.fleet.reservations) {
    if (reservation.isUp || reservation.worker.free <= 0) continue;
    const at = keptUntil(state, reservation, now);
    if (at <= now) {
      endReservation(state.fleet, reservation);
      gave = true;
    } else if (reservation.wakeAt < now) {
      reservation.wakeAt = at;
      state.timers.add(at, "gate", reservation.lane.arm);
    }
  }
  return gave;
}

/** Until when the worker is kept for a task that did not come up. */
function keptUntil(state: State, { first, lane, upAt }: Reservation, now: number): number {
  if (first.state !== "queued" || first.lane !== lane || state.flow.held.has(first)) return now;
  const obstacles = [armObstacle(lane.arm, now), ...(first.gates?.needs ?? []).map((need) => needObstacle(need, now))];
  const known = obstacles.filter((obstacle) => obstacle !== undefined);
  if (known.length === 0 || known.some(({ code }) => code === "arm_disabled")) return now;
  const last = upAt + KEEP_MS;
  return known.some((obstacle) => "until" in obstacle && (obstacle.until ?? 0) > last) ? now : last;
}

function isThere(worker: Worker, now: number): boolean {
  return !worker.gone && worker.session !== 0 && !worker.draining && !isSilent(worker, now);
}

/** Could it, if it were empty? */
function couldTake(state: State, lane: Lane, worker: Worker): boolean {
  const { requires, arm } = lane;
  if (requires.worker !== undefined) return unfit(worker, requires, arm.name) === undefined;
  return fitOf(state, lane).weights(state.fleet)[worker.place] !== UNFIT;
}

/** Workers that can be reserved for the task. */
function* choices(state: State, task: Task, now: number): Generator<Worker> {
  for (const worker of state.workers.values()) {
    if (!isThere(worker, now) || !couldTake(state, task.lane, worker)) continue;
    if (worker.reserved === undefined || isBehind(worker.reserved, task, now)) yield worker;
  }
}

/** The one where the least is missing; undefined when nothing but a slot is missing on all. */
function leastMissing(state: State, task: Task, now: number): Worker | undefined {
  const { lane } = task;
  let best: Worker | undefined;
  let least = Infinity;
  let lacks = false;
  for (const worker of choices(state, task, now)) {
    lacks ||= lacking(worker, lane.requires) !== undefined;
    const missing = missingOn(worker, lane);
    if (best !== undefined && (missing > least || (missing === least && !isEmptier(worker, best)))) continue;
    best = worker;
    least = missing;
  }
  if (lacks) return best;
  lane.reserveAt = now + ASK_MS;
  lane.reserveEnds = state.fleet.reservationsEnded;
  return undefined;
}

function isEmptier(a: Worker, b: Worker): boolean {
  const more = a.attempts.size - b.attempts.size;
  return more === 0 ? a.name < b.name : more < 0;
}

/** The largest part that is missing of any resource: 1 = all of it. */
function missingOn(worker: Worker, { requires }: Lane): number {
  let most = 0;
  for (const [resource, wanted] of Object.entries(requires.resources ?? {})) {
    const free = (named(worker.resources, resource) ?? 0) - (worker.used.get(resource) ?? 0);
    if (wanted > free) most = Math.max(most, (wanted - free) / wanted);
  }
  return most;
}

/** One where all has ended that ran when the reservation began: the one whose attempts are the newest. */
function turnedOver(state: State, task: Task, known: Reservation, now: number): Worker | undefined {
  let best: Worker | undefined;
  let newest = known.since;
  task.lane.reserveAt = now + ASK_MS;
  task.lane.reserveEnds = state.fleet.reservationsEnded;
  for (const worker of choices(state, task, now)) {
    const startedAt = oldestStart(worker);
    if (worker === known.worker || startedAt <= newest) continue;
    best = worker;
    newest = startedAt;
  }
  return best;
}

/** Attempts stand in the order in which they started; those from before a restart are first. */
function oldestStart({ attempts }: Worker): number {
  for (const { live } of attempts) return live!.startedAt;
  return Infinity;
}
