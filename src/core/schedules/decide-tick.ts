/**
 * What the time asks of schedules: ticks come, are late or were missed, and wait for one another.
 *
 * TI1  A tick is late, and no more than that, for LATE_MS after its last moment: a restart, or a loop that was held up,
 *      loses nothing. Later than that it was missed, and `catchUp` says what becomes of it.
 * TI2  The cost of ticks that were missed depends on how many are caught up, not on how many there were.
 * TI3  One turn decides a bounded number of ticks; the rest follows in the next.
 */
import { cancelActive } from "./cancel-active.ts";
import type { ScheduleTicked } from "./events.ts";
import { CATCH_UP_WORDS, isBusy, type Manual, type Schedule } from "./schedule.ts";
import { taskId } from "../task.ts";
import type { Turn } from "../turn.ts";

/** How late a tick may be without being missed. */
const LATE_MS = 60_000;
/** Ticks decided in one turn. */
const TICKS_PER_TURN = 500;
/** What looking back at missed ticks counts for, in ticks: it costs as much. */
const LOOK_BACK = 50;
/** Missed ticks that are counted; more are "at least". */
const COUNT_MAX = 10_000;
/** Ticks that may wait for one another; beyond them they are missed. */
export const QUEUE_MAX = 1000;

/** The timer of a schedule went off. It may have been set for a tick that has come since. */
export function scheduleDue(turn: Turn, schedule: Schedule): void {
  if (turn.state.schedules.byName.get(schedule.name) === schedule) comeDue(turn, schedule);
}

/** Decides every tick of the schedule that is due. */
export function comeDue(turn: Turn, schedule: Schedule): void {
  if (schedule.wakeAt > turn.now) return;
  if (turn.ticks >= TICKS_PER_TURN) return later(turn, schedule);
  lookBack(turn, schedule);
  while (schedule.wakeAt <= turn.now) {
    if (turn.ticks >= TICKS_PER_TURN) return later(turn, schedule);
    const tick = schedule.nextAt;
    come(turn, schedule, tick, turn.calendar.next(schedule.rule, tick) ?? null);
  }
}

function later(turn: Turn, schedule: Schedule): void {
  turn.state.timers.add(turn.now + 1, "schedule", schedule);
}

/** Lets the missed ticks go that are not to be caught up, as one event. */
function lookBack(turn: Turn, schedule: Schedule): void {
  const { calendar, now } = turn;
  const { rule, nextAt, catchUp } = schedule;
  const lateUntil = now - LATE_MS - schedule.jitterMs;
  if (nextAt > lateUntil || nextAt <= schedule.caughtUpTo) return;
  turn.ticks += LOOK_BACK;
  const last = calendar.previous(rule, lateUntil, nextAt - 1) ?? nextAt;
  const first = firstCaughtUp(turn, schedule, last);
  schedule.caughtUpTo = last;
  if (first === nextAt) return;
  const missed = first === undefined ? last : (calendar.previous(rule, first - 1, nextAt - 1) ?? nextAt);
  const [count, isAll] = countTicks(turn, schedule, missed);
  const reason = `${CATCH_UP_WORDS[catchUp.policy]}${isAll ? "" : `; there were more than ${COUNT_MAX}`}`;
  tell(turn, schedule, missed, "missed", { count, reason, nextAt: first ?? calendar.next(rule, last) ?? null });
}

/** The first of the missed ticks up to `last` that is caught up. */
function firstCaughtUp({ calendar, now }: Turn, { rule, nextAt, catchUp }: Schedule, last: number): number | undefined {
  const from = Math.max(nextAt, now - catchUp.windowMs);
  if (catchUp.policy === "none" || last < from) return undefined;
  let first = last;
  const most = catchUp.policy === "latest" ? 1 : catchUp.max;
  for (let taken = 1; taken < most; taken++) {
    const before = calendar.previous(rule, first - 1, from - 1);
    if (before === undefined) break;
    first = before;
  }
  return first;
}

/** How many ticks there are from the next one until `last`, and whether that is all. */
function countTicks({ calendar }: Turn, { rule, nextAt }: Schedule, last: number): [number, boolean] {
  const { everyMs, excludeDays, blackouts } = rule;
  if (everyMs !== undefined && excludeDays === undefined && blackouts === undefined)
    return [Math.round((last - nextAt) / everyMs) + 1, true];
  let count = 1;
  for (let tick: number | undefined = nextAt; tick !== undefined && tick < last; count++) {
    if (count === COUNT_MAX) return [count, false];
    tick = calendar.next(rule, tick);
  }
  return [count, true];
}

/** A tick has come: what becomes of it depends on what is active. */
function come(turn: Turn, schedule: Schedule, tick: number, nextAt: number | null): void {
  const { schedules } = turn.state;
  if (schedule.overlap === "allow" || !isBusy(schedules, schedule))
    return tell(turn, schedule, tick, "fired", { nextAt });
  switch (schedule.overlap) {
    case "skip":
      return tell(turn, schedule, tick, "skipped", { nextAt, reason: `${activeWords(turn, schedule)} has not ended` });
    case "queue_all": {
      if (schedule.queue.length < QUEUE_MAX) return tell(turn, schedule, tick, "queued", { nextAt });
      const reason = `${QUEUE_MAX} ticks wait for ${activeWords(turn, schedule)} already; more are not kept`;
      return tell(turn, schedule, tick, "missed", { nextAt, count: 1, reason });
    }
    case "queue_one":
    case "cancel_previous":
      overtake(turn, schedule);
      tell(turn, schedule, tick, "queued", { nextAt });
      if (schedule.overlap === "cancel_previous") cancelActive(turn, schedule);
  }
}

/** Of the ticks that the calendar brought, the newest alone waits. */
function overtake(turn: Turn, schedule: Schedule): void {
  for (const { tick, manual } of [...schedule.queue]) {
    if (manual === undefined) tell(turn, schedule, tick, "skipped", { reason: "a newer tick waits in its place" });
  }
}

/** Fires ticks that wait for nothing any more. Called when a command was decided. */
export function releaseQueued(turn: Turn): void {
  const { schedules } = turn.state;
  for (const schedule of schedules.freed) {
    schedules.freed.delete(schedule);
    if (schedule.paused || schedules.byName.get(schedule.name) !== schedule) continue;
    while (schedule.queue.length > 0 && (schedule.overlap === "allow" || !isBusy(schedules, schedule))) {
      const { tick, manual } = schedule.queue[0]!;
      tell(turn, schedule, tick, "fired", { manual });
    }
  }
}

function tell(
  turn: Turn,
  schedule: Schedule,
  tick: number,
  action: ScheduleTicked["action"],
  more: { nextAt?: number | null; reason?: string; count?: number; manual?: Manual },
): void {
  turn.ticks++;
  turn.emit({ type: "ScheduleTicked", schedule: schedule.name, tick, action, ...more });
}

/** What keeps the next tick waiting, by the id that people see. */
export function activeWords({ state }: Pick<Turn, "state">, schedule: Schedule): string {
  const [what] = state.schedules.active.get(schedule.name) ?? [];
  if (what === undefined) return "the tick before it";
  if (what < 0) return `run r${-what}`;
  const task = state.tasks.get(what);
  return `task ${task === undefined ? `t${what}` : taskId(task)}`;
}
