/** Schedules and their ticks, as rows of tables. */
import type { RunState, TaskState } from "../base/words.ts";
import type { ScheduleView, TickView } from "../protocol/schedule-views.ts";
import { spanText } from "./limits.ts";
import { type Colour, colourOf, type Paint } from "./paint.ts";
import { lookOf } from "./state-shapes.ts";
import { type Column, renderFacts } from "./table.ts";
import { clean } from "./text.ts";
import { relative, zonedTime } from "./time.ts";
import { workLine } from "./work-line.ts";

/** What a schedule does, in one line: the command, the request, the function or the workflow. */
export function targetText({ task, workflow }: Pick<ScheduleView, "task" | "workflow">): string {
  if (workflow !== undefined) return `workflow ${(workflow as { source?: string } | null)?.source ?? ""}`.trimEnd();
  const one = task as { work?: { call?: string }; type?: string } | null;
  return workLine(one?.work) ?? one?.work?.call ?? one?.type ?? "";
}

/** What else its task or workflow says: arm, retries, keys, params. */
function detailsText({ task, workflow }: Pick<ScheduleView, "task" | "workflow">): string {
  const {
    kind: _k,
    work: _w,
    type: _t,
    definition: _d,
    source: _s,
    ...rest
  } = { ...(task as object), ...(workflow as object) } as Record<string, unknown>;
  return Object.entries(rest)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

export function scheduleColumns(now: number): Column<ScheduleView>[] {
  return [
    { title: "SCHEDULE", cell: ({ name }) => name, max: 24 },
    { title: "WHEN", cell: ({ when }) => when, max: 34 },
    {
      title: "NEXT",
      cell: (one) => (one.paused ? "paused" : one.nextAt === undefined ? "never" : relative(one.nextAt, now)),
      colour: (one) => (one.paused || one.nextAt === undefined ? "yellow" : undefined),
    },
    {
      title: "LAST",
      cell: (one) => (one.lastTick === undefined ? "" : `${lastWords(one)} ${relative(one.lastTick, now)}`),
      colour: (one) => colourOfLast(one),
    },
    { title: "ACTIVE", cell: ({ active }) => (active === 0 ? "" : String(active)), side: "right" },
    { title: "DOES", cell: targetText, max: 40 },
  ];
}

/** How a tick ended, as a state that everybody knows. */
export function tickState({ action, state }: Pick<TickView, "action" | "state">): TaskState | RunState {
  if (action === "fired") return state ?? "succeeded";
  if (action === "missed") return "expired";
  return action === "queued" ? "scheduled" : action;
}

/** What became of a tick: for one that was fired, of what it made. */
export function tickWords({ action, state, count }: Pick<TickView, "action" | "state" | "count">): string {
  if (action === "fired") return state === undefined ? "fired; what it made is not kept any more" : lookOf(state).label;
  if (action === "missed") return count === undefined || count === 1 ? "missed" : `${count} missed`;
  if (action === "queued") return "waits for the one before";
  return action === "failed" ? "made nothing" : "left out";
}

/** The newest tick, where the server was asked for results; else no more than what was done with it. */
function newest({ results, lastTick }: ScheduleView): TickView | undefined {
  return results?.find(({ tick }) => tick === lastTick);
}

export function lastWords(one: ScheduleView): string {
  const tick = newest(one);
  return tick?.state === undefined ? (one.lastAction ?? "") : tickWords(tick);
}

/** Of the state that the newest tick came to. */
export function lastState(one: ScheduleView): TaskState | RunState | undefined {
  const { lastAction: action } = one;
  return action === undefined ? undefined : tickState(newest(one) ?? { action });
}

function colourOfLast(one: ScheduleView): Colour | undefined {
  const state = lastState(one);
  return state === undefined || state === "succeeded" ? undefined : colourOf(state);
}

export function tickColumns(now: number, zone: string): Column<TickView>[] {
  return [
    { title: "TICK", cell: ({ tick }) => zonedTime(tick, zone) },
    {
      title: "RESULT",
      cell: ({ action, state }) => (action === "fired" && state === undefined ? "fired" : tickWords({ action, state })),
      colour: (tick) => colourOf(tickState(tick)),
    },
    { title: "MADE", cell: ({ made }) => made ?? "", max: 20 },
    { title: "AT", cell: ({ at }) => relative(at, now) },
    { title: "BY", cell: ({ manual }) => manual ?? "" },
    {
      title: "WHY",
      cell: ({ reason, count }) => `${count === undefined ? "" : `${count} ticks: `}${reason ?? ""}`,
      max: 60,
    },
  ];
}

/** Ticks to come, one a line. */
export function nextText(items: readonly string[], zone: string, now: number): string {
  return items.map((at) => `${zonedTime(at, zone)}  ${relative(at, now)}`).join("\n");
}

/** Everything about a schedule. */
export function scheduleText(schedule: ScheduleView, { paint }: { paint: Paint }, now: number): string {
  const { zone, startAt, endAt, catchUp, warnings } = schedule;
  const [first, ...others] = schedule.next.map((at) => `${zonedTime(at, zone)}  ${relative(at, now)}`);
  const facts = [
    ["schedule", clean(schedule.name)],
    ["about", schedule.description === undefined ? undefined : clean(schedule.description)],
    ["state", schedule.paused ? paint("yellow", "paused") : undefined],
    ["when", whenText(schedule)],
    ["cron", schedule.cron?.join("; ")],
    ["from", startAt === undefined ? undefined : zonedTime(startAt, zone)],
    ["until", endAt === undefined ? undefined : zonedTime(endAt, zone)],
    ["not on", [...schedule.exclude, ...schedule.calendars.map((name) => `calendar ${name}`)].join(", ")],
    ["not at", schedule.blackouts.map(blackoutText).join("; ")],
    ["jitter", schedule.jitterMs === 0 ? undefined : `up to ${spanText(schedule.jitterMs)}`],
    ["overlap", schedule.overlap],
    ["catch up", catchUp.policy === "none" ? "none" : `${catchUp.policy}, within ${spanText(catchUp.windowMs)}`],
    ["does", clean(targetText(schedule))],
    ["with", clean(detailsText(schedule))],
    ["next", first ?? paint("yellow", "never")],
    ...others.map((text) => ["", text] as const),
    ["last", lastText(schedule, paint, now)],
    ["active", schedule.active === 0 ? undefined : String(schedule.active)],
    ["queued", schedule.queued === 0 ? undefined : `${schedule.queued} ticks wait for the one before them`],
    ...warnings.map((text) => [paint("yellow", "warning"), clean(text)] as const),
  ] as const;
  return renderFacts(facts, paint);
}

/** In words, with the zone where the clock on the wall plays a part. */
export function whenText({ when, zone, everyMs }: Pick<ScheduleView, "when" | "zone" | "everyMs">): string {
  return everyMs === undefined ? `${clean(when)} (${zone})` : clean(when);
}

function lastText(one: ScheduleView, paint: Paint, now: number): string | undefined {
  const { lastTick, zone } = one;
  if (lastTick === undefined) return undefined;
  const colour = colourOfLast(one);
  const words = lastWords(one);
  return `${zonedTime(lastTick, zone)}  ${relative(lastTick, now)}, ${colour === undefined ? words : paint(colour, words)}`;
}

function blackoutText({ from, to, days }: ScheduleView["blackouts"][number]): string {
  const text = (at: string | number): string => (typeof at === "number" ? new Date(at).toISOString() : at);
  return `${days === undefined ? "" : `${days.join(",")} `}${text(from)} to ${text(to)}`;
}
