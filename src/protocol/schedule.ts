/** A schedule as a person submits it: when, what, and what becomes of ticks that come too early or too late. */
import { z } from "zod";
import { CATCH_UPS, OVERLAPS, type CatchUp, type Overlap } from "../base/words.ts";
import type { Blackout } from "../core/schedules/calendar.ts";
import { Duration, Instant, Name } from "./common.ts";
import { JsonValue } from "./json.ts";
import { suggestKeys } from "./parse.ts";
import { WrittenTarget } from "./target.ts";
import { TaskSubmission, type TaskSpec } from "./task.ts";

/** Most cron expressions and moments of one schedule. */
const PARTS_MAX = 100;

const Clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: "must be a time of day from 00:00 to 23:59, or a moment" });
const BLACKOUT_FORM = 'must be {from: "22:00", to: "06:00", days?: ["mon", …]} or {from, to} with two moments';
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Each day (or on some days) between two wall-clock times, or once between two moments. */
export const BlackoutSchema = z.union(
  [
    z.strictObject({ from: Clock, to: Clock, days: z.array(z.enum(DAYS)).min(1).optional() }),
    z.strictObject({ from: Instant, to: Instant }),
  ],
  { error: BLACKOUT_FORM },
);

/** `2026-12-25`, `12-25` (each year), `2026-07-01/2026-07-14`, `sat`. Whether the day exists is checked where it is read. */
const DAY_FORM = /^(\d{4}-\d\d-\d\d(\/\d{4}-\d\d-\d\d)?|\d\d-\d\d|mon|tue|wed|thu|fri|sat|sun)$/;
export const ExcludedDay = z.string().regex(DAY_FORM, {
  error: "must be a day such as 2026-12-25, 12-25 (each year), 2026-07-01/2026-07-14 or sat",
});

/** A workflow as the target of a schedule. */
export const WorkflowTarget = z.strictObject({
  definition: z.string().min(1),
  /** Texts of the workflow files that it runs, by the path that it gives them. */
  files: z.record(z.string().min(1), z.string()).optional(),
  source: z.string().optional(),
  params: z.record(Name, JsonValue).optional(),
  cwd: z.string().optional(),
  arm: Name.optional(),
  target: WrittenTarget.optional(),
});
export type WorkflowTarget = z.output<typeof WorkflowTarget>;

const CatchUpSchema = z
  .union(
    [
      z.enum(CATCH_UPS).transform((policy) => ({ policy })),
      z.strictObject({
        policy: z.enum(CATCH_UPS),
        /** Ticks missed longer ago are let go. Default 1 day. */
        window: Duration.optional(),
        /** Most ticks fired at once; the newest are. Default 100. */
        max: z.int().min(1).max(10_000).optional(),
      }),
    ],
    { error: "must be none, latest or all, or {policy, window, max}" },
  )
  .transform(({ policy, window, max }: { policy: CatchUp; window?: number | undefined; max?: number | undefined }) => ({
    policy,
    windowMs: window ?? 86_400_000,
    max: max ?? 100,
  }));

const many = <S extends z.ZodType>(one: S) =>
  z.union([
    one.transform((single) => [single]),
    z
      .array(one)
      .min(1)
      .max(PARTS_MAX, { error: `must hold at most ${PARTS_MAX}` }),
  ]);

export const ScheduleSubmission = z
  .strictObject({
    name: Name,
    description: z.string().max(1000).optional(),
    /** Cron expressions, of 5 fields, or of 6 with seconds first. */
    cron: many(z.string().min(1).max(200)).optional(),
    /** Elapsed time between ticks. */
    every: Duration.refine((ms) => ms >= 1000, { error: "must be at least 1s" }).optional(),
    at: many(Instant).optional(),
    /** IANA name. Default: the server's zone (`schedules.zone`). */
    zone: z.string().min(1).max(100).optional(),
    start: Instant.optional(),
    end: Instant.optional(),
    jitter: Duration.optional(),
    overlap: z.enum(OVERLAPS).default("allow"),
    catchUp: CatchUpSchema.optional(),
    /** Names of exclusion calendars. */
    calendars: z.array(Name).max(32).optional(),
    exclude: z.array(ExcludedDay).max(1000).optional(),
    blackouts: z.array(BlackoutSchema).max(100).optional(),
    paused: z.boolean().default(false),
    task: TaskSubmission.optional(),
    workflow: WorkflowTarget.optional(),
  })
  .transform((schedule, context): ScheduleSpec => {
    const issue = (path: string, message: string): never => {
      context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
      return z.NEVER;
    };
    const { cron, every, at, task, workflow, start, end, catchUp, ...rest } = schedule;
    const times = [cron, every, at].filter((one) => one !== undefined).length;
    if (times !== 1) return issue("", "must say when it is due by exactly one of cron, every, at");
    if ((task === undefined) === (workflow === undefined)) return issue("", "must have exactly one of task, workflow");
    if (start !== undefined && end !== undefined && end <= start) return issue("end", "must be later than start");
    if (task?.id !== undefined) return issue("task", "must not have an id: each tick makes a new task");
    return {
      ...rest,
      ...(cron !== undefined && { cron }),
      ...(every !== undefined && { everyMs: every }),
      ...(at !== undefined && { at: [...new Set(at)].toSorted((a, b) => a - b) }),
      ...(start !== undefined && { startAt: start }),
      ...(end !== undefined && { endAt: end }),
      jitterMs: rest.jitter ?? 0,
      catchUp: catchUp ?? { policy: "latest", windowMs: 86_400_000, max: 100 },
      target: task !== undefined ? { task } : { workflow: workflow! },
    };
  })
  .meta({ id: "ScheduleSubmission" });
export type ScheduleSubmission = z.input<typeof ScheduleSubmission>;

export type ScheduleTarget = { task: TaskSpec } | { workflow: WorkflowTarget };

/** A schedule after validation. What calendars and zones hold is checked by whoever reads them. */
export interface ScheduleSpec {
  name: string;
  description?: string | undefined;
  cron?: string[] | undefined;
  everyMs?: number | undefined;
  at?: number[] | undefined;
  zone?: string | undefined;
  startAt?: number | undefined;
  endAt?: number | undefined;
  jitterMs: number;
  overlap: Overlap;
  catchUp: { policy: CatchUp; windowMs: number; max: number };
  calendars?: string[] | undefined;
  exclude?: string[] | undefined;
  blackouts?: Blackout[] | undefined;
  paused: boolean;
  target: ScheduleTarget;
}

suggestKeys(["cron", "every", "at", "zone", "start", "end", "overlap", "catchUp", "calendars", "exclude", "blackouts"]);
suggestKeys(["window", "max", "paused", "task", "workflow", "definition", "params", "description"]);
