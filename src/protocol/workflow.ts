/** A run as the API takes it: a workflow already compiled to tasks that need each other by name. */
import { z } from "zod";
import type { Json } from "../base/words.ts";
import { Period } from "./asks.ts";
import { Name } from "./common.ts";
import { JsonValue } from "./json.ts";
import type { TaskSpec } from "./task.ts";

/** One workflow file in its raw form, and the values for its params. The server compiles it. */
export const RunSubmission = z
  .strictObject({
    /** The text of a workflow file (YAML or JSON). */
    definition: z.string().min(1),
    /** File name for error messages. */
    source: z.string().optional(),
    params: z.record(Name, JsonValue).optional(),
    /** Folder in which its shell commands run unless they say otherwise. */
    cwd: z.string().optional(),
    arm: Name.optional(),
    /** Longest time from submission to end; what is left then is cancelled. */
    timeout: Period.optional(),
  })
  .meta({ id: "RunSubmission" });
export type RunSubmission = z.input<typeof RunSubmission>;

/** A compiled workflow: tasks name each other by key in `needs`. */
export interface RunSpec {
  workflow: string;
  /** Each spec's `id` is its key in the workflow. */
  tasks: TaskSpec[];
  params?: Record<string, Json>;
  /** The text it was compiled from, kept with the run. */
  definition?: string;
  /** Longest time from submission to end, in milliseconds; what is left then is cancelled. */
  timeoutMs?: number;
  /** Who adds tasks as others end. */
  planner?: string;
}
