/**
 * What follows from a turn that is durable: the feed, those who wait, and, where this server leads, what is begun because
 * of it: callbacks, ticks, plans, graphs, messages to workers.
 */
import { isEnded } from "../base/words.ts";
import type { Event } from "../core/event.ts";
import type { Turn } from "../core/turn.ts";
import type { Callbacks } from "./callbacks.ts";
import type { Feed } from "./feed.ts";
import type { Graph } from "./graph/graph.ts";
import type { ArmHistories } from "./metrics/history.ts";
import type { EngineMetrics } from "./metrics/metrics.ts";
import type { Plans } from "./plans.ts";
import type { Retention } from "./retention.ts";
import type { Scaling } from "./scaling/scaling.ts";
import type { Schedules } from "./schedules.ts";
import { tell } from "./tell.ts";
import type { Turns } from "./turns.ts";
import type { Waits } from "./waits.ts";
import type { WorkCache } from "./work-cache.ts";
import type { Workers } from "./workers.ts";

export interface TurnParts {
  turns: Turns;
  feed: Feed;
  waits: Waits;
  works: WorkCache;
  workers: Workers;
  schedules: Schedules;
  callbacks: Callbacks;
  graph: Graph;
  plans: Plans;
  retention: Retention;
  scaling: Scaling;
  metrics: EngineMetrics;
  histories: ArmHistories;
}

export class AfterTurn {
  readonly #parts: TurnParts;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** A turn that was decided here. */
  led(turn: Turn): void {
    const { workers, scaling, plans, graph } = this.#parts;
    for (const event of turn.events) {
      this.#tell(event, turn, true);
      plans.follow(event, turn.state);
      graph.follow(event, turn.state);
      this.#settle(event, true);
    }
    scaling.appended(turn);
    this.#count(turn);
    workers.carryOut(turn);
  }

  /** A turn of another server. */
  followed(turn: Turn): void {
    for (const event of turn.events) {
      this.#tell(event, turn, false);
      this.#settle(event, false);
    }
    this.#count(turn);
  }

  /** Those who wait for what is not there (any more) need not wait. */
  wakeGone(): void {
    const { waits, turns } = this.#parts;
    waits.wakeGone(({ kind, seq }) => turns.state[kind].get(seq) !== undefined);
  }

  #count(turn: Turn): void {
    const { metrics, histories } = this.#parts;
    metrics.appended(turn);
    histories.appended(turn.state, turn.now);
  }

  #tell(event: Event, turn: Turn, leads: boolean): void {
    const { feed, schedules } = this.#parts;
    tell(feed, event, turn);
    schedules.ticks.follow(event, leads);
  }

  /** Wakes who waits for it. The work of tasks is kept, and what is outside is begun, by the server that leads alone. */
  #settle(event: Event, leads: boolean): void {
    const { works, workers, waits, callbacks, retention } = this.#parts;
    switch (event.type) {
      case "TaskSubmitted":
        if (isEnded(event.state)) return this.#taskEnded(event.task);
        return leads ? works.add(event.task, event.work) : undefined;
      case "AttemptEnded":
        workers.attemptEnded(event.task);
        return isEnded(event.next) ? this.#taskEnded(event.task) : undefined;
      case "TaskEnded":
        return this.#taskEnded(event.task);
      case "TaskPrepared":
      case "TaskReplaced":
        if (!leads || event.work === undefined) return;
        works.forget(event.task);
        return works.add(event.task, event.work);
      case "CallbackDue":
        return leads ? callbacks.send(event.due) : undefined;
      case "RunEnded":
        return waits.wake(`r${event.run}`);
      case "RunDropped":
        return this.wakeGone();
      case "TasksDeleted":
        return leads ? undefined : retention.follow(event.tasks);
      default:
    }
  }

  #taskEnded(task: number): void {
    const { works, waits } = this.#parts;
    works.forget(task);
    if (waits.any) waits.wake(`t${task}`);
  }
}
