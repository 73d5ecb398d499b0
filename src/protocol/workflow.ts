/** A run as the API takes it: a workflow already compiled to tasks that need each other by name. */
import { z } from "zod";
import { EXECUTORS, type Json, type RunOverlap } from "../base/words.ts";
import { Period } from "./asks.ts";
import { Name } from "./common.ts";
import { JsonValue } from "./json.ts";
import type { Issue } from "../base/errors.ts";
import type { ScheduleSpec } from "./schedule.ts";
import { WrittenTarget } from "./target.ts";
import type { TaskSpec } from "./task.ts";
import { WorkflowPlanView } from "./workflow-views.ts";

const EMPTY = "must hold a workflow, and it is empty: write tasks: {name: command}";

/** One workflow file in its raw form, and the values for its params. The server compiles it. */
export const RunSubmission = z
  .strictObject({
    /** The text of a workflow file (YAML or JSON). */
    definition: z.string().min(1, EMPTY).optional(),
    /** Or the name of a registered one. */
    workflow: Name.optional(),
    /** Texts of the workflow files that it runs, by the path that it gives them. */
    files: z.record(z.string().min(1), z.string()).optional(),
    /** File name for error messages. */
    source: z.string().optional(),
    params: z.record(Name, JsonValue).optional(),
    /** Folder in which its shell commands run unless they say otherwise. */
    cwd: z.string().optional(),
    arm: Name.optional(),
    /** Where tasks run that do not say it; stronger than `target` at the top of the file. */
    target: WrittenTarget.optional(),
    /** Longest time from submission to end; what is left then is cancelled. */
    timeout: Period.optional(),
    /** `sequential`: one task at a time, in the order of the file. */
    executor: z.enum(EXECUTORS).optional(),
    /** Most of its tasks that run at once. */
    maxParallel: z.int().min(1).optional(),
  })
  .refine(({ definition, workflow }) => (definition === undefined) !== (workflow === undefined), {
    error: "must hold either a definition or the name of a workflow",
  })
  .meta({ id: "RunSubmission" });
export type RunSubmission = z.input<typeof RunSubmission>;

/** The answer to a run that was submitted. */
export const RunAccepted = z
  .object({
    id: z.string(),
    /** What is odd about the file and no error. */
    warnings: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "RunAccepted" });
export type RunAccepted = z.infer<typeof RunAccepted>;

/** A compiled workflow: tasks name each other by key in `needs`. */
export interface RunSpec {
  workflow: string;
  /** What the file says it is for. */
  description?: string;
  /** Each spec's `id` is its key in the workflow. */
  tasks: TaskSpec[];
  params?: Record<string, Json>;
  /** The text it was compiled from, kept with the run. */
  definition?: string;
  /** Longest time from submission to end, in milliseconds; what is left then is cancelled. */
  timeoutMs?: number;
  /** Who adds tasks as others end. */
  planner?: string;
  files?: Record<string, string>;
  group?: { name: string; limit: number; overlap: RunOverlap };
  maxParallel?: number;
  /** Ready tasks go in the order of the file, whatever earlier runs say of their length. */
  ordered?: true;
  /** What expressions of its tasks may name beside params and tasks, and what the run leaves. */
  scope?: RunScope;
  /** What is odd about it and no error. */
  warnings?: Issue[];
  /** Schedules that its file asks for; only registering it makes them. */
  schedules?: Omit<ScheduleSpec, "name" | "target">[];
  /** The run that this one does again. */
  retryOf?: string;
  /** JSON Schema of the params that it declares; only where it was compiled to be looked at. */
  paramsSchema?: Record<string, Json>;
}

export interface RunScope {
  env?: Record<string, string>;
  /** What it was compiled with beside its params: needed to compile it again with others. */
  given?: { cwd?: string | undefined; arm?: string | undefined; target?: Json | undefined; ordered?: true | undefined };
  /** By name: CEL or `${{ }}` over the tasks of the run. */
  outputs?: Record<string, Json>;
}

/** What is to be done again of a run. */
export const RunRetry = z
  .strictObject({
    /** `all` of it, or what has `failed` and what could not run for that. Default: failed. */
    from: z.enum(["all", "failed"]).optional(),
    /** Only this task (its name in the file). */
    task: z.string().min(1).optional(),
    /** With everything that needs it, directly or not. */
    downstream: z.boolean().optional(),
    /** Params that are to be others from now on. */
    params: z.record(Name, JsonValue).optional(),
  })
  .meta({ id: "RunRetry" });
export type RunRetry = z.infer<typeof RunRetry>;

/** The word of a person about how a task has ended. */
export const TaskMark = z
  .strictObject({
    state: z.enum(["succeeded", "failed", "skipped"]),
    note: z.string().max(2000).optional(),
    by: z.string().min(1).max(200).optional(),
    /** What it is to have returned. */
    result: JsonValue.optional(),
  })
  .meta({ id: "TaskMark" });
export type TaskMark = z.infer<typeof TaskMark>;

/** The word of a person about whether a task may start. */
export const Verdict = z
  .strictObject({ note: z.string().max(2000).optional(), by: z.string().min(1).max(200).optional() })
  .meta({ id: "Verdict" });
export type Verdict = z.infer<typeof Verdict>;

/** A workflow that is to be registered. */
export const WorkflowSubmission = z
  .strictObject({
    definition: z.string().min(1, EMPTY),
    source: z.string().optional(),
    files: z.record(z.string().min(1), z.string()).optional(),
  })
  .meta({ id: "WorkflowSubmission" });
export type WorkflowSubmission = z.infer<typeof WorkflowSubmission>;

/** What was found of a workflow file that was only looked at. */
export const WorkflowCheck = z
  .object({
    valid: z.boolean(),
    /** Absent where the file is too wrong to tell. */
    name: z.string().optional(),
    tasks: z.int().optional(),
    problems: z.array(z.object({ path: z.string(), message: z.string() })),
    /** What is odd about it and no error. */
    warnings: z.array(z.object({ path: z.string(), message: z.string() })),
    /** What a run would do, where it was asked for. */
    plan: WorkflowPlanView.optional(),
    /** JSON Schema of its params, where the plan was asked for. */
    params: z.record(z.string(), JsonValue).optional(),
  })
  .meta({ id: "WorkflowCheck" });
export type WorkflowCheck = z.infer<typeof WorkflowCheck>;
