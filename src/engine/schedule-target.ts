/** What the store keeps of a schedule beside core's part: how it was written, what it submits, and warnings. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { ScheduleRule } from "../core/schedules/calendar.ts";
import type { NewRun, NewTask } from "../core/command.ts";
import type { ScheduleDefinition } from "../core/schedules/events.ts";
import type { State } from "../core/state.ts";
import type { ScheduleSpec, ScheduleTarget, WorkflowTarget } from "../protocol/schedule.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import type { Library, Outside } from "./ports.ts";
import { withGiven } from "./graph/compiling.ts";
import { runFields } from "./new-run.ts";
import { type PolicyCaller, SCHEDULE_CALLER } from "./policy.ts";
import { ofOneTask } from "./refusals.ts";
import { routeTasks } from "./routing.ts";
import { linkTasks, lookUpCache, type Preparation, prepareTasks } from "./submission.ts";

/** The text of `SetSchedule`'s target, parsed. */
export interface KeptSchedule {
  spec: ScheduleSpec;
  warnings: string[];
  /** The registered workflow whose file asks for it. */
  of?: string;
}

export function parseKept(text: string): KeptSchedule {
  return JSON.parse(text) as KeptSchedule;
}

/** When the spec is due. `anchor` is where intervals are counted from. */
export function ruleOf(spec: ScheduleSpec, zone: string, days: readonly string[], anchor: number): ScheduleRule {
  const excludeDays = [...new Set([...(spec.exclude ?? []), ...days])];
  // Fields in a fixed order and none undefined: equal rules are equal texts.
  return {
    ...(spec.cron !== undefined && { crons: spec.cron }),
    ...(spec.everyMs !== undefined && { everyMs: spec.everyMs }),
    ...(isInterval(spec) && { anchor }),
    ...(spec.at !== undefined && { at: spec.at }),
    zone: spec.zone ?? zone,
    ...(spec.startAt !== undefined && { startAt: spec.startAt }),
    ...(spec.endAt !== undefined && { endAt: spec.endAt }),
    ...(excludeDays.length > 0 && { excludeDays }),
    ...(spec.blackouts !== undefined && { blackouts: spec.blackouts }),
    seed: spec.name,
  };
}

/** It counts elapsed time from its anchor. */
export function isInterval(spec: ScheduleSpec): boolean {
  return spec.everyMs !== undefined || spec.cron?.some((text) => /^((CRON_)?TZ=\S+\s+)?@every\b/i.test(text)) === true;
}

export function definitionOf(spec: ScheduleSpec, rule: ScheduleRule): ScheduleDefinition {
  const { name, overlap, catchUp, jitterMs, paused } = spec;
  return { schedule: name, rule, overlap, catchUp, jitterMs, paused };
}

/** The run of a workflow for one tick; the tick is its param `tick` where the workflow has such a param. */
export async function compileFor(outside: Outside, workflow: WorkflowTarget, tick: number): Promise<RunSpec> {
  return withGiven(await compileTarget(outside, workflow, tick), workflow);
}

async function compileTarget(outside: Outside, workflow: WorkflowTarget, tick: number): Promise<RunSpec> {
  if (workflow.params?.["tick"] !== undefined) return outside.compile(workflow);
  const params: Record<string, Json> = { ...workflow.params, tick: new Date(tick).toISOString() };
  try {
    return await outside.compile({ ...workflow, params });
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "invalid") throw error;
    // It has no such param, or something else is wrong, which this tells.
    return outside.compile(workflow);
  }
}

/** What it takes to make what a tick stands for, at the time of its turn. */
export interface Making {
  state: State;
  library: Library;
  preparation: Preparation;
  now: number;
  /** Who sets the schedule; absent: a tick of it has come. */
  by?: PolicyCaller | undefined;
}

export function newTask(spec: TaskSpec, making: Making): NewTask {
  const tasks = prepareTasks([spec], making.preparation, false);
  linkTasks(tasks, [spec], making);
  return placed(tasks, [spec], making)[0]!;
}

export function newRun(run: RunSpec, making: Making): NewRun {
  const tasks = prepareTasks(run.tasks, making.preparation, true);
  linkTasks(tasks, run.tasks, undefined);
  return { ...runFields(run, making.preparation.digest), tasks: placed(tasks, run.tasks, making) };
}

function placed(tasks: NewTask[], specs: readonly TaskSpec[], making: Making): NewTask[] {
  const { state, library, preparation, now, by = SCHEDULE_CALLER } = making;
  routeTasks(tasks, specs, state, preparation, { by });
  lookUpCache(tasks, library, now);
  return tasks;
}

/** Looks over what the schedule submits, as if a tick had come now; throws what its ticks would fail with. */
export async function checkTarget(target: ScheduleTarget, outside: Outside, making: Making): Promise<void> {
  try {
    if ("task" in target) newTask(target.task, making);
    else newRun(await compileFor(outside, target.workflow, making.now), making);
  } catch (error) {
    if (!(error instanceof OctopusError) || !("task" in target)) throw error;
    throw ofOneTask(error, "task");
  }
}

/** The refusal of a name that a person's schedule has. */
export function scheduleTaken(name: string, workflow: string): OctopusError {
  const message = `the workflow ${workflow} asks for a schedule, and there is one named ${name} that is not its own`;
  return new OctopusError("conflict", `${message}; remove that one, or take the schedule out of the file`);
}
