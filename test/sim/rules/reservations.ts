/**
 * V45  On a worker that is kept free for a task nothing starts but what stands before that in its arm, and what leaves it its
 *      room: once all has ended that ran there before, the task fits, or one that stood before it is there. And whoever fits
 *      on a worker that is kept free for it has started.
 *
 * Judged at the end of a turn from what runs, by `placement-judge.ts`; that somebody gets a worker in time, and that this is
 * enough among small tasks without end, is judged in `reservation.test.ts`.
 */
import type { Reservation } from "../../../src/core/fleet/reservation.ts";
import { goesBefore, rankOf } from "../../../src/core/lane.ts";
import type { State } from "../../../src/core/state.ts";
import type { Task } from "../../../src/core/task.ts";
import type { Turn } from "../../../src/core/turn.ts";
import type { Rule } from "../book.ts";
import { mayTake } from "../placement-judge.ts";
import type { World } from "../world.ts";

/** What ran on the worker when the reservation was seen first, and what stood before the task for which it is. */
interface Seen {
  before: Set<Task>;
  ahead: Set<Task>;
}

export class ReservationRule implements Rule {
  readonly #world: World;
  #seen = new Map<Reservation, Seen>();

  constructor(world: World) {
    this.#world = world;
  }

  judge(): void {}

  restarted(): void {
    this.#seen.clear();
  }

  turned(state: State, turn: Turn): void {
    const seen = new Map<Reservation, Seen>();
    for (const reservation of state.fleet.reservations) {
      const known = this.#seen.get(reservation);
      if (known === undefined) this.#world.count("workers reserved");
      // One that is new was made at the end of the turn: all that runs there ran before.
      seen.set(reservation, known ?? { before: new Set(reservation.worker.attempts), ahead: new Set() });
      if (known !== undefined) this.#judge(reservation, known, turn.now);
    }
    for (const reservation of this.#seen.keys()) {
      if (seen.has(reservation)) continue;
      const { first, worker } = reservation;
      const what = first.live?.worker === worker ? "starts on workers kept free" : "workers given back otherwise";
      this.#world.count(what);
    }
    this.#seen = seen;
  }

  #judge({ first, lane, worker, isUp }: Reservation, known: Seen, now: number): void {
    const { demand } = this.#world;
    const running = [...worker.attempts];
    const since = running.filter((task) => !known.before.has(task));
    for (const task of since) if (standsBefore(task, first, now)) known.ahead.add(task);
    const guests = since.filter((task) => !known.ahead.has(task));
    if (guests.length > 0) this.#world.count("guests on workers kept free");
    const leavesRoom = mayTake(worker, lane, guests) && guests.length < worker.slots;
    demand(leavesRoom, () => `V45: ${worker.name} is kept free for t${first.seq}, and ${names(guests)} are in its way`);
    const fits = isUp && mayTake(worker, lane, running) && running.length < worker.slots;
    demand(!fits, () => `V45: ${worker.name} is kept free for t${first.seq}, which could start there`);
  }
}

/** Of equal rank, keys take turns: those are not told apart here. */
function standsBefore(task: Task, first: Task, now: number): boolean {
  if (task.lane.arm !== first.lane.arm) return false;
  return rankOf(task, now) >= rankOf(first, now) || goesBefore(task, first, now);
}

function names(tasks: readonly Task[]): string {
  return tasks.map(({ seq }) => `t${seq}`).join(", ");
}
