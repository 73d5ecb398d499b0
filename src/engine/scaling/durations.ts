/**
 * How long tasks take, lane by lane: a moving average over the attempts that ended well. In memory only, and bounded: it
 * is a guess for sizing pools, and a fresh start learns it again within a few tasks.
 */
import type { Event } from "../../core/event.ts";
import type { Lane } from "../../core/lane.ts";
import type { State } from "../../core/state.ts";

/** Weight of the newest. */
const NEWEST = 0.1;
const LANES_MAX = 10_000;

export class Durations {
  readonly #byLane = new Map<string, number>();

  /** Called for every event of a turn, before what has ended is forgotten. */
  follow(event: Event, state: State, now: number): void {
    if (event.type !== "AttemptEnded" || event.outcome !== "succeeded") return;
    const lane = state.tasks.get(event.task)?.lane;
    if (lane !== undefined) this.#add(lane.key, event.durationMs ?? Math.max(0, now - event.startedAt));
  }

  /** Undefined while nothing of it has ended. */
  of(lane: Lane): number | undefined {
    return this.#byLane.get(lane.key);
  }

  #add(key: string, ms: number): void {
    const before = this.#byLane.get(key);
    if (before === undefined && this.#byLane.size >= LANES_MAX) {
      for (const oldest of this.#byLane.keys()) {
        this.#byLane.delete(oldest);
        break;
      }
    }
    this.#byLane.set(key, before === undefined ? ms : before + NEWEST * (ms - before));
  }
}
