/**
 * V13  Every tick of a schedule's calendar is accounted for once and in order: fired, skipped, queued, or missed after its
 *      minute of grace. A fired tick is made exactly once, in the batch that says so. Where ticks must not overlap, no two
 *      of the calendar are active.
 */
import { isEnded, type TaskState } from "../../../src/base/words.ts";
import type { Origin } from "../../../src/core/asks.ts";
import type { Calendar } from "../../../src/core/schedules/calendar.ts";
import type { Event } from "../../../src/core/event.ts";
import type { ScheduleDefinition } from "../../../src/core/schedules/events.ts";
import type { Book, Rule } from "../book.ts";
import type { World } from "../world.ts";

/** A tick that is late by less than this was not missed. */
const GRACE_MS = 60_000;
/** Missed ticks are counted one by one up to here. */
const WALK_MAX = 5000;

interface Watched {
  definition: ScheduleDefinition;
  /** The tick of the calendar that comes next. */
  expected: number | undefined;
  lastTick: number;
  /** Ticks that wait for the one before them. */
  queued: Set<number>;
  /** Ticks that were fired, and whether their target was made. */
  fired: Map<number, "due" | "done">;
  manual: Set<number>;
  /** A task or run of it was retried: two of them may be active without anybody's fault. */
  retried: boolean;
}

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

