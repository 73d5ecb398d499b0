/**
 * One turn: the commands decided together, the events they cause, and what must be sent once these are durable. Each
 * event is applied as it is emitted, so that the next decision sees it.
 */
import type { Placement } from "../base/words.ts";
import { apply } from "./apply.ts";
import type { Calendar } from "./schedules/calendar.ts";
import type { EndedTask } from "./command.ts";
import { duesOf } from "./flow/callbacks.ts";
import type { Event } from "./event.ts";
import type { State } from "./state.ts";

/** How workers are chosen for tasks; absent: as the settings do when nobody has set them. */
export interface Placing {
  /** Where the task does not say. */
  readonly policy?: Placement | undefined;
  /** A task with large needs that has waited for so long gets a worker reserved; Infinity = none ever does. */
  readonly reserveAfterMs?: number | undefined;
}

/** An order to the shell around core, carried out after the append. Assignments follow from `AttemptStarted` events. */
export type Effect =
  | { type: "CloseWorker"; worker: string; session: number }
  | { type: "CancelAttempt"; worker: string; task: number; attempt: number; reason: "cancelled" | "lost" };

export class Turn {
  readonly state: State;
  /** Epoch milliseconds; the same for everything that this turn decides. */
  readonly now: number;
  /** How long a silent worker keeps its attempts, in milliseconds. */
  readonly leaseMs: number;
  readonly calendar: Calendar;
  readonly placement: Placement;
  readonly reserveAfterMs: number;
  /** Ticks of schedules that this turn has decided. */
  ticks = 0;
  /** Tasks that were opened again in this turn, as they had ended: what the store says of them is about that time. */
  reopened: Map<number, EndedTask> | undefined = undefined;
  readonly events: Event[] = [];
  readonly effects: Effect[] = [];

  constructor(state: State, now: number, leaseMs: number, calendar: Calendar, placing: Placing = {}) {
    this.state = state;
    this.now = now;
    this.leaseMs = leaseMs;
    this.calendar = calendar;
    this.placement = placing.policy ?? "spread";
    this.reserveAfterMs = placing.reserveAfterMs ?? 30_000;
  }

  emit(event: Event): void {
    apply(this.state, event, this.now);
    this.events.push(event);
    if (this.state.flow.watched.size === 0) return;
    for (const due of duesOf(this.state, event)) this.emit(due);
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }
}
