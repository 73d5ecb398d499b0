/**
 * The words in which that system took its tasks, and what they are here. A thin layer: what it makes is a task or a schedule
 * like any other, checked by the same schemas.
 */
import { z } from "@hono/zod-openapi";
import { randomBytes } from "node:crypto";
import { OctopusError } from "../../base/errors.ts";
import { parseDuration } from "../../base/duration.ts";
import { nearest } from "../../base/nearest.ts";
import type { Json } from "../../base/words.ts";
import { JsonValue } from "../../protocol/json.ts";
import { show } from "../../protocol/parse.ts";
import type { ScheduleSubmission } from "../../protocol/schedule.ts";
import type { TaskSubmission } from "../../protocol/task.ts";

export const TYPES = ["Adhoc", "Scheduled", "Interval"] as const;
export type ClassicType = (typeof TYPES)[number];

/** A time as it was given: ISO 8601 (without a zone: the server's), or seconds since 1970. */
const TIME_FORM = "must be a time such as 2026-11-21T08:00:00Z, or seconds since 1970";
const Time = z
  .union([z.number().nonnegative(), z.string().min(1)], { error: TIME_FORM })
  .transform((value, context) => {
    const isNumber = typeof value === "number" || /^\d+(\.\d+)?$/.test(value);
    // Nobody plans for the year 5138; what is larger was given in milliseconds.
    const ms = isNumber ? Number(value) * (Number(value) < 1e11 ? 1000 : 1) : Date.parse(value);
    if (Number.isFinite(ms)) return Math.round(ms);
    context.addIssue({ code: "custom", message: TIME_FORM });
    return z.NEVER;
  });

/** JSON, or a text that is JSON: forms send it so. */
function orText<S extends z.ZodType>(schema: S, form: string) {
  return z
    .preprocess((value) => {
      if (typeof value !== "string") return value;
      if (value.trim() === "") return undefined;
      try {
        return JSON.parse(value) as unknown;
      } catch {
        return value;
      }
    }, schema.optional())
    .meta({ description: form });
}

const INTERVAL_FORM = "must be seconds, or a duration such as 5m";

export const ClassicTask = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    /** `ALL`, `Anyone`, or the name of a worker. */
    owner: z.string().min(1).default("Anyone"),
    plugin: z.string().min(1),
    action: z.string().min(1).default("main"),
    args: orText(z.array(JsonValue, { error: "must be a list of values" }), "A list, or the same as text of JSON"),
    kwargs: orText(
      z.record(z.string(), JsonValue, { error: "must be a mapping of names to values" }),
      "A mapping, or the same as text of JSON",
    ),
    type: z
      .string()
      .default("Adhoc")
      .transform((value, context) => {
        const found = TYPES.find((type) => type.toLowerCase() === value.toLowerCase());
        if (found !== undefined) return found;
        context.addIssue({ code: "custom", message: `must be ${TYPES.join(", ").replace(/, ([^,]*)$/, " or $1")}` });
        return z.NEVER;
      }),
    /** For `Scheduled`: when it starts. For `Interval`: when it begins. */
    execution_start_time: Time.optional(),
    /** It does not start after that time; an `Interval` ends then. */
    execution_end_time: Time.optional(),
    /** For `Scheduled`: when it is due, again and again. */
    cron: z.string().min(1).optional(),
    /** For `Interval`: seconds, or a duration. */
    interval: z
      .union([z.number().positive(), z.string().min(1)], { error: INTERVAL_FORM })
      .transform((value, context) => {
        const ms = /^\d+(\.\d+)?$/.test(String(value)) ? Number(value) * 1000 : parseDuration(String(value));
        if (ms !== undefined && ms >= 1) return `${Math.round(ms)}ms`;
        context.addIssue({ code: "custom", message: INTERVAL_FORM });
        return z.NEVER;
      })
      .optional(),
    priority: z.int().min(0).max(10).optional(),
    timeout: z.union([z.number().nonnegative(), z.string().min(1)]).optional(),
    /** Tries beyond the first. */
    retries: z.int().min(0).optional(),
  })
  .meta({ id: "ClassicTask" });