export class ScheduleRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #calendar: Calendar;
  readonly #schedules = new Map<string, Watched>();
  /** Open runs that a schedule made. */
  readonly #runs = new Map<number, Origin>();

  constructor(world: World, book: Book, calendar: Calendar) {
    this.#world = world;
    this.#book = book;
    this.#calendar = calendar;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "ScheduleSet":
        return this.#set(event, at);
      case "ScheduleRemoved":
        this.#schedules.delete(event.schedule);
        return;
      case "ScheduleTicked":
        return this.#ticked(event, at);
      case "ScheduleFired":
        return this.#made(event);
      case "RunCreated":
        if (event.origin?.type === "schedule") this.#runs.set(event.run, event.origin);
        return;
      case "RunEnded":
        this.#runs.delete(event.run);
        return;
      case "TaskReopened": {
        const origin = event.asks?.origin;
        if (origin?.type === "schedule") this.#retried(origin.schedule);
        return;
      }
      case "RunReopened":
        for (const name of this.#schedules.keys()) this.#retried(name);
        return;
      default:
    }
  }

  #retried(schedule: string): void {
    const watched = this.#schedules.get(schedule);
    if (watched !== undefined) watched.retried = true;
  }

  #set(definition: Of<"ScheduleSet">, at: number): void {
    const { nextAt } = definition;
    const { schedule, rule, paused } = definition;
    const known = this.#schedules.get(schedule);
    const lastTick = known?.lastTick ?? -Infinity;
    if (!paused) {
      // A tick that is already overdue may be kept; one that is still to come must be.
      const next = this.#calendar.next(rule, Math.max(at, lastTick));
      const isKept = next === undefined ? nextAt === undefined || nextAt <= at : nextAt !== undefined && nextAt <= next;
      this.#world.demand(isKept, () => `V13: ${schedule} is set and waits for ${nextAt}, and ${next} comes before`);
    }
    this.#schedules.set(schedule, {
      definition,
      expected: nextAt,
      lastTick,
      queued: known?.queued ?? new Set(),
      fired: known?.fired ?? new Map(),
      manual: known?.manual ?? new Set(),
      retried: known?.retried ?? false,
    });
  }

  #ticked(event: Of<"ScheduleTicked">, at: number): void {
    const { demand } = this.#world;
    const { schedule, tick, action, manual } = event;
    const watched = this.#schedules.get(schedule);
    demand(watched !== undefined, () => `V13: ${schedule} ticks and does not exist`);
    const { queued, fired, definition } = watched!;
    const wasQueued = queued.delete(tick);
    if (manual !== undefined) watched!.manual.add(tick);
    else if (!wasQueued) this.#inOrder(watched!, event, at);
    if (action === "queued") queued.add(tick);
    if (action !== "fired") return;
    demand(!fired.has(tick), () => `V13: ${schedule} fires ${tick} twice`);
    const { overlap } = definition;
    if (manual === undefined && !watched!.retried && overlap !== "allow" && overlap !== "cancel_previous") {
      const active = this.#active(schedule, watched!);
      demand(active === 0, () => `V13: ${schedule} fires ${tick} with overlap ${overlap} while ${active} are active`);
    }
    fired.set(tick, "due");
  }

  /** The next tick of the calendar, or several that were missed together. */
  #inOrder(watched: Watched, event: Of<"ScheduleTicked">, at: number): void {
    const { demand } = this.#world;
    const { schedule, tick, action, count = 1, nextAt } = event;
    const { rule, catchUp, jitterMs, overlap } = watched.definition;
    demand(watched.expected !== undefined, () => `V13: ${schedule} ticks at ${tick}, and none was to come`);
    let last = watched.expected!;
    let seen = 1;
    while (last < tick && seen < WALK_MAX) {
      const next = this.#calendar.next(rule, last);
      if (next === undefined) break;
      last = next;
      seen++;
    }
    if (seen < WALK_MAX) {
      demand(
        last === tick && seen === count,
        () =>
          `V13: ${schedule} ${action} ${count} until ${tick}; from ${watched.expected} on there are ${seen} until ${last}`,
      );
    }
    const lateMs = at - tick;
    if (action === "missed") {
      // More than can wait for one another are let go as well.
      const isFull = overlap === "queue_all" && watched.queued.size >= 1000;
      demand(isFull || lateMs >= GRACE_MS, () => `V13: ${schedule} misses ${tick}, late by ${lateMs} ms`);
    } else {
      demand(lateMs >= 0, () => `V13: ${schedule} ticks ${-lateMs} ms before ${tick}`);
      const isCaughtUp = catchUp.policy !== "none" && lateMs <= catchUp.windowMs + jitterMs + GRACE_MS;
      const isInTime = lateMs <= GRACE_MS + jitterMs;
      demand(isInTime || isCaughtUp, () => `V13: ${schedule} ${action} ${tick}, late by ${lateMs} ms`);
    }
    watched.lastTick = tick;
    watched.expected = this.#calendar.next(rule, tick);
    demand(
      nextAt === undefined || nextAt === (watched.expected ?? null),
      () => `V13: ${schedule} waits for ${nextAt} after ${tick}, and ${watched.expected} comes next`,
    );
  }

  /** Ticks of the calendar whose task or run is not there yet or has not ended. */
  #active(schedule: string, { fired, manual }: Watched): number {
    const counts = (origin: Origin | undefined): boolean =>
      origin?.type === "schedule" && origin.schedule === schedule && !manual.has(origin.tick);
    let active = 0;
    for (const [tick, state] of fired) if (state === "due" && !manual.has(tick)) active++;
    for (const { asks, state } of this.#book.tasks.values()) if (!isEnded(state) && counts(asks?.origin)) active++;
    for (const origin of this.#runs.values()) if (counts(origin)) active++;
    return active;
  }

  #made({ schedule, tick, made, reason }: Of<"ScheduleFired">): void {
    const { demand } = this.#world;
    // The schedule may have been removed meanwhile.
    const watched = this.#schedules.get(schedule);
    if (watched === undefined) return;
    demand(
      watched.fired.get(tick) === "due",
      () => `V13: ${schedule} makes ${tick}, which is ${watched.fired.get(tick)}`,
    );
    // What made nothing may be caught up on by a person.
    if (made === undefined) watched.fired.delete(tick);
    else watched.fired.set(tick, "done");
    demand(
      made !== undefined || reason !== undefined,
      () => `V13: ${schedule} makes nothing of ${tick}, for no reason`,
    );
    if (made === undefined) return;
    const origin = "task" in made ? this.#book.tasks.get(made.task)?.asks?.origin : this.#runs.get(made.run);
    const isRight = origin?.type === "schedule" && origin.schedule === schedule && origin.tick === tick;
    // A run without tasks has ended by now, and a unique key may have answered with another's task.
    const isUnknown =
      "run" in made ? origin === undefined : this.#book.tasks.get(made.task)?.asks?.unique !== undefined;
    demand(
      isRight || isUnknown,
      () => `V13: ${schedule} made ${JSON.stringify(made)} of ${tick}, which says ${JSON.stringify(origin)}`,
    );
  }

  /** Schedules that have something to do yet, in words. */
  unfinished(): string[] {
    return [...this.#schedules].flatMap(([name, { definition, expected, queued, fired }]) => [
      ...(expected !== undefined && !definition.paused ? [`${name} ticks at ${expected}`] : []),
      ...(definition.paused ? [] : [...queued].map((tick) => `${name} has ${tick} queued`)),
      ...[...fired].filter(([, state]) => state === "due").map(([tick]) => `${name} has not made ${tick}`),
    ]);
  }
}
