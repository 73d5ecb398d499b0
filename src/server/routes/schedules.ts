/** Schedules, their ticks, and the calendars that they leave out. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { Instant, Name } from "../../protocol/common.ts";
import { parse, show, suggestKeys } from "../../protocol/parse.ts";
import { ExcludedDay, ScheduleSubmission } from "../../protocol/schedule.ts";
import { CalendarView, ScheduleHeat, ScheduleView, TickView } from "../../protocol/schedule-views.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { pageByName, PageByName } from "./by-name.ts";
import { Cursor, defined, Limit, Moment, wholeNumber } from "./queries.ts";

const tag = "schedules";
/** Largest schedule: it may hold a workflow file. */
const SCHEDULE_BYTES_MAX = 24 * 1024 * 1024;
const NEXT_MAX = 1000;
const NEXT_DEFAULT = 5;
/** Newest ticks of each schedule in a list. */
const RESULTS_MAX = 50;
/** Span of an answer about days or hours, and what it is where nobody says. */
const HEAT_MS_MAX = 400 * 86_400_000;
const HEAT_BEFORE_MS = { day: 84 * 86_400_000, hour: 7 * 86_400_000 };
const HEAT_AFTER_MS = { day: 28 * 86_400_000, hour: 2 * 86_400_000 };
/** Days and ranges of days in one calendar. */
const DAYS_MAX = 10_000;

const Next = wholeNumber(1, NEXT_MAX).optional();
const TickTimes = z.object({ items: z.array(z.iso.datetime()) });
const Count = z.object({ count: z.int() });

suggestKeys(["name", "from", "to", "preview", "days", "after", "by", "results"]);

export function addScheduleRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addHeat(app, scope);
  addPreview(app, scope);
  addChanges(app, scope);
  addPauses(app, scope);
  addFirings(app, scope);
  addCalendars(app, scope);
}

function noSchedule(name: string): OctopusError {
  return new OctopusError("not_found", `there is no schedule ${show(name)}`);
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/schedules",
      tag,
      summary: "List schedules",
      description:
        "`results`: with what became of so many of the newest ticks of each. With `limit`, or `after` a name, by their names a " +
        "page at a time: `next` is what the next is `after`.",
      query: z.strictObject({ results: wholeNumber(1, RESULTS_MAX).optional(), ...PageByName }),
      answer: {
        status: 200,
        schema: z.object({ items: z.array(ScheduleView), next: z.string().optional() }),
        description: "Every schedule",
      },
    },
    ({ query: { results, ...page } }) => json(pageByName(engine.schedules(results), page)),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/schedules/{name}",
      tag,
      summary: "Show a schedule and its next ticks",
      answer: { status: 200, schema: ScheduleView, description: "The schedule" },
      errors: ["not_found"],
    },
    ({ id }) => {
      const schedule = engine.schedule(id);
      if (schedule === undefined) throw noSchedule(id);
      return json(schedule);
    },
  );
  addTickReads(app, engine);
}

function addTickReads(app: App, engine: ServerScope["options"]["engine"]): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/schedules/{name}/next",
      tag,
      summary: "List ticks to come",
      query: z.strictObject({ n: Next, after: Moment }),
      answer: { status: 200, schema: TickTimes, description: "The next `n` (5) after `after` (now)" },
      errors: ["not_found"],
    },
    ({ id, query }) => {
      const times = engine.nextTicks(id, query.n ?? NEXT_DEFAULT, query.after);
      if (times === undefined) throw noSchedule(id);
      return json({ items: times.map((time) => new Date(time).toISOString()) });
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/schedules/{name}/ticks",
      tag,
      summary: "List what became of its ticks, newest first",
      query: z.strictObject({ limit: Limit, cursor: Cursor }),
      answer: {
        status: 200,
        schema: z.object({ items: z.array(TickView), next: z.string().optional() }),
        description: "A page of ticks",
      },
      errors: ["not_found"],
    },
    ({ id, query }) => {
      if (engine.schedule(id) === undefined) throw noSchedule(id);
      return json(engine.ticks(id, defined(query)));
    },
  );
}

/** Many ticks in one answer, for a calendar of them. */
function addHeat(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/schedules/{name}/heat",
      tag,
      summary: "Count what became of its ticks by day or hour, and those to come",
      description:
        "As the clocks of its zone show them; from 12 weeks ago until in 4 weeks, by hours from a week ago until in two days.",
      query: z.strictObject({ by: z.enum(["day", "hour"]).default("day"), from: Moment, to: Moment }),
      answer: { status: 200, schema: ScheduleHeat, description: "Days or hours in which there are ticks" },
      errors: ["not_found"],
    },
    ({ id, query: { by, ...span } }) => {
      const now = Date.now();
      const { from = (span.to ?? now) - HEAT_BEFORE_MS[by], to = Math.max(now, from) + HEAT_AFTER_MS[by] } = span;
      if (to <= from || to - from > HEAT_MS_MAX) {
        const message = to <= from ? "must be later than from" : "must be at most 400 days after from";
        throw new OctopusError("invalid", `to ${message}`, { issues: [{ path: "to", message }] });
      }
      const heat = engine.scheduleHeat(id, { by, from, to });
      if (heat === undefined) throw noSchedule(id);
      return json(heat);
    },
  );
}

