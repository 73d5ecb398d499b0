/** Schedules and their ticks as the API answers them; the rest of the views is in `views.ts`. */
import { z } from "zod";
import { CATCH_UPS, OVERLAPS, RUN_STATES, TASK_STATES, TICK_ACTIONS } from "../base/words.ts";
import { JsonValue } from "./json.ts";

const Time = z.iso.datetime();
const Ms = z.int();

export const TickView = z
  .object({
    schedule: z.string(),
    tick: Time,
    action: z.enum(TICK_ACTIONS),
    at: Time,
    manual: z.enum(["trigger", "backfill"]).optional(),
    /** The task or run that it made. */
    made: z.string().optional(),
    /** What has become of that so far; absent when it is not kept any more. */
    state: z.union([z.enum(TASK_STATES), z.enum(RUN_STATES)]).optional(),
    reason: z.string().optional(),
    /** For `missed`: how many ticks this stands for. */
    count: z.int().optional(),
  })
  .meta({ id: "Tick" });
export type TickView = z.infer<typeof TickView>;

export const ScheduleView = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    /** When it is due, in words: "at 08:30 on Monday to Friday". */
    when: z.string(),
    cron: z.array(z.string()).optional(),
    everyMs: Ms.optional(),
    at: z.array(Time).optional(),
    zone: z.string(),
    startAt: Time.optional(),
    endAt: Time.optional(),
    jitterMs: Ms,
    overlap: z.enum(OVERLAPS),
    catchUp: z.object({ policy: z.enum(CATCH_UPS), windowMs: Ms, max: z.int() }),
    calendars: z.array(z.string()),
    exclude: z.array(z.string()),
    blackouts: z.array(
      z.object({
        from: z.union([z.string(), z.int()]),
        to: z.union([z.string(), z.int()]),
        days: z.array(z.string()).optional(),
      }),
    ),
    paused: z.boolean(),
    /** What it submits: a task, or a run of a workflow. */
    task: JsonValue.optional(),
    workflow: JsonValue.optional(),
    /** The registered workflow whose file asks for it, and changes it with each change of the file. */
    of: z.string().optional(),
    createdAt: Time,
    /** The tick to come; absent = there is none any more. */
    nextAt: Time.optional(),
    /** Ticks to come, `nextAt` first; five where one schedule is asked for. */
    next: z.array(Time),
    lastTick: Time.optional(),
    lastAction: z.enum(TICK_ACTIONS).optional(),
    /** Tasks or runs of it that have not ended. */
    active: z.int(),
    /** Ticks that wait for the one before them. */
    queued: z.int(),
    warnings: z.array(z.string()),
    /** Where the list was asked for them: what became of its newest ticks, the newest first. */
    results: z.array(TickView).optional(),
  })
  .meta({ id: "Schedule" });
export type ScheduleView = z.infer<typeof ScheduleView>;

/** How many ticks of a schedule came to what, by day or hour of its zone. */
export const ScheduleHeat = z
  .object({
    zone: z.string(),
    by: z.enum(["day", "hour"]),
    from: Time,
    to: Time,
    /** Ticks before this are not told: there were too many. */
    knownFrom: Time.optional(),
    /** Ticks after this may come, too: there are too many to count. */
    comingTo: Time.optional(),
    /** Steps with nothing in them are left out. */
    cells: z.array(
      z.object({
        /** `2026-11-21`, or `2026-11-21T13` by hours, as the clocks of the zone show it. */
        at: z.string(),
        succeeded: z.int().optional(),
        failed: z.int().optional(),
        cancelled: z.int().optional(),
        /** What they made has not ended, or they wait for the tick before them. */
        open: z.int().optional(),
        /** Fired, and what they made is not kept any more. */
        fired: z.int().optional(),
        skipped: z.int().optional(),
        missed: z.int().optional(),
        coming: z.int().optional(),
      }),
    ),
  })
  .meta({ id: "ScheduleHeat" });
export type ScheduleHeat = z.infer<typeof ScheduleHeat>;

export const CalendarView = z
  .object({ name: z.string(), days: z.array(z.string()), usedBy: z.array(z.string()) })
  .meta({ id: "Calendar" });
export type CalendarView = z.infer<typeof CalendarView>;
