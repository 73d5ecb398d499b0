/** Runs and registered workflows as the API shows them. */
import { z } from "zod";
import { RUN_OVERLAPS, RUN_STATES, TASK_STATES } from "../base/words.ts";
import { JsonValue } from "./json.ts";
import { TaskView } from "./views.ts";
import { RunMark } from "./workflow-views.ts";

const Time = z.iso.datetime();

export const RunView = z
  .object({
    id: z.string(),
    workflow: z.string(),
    state: z.enum(RUN_STATES),
    createdAt: Time,
    startedAt: Time.optional(),
    endedAt: Time.optional(),
    params: z.record(z.string(), JsonValue).optional(),
    /** Number of its tasks in each state; states with none are left out. */
    counts: z.partialRecord(z.enum(TASK_STATES), z.int()),
    /** When what is left of it is cancelled. */
    deadlineAt: Time.optional(),
    reason: z.string().optional(),
    result: JsonValue.optional(),
    schedule: z.string().optional(),
    tick: Time.optional(),
    /** Nothing of it starts until somebody resumes it. */
    paused: z.boolean().optional(),
    /** What goes on after its main part, and how that ended. */
    phase: z.enum(["compensate", "handlers", "exit", "outputs"]).optional(),
    outcome: z.enum(RUN_STATES).optional(),
    /** Id of the task that holds it. */
    parent: z.string().optional(),
    group: z.object({ name: z.string(), limit: z.int(), overlap: z.enum(RUN_OVERLAPS) }).optional(),
    /** It waits for a place in its group. */
    waiting: z.boolean().optional(),
    maxParallel: z.int().optional(),
    /** The run that this one does again. */
    retryOf: z.string().optional(),
    /** Names its definition by its content. */
    definitionHash: z.string().optional(),
  })
  .meta({ id: "Run" });

export type RunView = z.infer<typeof RunView>;

export const RunDetail = RunView.extend({
  /** Its tasks, those inside an `each` left out; the first 5000. */
  tasks: z.array(TaskView),
  /** There are more than `tasks` holds: `GET /tasks?run=` has them all, page by page. */
  more: z.boolean().optional(),
  definition: z.string().optional(),
  files: z.record(z.string(), z.string()).optional(),
}).meta({ id: "RunDetail" });

export type RunDetail = z.infer<typeof RunDetail>;

/** A registered workflow. */
export const WorkflowView = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    /** Names its definition by its content. */
    definitionHash: z.string(),
    createdAt: Time,
    updatedAt: Time,
    /** Names of its schedules. */
    schedules: z.array(z.string()),
    lastRun: z.object({ id: z.string(), state: z.enum(RUN_STATES) }).optional(),
    /** Its newest runs, the newest first; only where they are asked for. */
    recent: z.array(RunMark).optional(),
  })
  .meta({ id: "Workflow" });

export type WorkflowView = z.infer<typeof WorkflowView>;

export const WorkflowDetail = WorkflowView.extend({
  definition: z.string(),
  files: z.record(z.string(), z.string()).optional(),
  /** What is odd about it and no error. */
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  /** JSON Schema of its params; absent where the definition is not right any more. */
  params: z.record(z.string(), JsonValue).optional(),
}).meta({ id: "WorkflowDetail" });

export type WorkflowDetail = z.infer<typeof WorkflowDetail>;

/** Why tasks of a run wait, did not run or failed. */
export const RunExplanation = z
  .object({
    id: z.string(),
    state: z.enum(RUN_STATES),
    /** One sentence. */
    summary: z.string(),
    /** Number of its tasks in each state, whether they were looked at or not. */
    counts: z.partialRecord(z.enum(TASK_STATES), z.int()),
    /** Tasks that have the same reason, the largest group first: of those that were looked at. */
    groups: z.array(
      z.object({
        state: z.enum(TASK_STATES),
        /** As in `Explanation`; `ended` where a task has ended and its words are all that is known. */
        code: z.string(),
        message: z.string(),
        about: z.string().optional(),
        until: Time.optional(),
        count: z.int(),
        /** The first of them. */
        tasks: z.array(z.object({ id: z.string(), name: z.string().optional() })),
      }),
    ),
    /** States of which not all tasks were looked at, with the number of those that were: the newest. */
    lookedAt: z.partialRecord(z.enum(TASK_STATES), z.int()).optional(),
    /** There are more tasks than were looked at, or more groups than are told. */
    more: z.boolean().optional(),
  })
  .meta({ id: "RunExplanation" });

export type RunExplanation = z.infer<typeof RunExplanation>;
