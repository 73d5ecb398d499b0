/** Views of schedules: what the store keeps, with what core knows laid over it. */
import type { Calendar } from "../core/schedules/calendar.ts";
import type { Schedule, Schedules } from "../core/schedules/schedule.ts";
import type { ScheduleView } from "../protocol/schedule-views.ts";
import type { Outside } from "./ports.ts";
import type { StoredSchedule } from "./stored.ts";
import type { KeptSchedule } from "./schedule-target.ts";

/** The next `count` ticks after `after`. */
export function nextTicks(calendar: Calendar, rule: Schedule["rule"], after: number, count: number): number[] {
  const ticks: number[] = [];
  let tick = calendar.next(rule, after);
  while (tick !== undefined && ticks.length < count) {
    ticks.push(tick);
    tick = ticks.length < count ? calendar.next(rule, tick) : undefined;
  }
  return ticks;
}

/** A list of a thousand schedules is read more often than one of them is changed. */
const words = new WeakMap<Schedule["rule"], string>();

function inWords(rule: Schedule["rule"], outside: Outside): string {
  let text = words.get(rule);
  if (text === undefined) words.set(rule, (text = outside.describeSchedule(rule)));
  return text;
}

/** A schedule in the state of core, or one that is only looked at. */
export type Planned = Pick<Schedule, "rule" | "nextAt" | "paused">;

/** `count`: ticks to come that are shown. */
export function scheduleView(
  { spec, warnings, of }: KeptSchedule,
  planned: Planned,
  outside: Outside,
  count: number,
): ScheduleView {
  const { rule, nextAt, paused } = planned;
  const next = nextAt === 0 || paused ? [] : [nextAt, ...nextTicks(outside.calendar, rule, nextAt, count - 1)];
  return {
    name: spec.name,
    ...(spec.description !== undefined && { description: spec.description }),
    when: inWords(rule, outside),
    ...(spec.cron !== undefined && { cron: spec.cron }),
    ...(spec.everyMs !== undefined && { everyMs: spec.everyMs }),
    ...(spec.at !== undefined && { at: spec.at.map(iso) }),
    zone: rule.zone,
    ...(spec.startAt !== undefined && { startAt: iso(spec.startAt) }),
    ...(spec.endAt !== undefined && { endAt: iso(spec.endAt) }),
    jitterMs: spec.jitterMs,
    overlap: spec.overlap,
    catchUp: spec.catchUp,
    calendars: spec.calendars ?? [],
    exclude: spec.exclude ?? [],
    blackouts: (spec.blackouts ?? []).map(({ from, to, days }) => ({ from, to, ...(days && { days: [...days] }) })),
    paused,
    ...("task" in spec.target ? { task: jsonOf(spec.target.task) } : { workflow: jsonOf(spec.target.workflow) }),
    ...(of !== undefined && { of }),
    createdAt: iso(0),
    ...(next[0] !== undefined && { nextAt: iso(next[0]) }),
    next: next.map(iso),
    active: 0,
    queued: 0,
    warnings,
  };
}

/** What has become of it so far. */
export function withHistory(
  view: ScheduleView,
  schedule: Schedule,
  stored: StoredSchedule,
  schedules: Schedules,
): ScheduleView {
  const { lastTick } = stored;
  return {
    ...view,
    createdAt: iso(stored.createdAt),
    ...(lastTick !== undefined && { lastTick: lastTick.tick, lastAction: lastTick.action }),
    active: (schedules.active.get(schedule.name)?.size ?? 0) + schedule.firing.size,
    queued: schedule.queue.length,
  };
}

function jsonOf(value: object): NonNullable<ScheduleView["task"]> {
  return value as NonNullable<ScheduleView["task"]>;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