function addPreview(app: App, { options: { engine, limits } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/schedules/preview",
      role: "viewer",
      arms: "free",
      audit: false,
      tag,
      summary: "Show what a schedule would be, without keeping it",
      query: z.strictObject({ n: Next }),
      body: ScheduleSubmission,
      bodyBytes: Math.min(limits.bodyBytes, SCHEDULE_BYTES_MAX),
      answer: { status: 200, schema: ScheduleView, description: "The schedule, with its next `n` (5) ticks" },
    },
    ({ query, body }) => json(engine.previewSchedule(body, query.n ?? NEXT_DEFAULT)),
  );
}

function addChanges(app: App, { prefix, options: { engine, limits } }: ServerScope): void {
  const bodyBytes = Math.min(limits.bodyBytes, SCHEDULE_BYTES_MAX);
  addRoute(
    app,
    {
      method: "post",
      path: "/schedules",
      role: "operator",
      tag,
      summary: "Make a schedule",
      body: ScheduleSubmission,
      bodyBytes,
      answer: { status: 201, schema: ScheduleView, description: "The schedule with its next ticks" },
      errors: ["conflict", "storage_full", "storage_failed"],
    },
    async ({ body, principal }) => {
      const { name } = body;
      if (engine.schedule(name) !== undefined) {
        const message = `there is a schedule ${name} already; PUT ${BASE}/schedules/${name} replaces it`;
        throw new OctopusError("conflict", message);
      }
      return json(await engine.setSchedule(body, principal), 201, {
        location: `${prefix}${BASE}/schedules/${encodeURIComponent(name)}`,
      });
    },
  );
  addRoute(
    app,
    {
      method: "put",
      path: "/schedules/{name}",
      role: "operator",
      tag,
      summary: "Make a schedule, or replace it",
      description: "`name` may be left out of the body.",
      body: z.looseObject({}),
      bodyBytes,
      answer: { status: 200, schema: ScheduleView, description: "The schedule with its next ticks" },
      errors: ["storage_full", "storage_failed"],
    },
    async ({ id, body, principal }) => {
      const spec = parse(ScheduleSubmission, { name: parse(Name, id, "name"), ...body });
      if (spec.name === id) return json(await engine.setSchedule(spec, principal));
      const message = `must be ${show(id)}, as in the path, or be left out, not ${show(spec.name)}`;
      throw new OctopusError("invalid", `name ${message}`, { issues: [{ path: "name", message }] });
    },
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/schedules/{name}",
      role: "operator",
      tag,
      summary: "Remove a schedule; what it has made stays",
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found"],
    },
    async ({ id }) => {
      await engine.removeSchedule(id);
      return new Response(null, { status: 204 });
    },
  );
}

function addPauses(app: App, { options: { engine } }: ServerScope): void {
  for (const word of ["pause", "resume"] as const) {
    addRoute(
      app,
      {
        method: "post",
        path: `/schedules/{name}/${word}`,
        role: "operator",
        tag,
        summary: word === "pause" ? "Pause a schedule" : "Let a paused schedule go on",
        answer: { status: 200, schema: ScheduleView, description: "The schedule as it is now" },
        errors: ["not_found"],
      },
      async ({ id }) => json(await engine.pauseSchedule(id, word === "pause")),
    );
  }
}

/** Ticks that a person asks for. */
function addFirings(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/schedules/{name}/trigger",
      role: "operator",
      tag,
      summary: "Fire a schedule now",
      answer: { status: 202, schema: TickView, description: "The tick, with what it made" },
      errors: ["not_found"],
    },
    async ({ id }) => json(await engine.triggerSchedule(id), 202),
  );
  const Range = z
    .strictObject({ from: Instant, to: Instant, preview: z.boolean().optional() })
    .refine(({ from, to }) => to > from, { path: ["to"], error: "must be later than from" });
  addRoute(
    app,
    {
      method: "post",
      path: "/schedules/{name}/backfill",
      role: "operator",
      tag,
      summary: "Fire the ticks of a range that were not fired",
      description: "From `from` until `to`, exclusive.",
      body: Range,
      answer: { status: 202, schema: Count, description: "How many were fired" },
      otherwise: { status: 200, schema: Count, description: "With `preview`: how many would be" },
      errors: ["not_found"],
    },
    async ({ id, body: { from, to, preview = false } }) =>
      json(await engine.backfillSchedule(id, from, to, { preview }), preview ? 200 : 202),
  );
}

function addCalendars(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/calendars",
      tag,
      summary: "List exclusion calendars",
      answer: { status: 200, schema: z.object({ items: z.array(CalendarView) }), description: "Every calendar" },
    },
    () => json({ items: engine.calendars() }),
  );
  addRoute(
    app,
    {
      method: "put",
      path: "/calendars/{name}",
      role: "operator",
      tag,
      summary: "Set the days on which schedules that name this calendar do not fire",
      body: z.strictObject({ days: z.array(ExcludedDay).max(DAYS_MAX) }),
      bodyBytes: 1024 * 1024,
      answer: { status: 200, schema: CalendarView, description: "The calendar" },
    },
    async ({ id, body }) => json(await engine.setCalendar(parse(Name, id, "name"), body.days)),
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/calendars/{name}",
      role: "operator",
      tag,
      summary: "Remove a calendar that no schedule names",
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found", "conflict"],
    },
    async ({ id }) => {
      await engine.removeCalendar(id);
      return new Response(null, { status: 204 });
    },
  );
}
