/**
 * Arms and quotas as a person sets them. For an arm, what is absent stays as it is and null is the default; a quota is
 * set as a whole, and what is absent has no limit.
 */
import { z } from "zod";
import type { Quota } from "../core/asks.ts";
import type { ArmChange } from "../core/command.ts";
import { Count, Period, Rate } from "./asks.ts";
import { Duration, Name, NAME_FORM } from "./common.ts";
import { suggestKeys } from "./parse.ts";

/** Types that one arm may claim. */
const TYPES_MAX = 1000;

const armFields = {
  /** False pauses it: nothing starts, submissions wait. */
  enabled: z.boolean().nullable().optional(),
  /** True: nothing new is accepted, what waits still runs. */
  draining: z.boolean().nullable().optional(),
  /** Most attempts at once. */
  maxParallel: Count.nullable().optional(),
  /** Share of the slots when several arms have work. */
  weight: z.int().min(1).max(1000).nullable().optional(),
  /** Most tasks that wait in it; beyond it submissions are refused. */
  maxQueued: z.int().min(1).max(1_000_000_000).nullable().optional(),
  /** Most starts in a stretch of time. */
  rate: Rate.nullable().optional(),
  /** A waiting task counts as one priority higher for each such time; 0 is strict. */
  aging: Duration.nullable().optional(),
  /** Longest time of an attempt, for tasks that name none. */
  timeout: Period.nullable().optional(),
  /** Retries, for tasks that name none. */
  retries: z.int().min(0).max(1000).nullable().optional(),
  /** Function that runs its tasks that have only a type. */
  handler: Name.nullable().optional(),
  /** Types whose tasks come to it when they name no arm. */
  types: z.array(Name).max(TYPES_MAX).nullable().optional(),
};

export const ArmSubmission = z
  .strictObject(armFields)
  .transform(({ aging, timeout, ...rest }): ArmChange => ({
    ...rest,
    ...(aging !== undefined && { agingMs: aging }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
  }))
  .meta({ id: "ArmSubmission" });
export type ArmSubmission = z.input<typeof ArmSubmission>;

/** `*` stands for every owner without a quota of its own. */
export const Owner = z.string().refine((text) => text === "*" || NAME_FORM.test(text), {
  error: "must be * or the name of an owner: a letter or _ first, then at most 127 letters, digits and _ . : / -",
});

export const QuotaSubmission = z
  .strictObject({
    /** Most attempts at once. */
    concurrent: Count.optional(),
    /** Starts per period. */
    tasks: z.strictObject({ limit: Count, per: Period }).optional(),
    /** CPU time per period. */
    cpu: z.strictObject({ limit: Period, per: Period }).optional(),
  })
  .transform(({ concurrent, tasks, cpu }): Quota => ({
    ...(concurrent !== undefined && { concurrent }),
    ...(tasks !== undefined && { tasks: { limit: tasks.limit, perMs: tasks.per } }),
    ...(cpu !== undefined && { cpu: { limitMs: cpu.limit, perMs: cpu.per } }),
  }))
  .meta({ id: "QuotaSubmission" });
export type QuotaSubmission = z.input<typeof QuotaSubmission>;

suggestKeys([...Object.keys(armFields), "concurrent", "cpu"]);
