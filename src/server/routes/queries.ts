/** Query parameters that several routes share. A query holds text; these schemas read it. */
import { z } from "@hono/zod-openapi";
import { parseDuration } from "../../base/duration.ts";
import { RUN_STATES, TASK_KINDS, TASK_STATES, WORKER_STATES } from "../../base/words.ts";
import { Instant } from "../../protocol/common.ts";
import type { FeedEvent } from "../../protocol/feed.ts";

/** Every type of event that the feed has, but `resync`, which is for everybody. */
const FEED_TYPES = [
  "task",
  "approval",
  "dead",
  "task_deleted",
  "progress",
  "run",
  "schedule",
  "tick",
  "bulk",
  "workflow",
  "worker",
  "arm",
] as const satisfies readonly FeedEvent["type"][];

/** Longest wait of a long poll. */
export const WAIT_MS_MAX = 60_000;

/** Most items on a page. */
export const PAGE_LIMIT_MAX = 1000;

/** A whole number in text. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
}

/** Words with commas between them, each one of `words`. */
function wordList<T extends string>(words: readonly T[]): z.ZodType<T[], string> {
  const error = `must be a list with commas of ${words.join(", ")}`;
  return z
    .string()
    .refine((text) => text.split(",").every((word) => (words as readonly string[]).includes(word)), { error })
    .transform((text) => text.split(",") as T[]);
}

export const Limit = wholeNumber(1, PAGE_LIMIT_MAX).optional();
export const Cursor = z
  .string()
  .regex(/^\d{1,15}$/, { error: "must be what a page before gave as next" })
  .optional();
export const TaskKinds = wordList(TASK_KINDS).optional();
export const TaskStates = wordList(TASK_STATES).optional();
export const RunStates = wordList(RUN_STATES).optional();
/** States of tasks and of runs, as the feed has them. */
export const FeedStates = wordList([...new Set([...TASK_STATES, ...RUN_STATES])]).optional();
export const FeedTypes = wordList(FEED_TYPES).optional();
export const WorkerStates = wordList(WORKER_STATES).optional();
export const Text = z.string().min(1).max(300).optional();

/** A moment: ISO 8601 with a zone, or epoch milliseconds. */
export const Moment = z
  .string()
  .transform((text) => (/^\d{1,16}$/.test(text) ? Number(text) : text))
  .pipe(Instant)
  .optional();

/** A flag that can only be raised. */
export const Flag = z
  .literal("true", { error: "must be true, or be left out" })
  .transform(() => true)
  .optional();

/** How long to wait for the end. */
export const Wait = z
  .string()
  .transform((text) => parseDuration(text) ?? -1)
  .refine((ms) => ms >= 0 && ms <= WAIT_MS_MAX, { error: "must be a duration of at most 60s, such as 30s" })
  .optional();

/** The object without the keys whose value is undefined. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