export type ClassicTask = z.output<typeof ClassicTask>;

const FIELDS = Object.keys(ClassicTask.shape);

/** Refuses fields that are none, with the names of all that there are. */
export function checkFields(body: unknown): void {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return;
  const unknown = Object.keys(body).filter((key) => !FIELDS.includes(key));
  if (unknown.length === 0) return;
  const issues = unknown.map((key) => {
    const near = nearest(key, FIELDS);
    const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
    return { path: key, message: `is no field of a task${hint}; allowed are ${FIELDS.join(", ")}` };
  });
  throw new OctopusError("invalid", issues.map(({ path, message }) => `${path} ${message}`).join("; "), { issues });
}

/** What it is here. */
export type Made = { task: TaskSubmission } | { schedule: ScheduleSubmission };

/**
 * The unique key of each task that is made here: by it another one takes its place, and what it says of the task outlives
 * the wait and the choice of a worker.
 */
const KEY_FORM = /^rest:(Adhoc|Scheduled):(.+):([0-9a-f]{12})$/;

/** What the key of a task says; undefined for a task that was made elsewhere. */
export function readKey(key: string | undefined): { type: ClassicType; owner: string } | undefined {
  const found = KEY_FORM.exec(key ?? "");
  return found === null ? undefined : { type: found[1] as ClassicType, owner: found[2]! };
}

/** `key`: of the task whose place it takes. */
export function madeOf(task: ClassicTask, key?: string): Made {
  const { type, execution_start_time: start, execution_end_time: end, cron, interval } = task;
  if (type === "Interval") {
    if (interval === undefined) throw missing("interval", `of type Interval needs its interval: it ${INTERVAL_FORM}`);
    refuse("cron", cron, "is for type Scheduled");
    return { schedule: { ...scheduleOf(task), every: interval, ...between(start, end) } };
  }
  refuse("interval", interval, "is for type Interval");
  if (cron !== undefined) {
    if (type !== "Scheduled") refuse("cron", cron, "is for type Scheduled");
    return { schedule: { ...scheduleOf(task), cron, ...between(start, end) } };
  }
  if (type === "Scheduled" && start === undefined)
    throw missing("execution_start_time", "of type Scheduled needs its execution_start_time, or cron");
  return {
    task: {
      ...callOf(task),
      ...(start !== undefined && { runAt: start }),
      ...(end !== undefined && { expiresAt: end }),
      uniqueKey: {
        key: key ?? `rest:${type}:${task.owner}:${randomBytes(6).toString("hex")}`,
        ...{ scope: "active", policy: "replace" },
      },
    },
  };
}

function between(start: number | undefined, end: number | undefined): object {
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

function scheduleOf(task: ClassicTask): { name: string; task: TaskSubmission } {
  const name = task.name === undefined ? `rest-${randomBytes(4).toString("hex")}` : scheduleName(task.name);
  return { name, task: callOf(task) };
}

/** A name that a schedule can have. */
function scheduleName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 120);
  return /^[A-Za-z_]/.test(safe) ? safe : `rest-${safe}`;
}

function callOf({ owner, plugin, action, args, kwargs, ...rest }: ClassicTask): TaskSubmission {
  const { name, priority, timeout, retries } = rest;
  const call: Record<string, Json> = { name: plugin, action };
  if (args !== undefined) call["args"] = args;
  if (kwargs !== undefined) call["kwargs"] = kwargs;
  return {
    plugin: call,
    ...(owner.toLowerCase() !== "anyone" && { worker: owner }),
    ...(name !== undefined && { name }),
    ...(priority !== undefined && { priority }),
    ...(timeout !== undefined && { timeout: typeof timeout === "number" ? `${timeout * 1000}ms` : timeout }),
    ...(retries !== undefined && { retries }),
  } as TaskSubmission;
}

function missing(path: string, why: string): OctopusError {
  const message = `is missing: a task ${why}`;
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}

function refuse(path: string, value: unknown, why: string): void {
  if (value === undefined) return;
  const message = `${why}, and this task is of another one: ${show(value)}`;
  throw new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
