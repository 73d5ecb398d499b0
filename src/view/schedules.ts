/** Schedules and their ticks, as rows of tables. */
import type { ScheduleView, TickView } from "../protocol/schedule-views.ts";
import { spanText } from "./limits.ts";
import type { Colour, Paint } from "./paint.ts";
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
      cell: ({ lastTick, lastAction }) => (lastTick === undefined ? "" : `${lastAction} ${relative(lastTick, now)}`),
      colour: ({ lastAction }) => colourOfAction(lastAction),
    },
    { title: "ACTIVE", cell: ({ active }) => (active === 0 ? "" : String(active)), side: "right" },
    { title: "DOES", cell: targetText, max: 40 },
  ];
}

export function colourOfAction(action: TickView["action"] | undefined): Colour | undefined {
  if (action === "failed") return "red";
  return action === "missed" || action === "skipped" ? "yellow" : undefined;
}

export function tickColumns(now: number, zone: string): Column<TickView>[] {
  return [
    { title: "TICK", cell: ({ tick }) => zonedTime(tick, zone) },
    { title: "ACTION", cell: ({ action }) => action, colour: ({ action }) => colourOfAction(action) },
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
    ["last", lastText(schedule, now)],
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

function lastText({ lastTick, lastAction, zone }: ScheduleView, now: number): string | undefined {
  return lastTick === undefined ? undefined : `${zonedTime(lastTick, zone)}  ${relative(lastTick, now)}, ${lastAction}`;
}

function blackoutText({ from, to, days }: ScheduleView["blackouts"][number]): string {
  const text = (at: string | number): string => (typeof at === "number" ? new Date(at).toISOString() : at);
  return `${days === undefined ? "" : `${days.join(",")} `}${text(from)} to ${text(to)}`;
}
