/** What screens show of registered workflows beside themselves: versions, recent runs, runs × tasks, plans. */
import { z } from "zod";
import { RUN_STATES, TASK_KINDS, TASK_STATES, TRIGGERS, ROLES } from "../base/words.ts";

const Time = z.iso.datetime();

/** A run in a strip or a column: how it went, and how long it took. */
export const RunMark = z
  .object({
    id: z.string(),
    state: z.enum(RUN_STATES),
    createdAt: Time,
    startedAt: Time.optional(),
    endedAt: Time.optional(),
    /** From its start to its end; absent while it goes on. */
    durationMs: z.int().optional(),
    definitionHash: z.string().optional(),
    schedule: z.string().optional(),
    /** Id of the task that holds it. */
    parent: z.string().optional(),
    paused: z.boolean().optional(),
  })
  .meta({ id: "RunMark" });
export type RunMark = z.infer<typeof RunMark>;

/** One text that a workflow has had, or that one of its runs began with. */
export const WorkflowVersion = z
  .object({
    /** Names its text and files by their content. */
    hash: z.string(),
    /** It is what the workflow is now. */
    current: z.boolean(),
    /** When it was registered, the last time; absent for one that only runs had, or of before versions were kept. */
    registeredAt: Time.optional(),
    /** Runs that began with it, among the newest `runsLookedAt`. */
    runs: z.int(),
    lastRun: z.object({ id: z.string(), state: z.enum(RUN_STATES), createdAt: Time }).optional(),
  })
  .meta({ id: "WorkflowVersion" });
export type WorkflowVersion = z.infer<typeof WorkflowVersion>;

export const WorkflowVersions = z
  .object({
    /** The newest first. */
    items: z.array(WorkflowVersion),
    /** How many runs were looked at, newest first. */
    runsLookedAt: z.int(),
    /** There are older runs, and perhaps older versions that they began with. */
    more: z.boolean(),
  })
  .meta({ id: "WorkflowVersions" });
export type WorkflowVersions = z.infer<typeof WorkflowVersions>;

export const WorkflowVersionDetail = z
  .object({
    hash: z.string(),
    definition: z.string(),
    files: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "WorkflowVersionDetail" });
export type WorkflowVersionDetail = z.infer<typeof WorkflowVersionDetail>;

const GridCell = z.object({
  id: z.string(),
  state: z.enum(TASK_STATES),
  /** Of its newest attempt; of a container, from its start to its end. Absent before its end. */
  durationMs: z.int().optional(),
  /** While it runs. */
  startedAt: Time.optional(),
  /** Number of its newest attempt, from the second on. */
  attempt: z.int().optional(),
  /** For a container: how many members it has. */
  members: z.int().optional(),
});
export type GridCell = z.infer<typeof GridCell>;

/** Runs of a workflow against its tasks. */
export const WorkflowGrid = z
  .object({
    /** Columns, the newest first. */
    runs: z.array(RunMark),
    /** Names of tasks in the order of the newest run that has them; those inside an `each` are a part of it. */
    rows: z.array(z.string()),
    /** For each row a cell for each run; null where that run has no such task. */
    cells: z.array(z.array(GridCell.nullable())),
    /** There are tasks that are left out: more than a page holds. */
    cut: z.boolean().optional(),
    /** Older runs: the `before` of the next page. */
    next: z.string().optional(),
  })
  .meta({ id: "WorkflowGrid" });
export type WorkflowGrid = z.infer<typeof WorkflowGrid>;

const PlanTask = z.object({
  name: z.string(),
  kind: z.enum(TASK_KINDS),
  /** From 0; tasks with a role have none. */
  level: z.int().optional(),
  needs: z.array(z.string()),
  role: z.enum(ROLES).optional(),
  /** For `compensate`: the task that it undoes. */
  of: z.string().optional(),
  /** What it does, in a line. */
  does: z.string(),
  arm: z.string().optional(),
  worker: z.string().optional(),
  trigger: z.enum(TRIGGERS).optional(),
  when: z.string().optional(),
  /** A person is asked first. */
  approval: z.string().optional(),
  /** Tasks that it stands for, where that is known. */
  members: z.int().optional(),
  retries: z.int().optional(),
  timeoutMs: z.int().optional(),
  /** What is known only when its turn has come. */
  later: z.array(z.string()),
});
export type PlanTask = z.infer<typeof PlanTask>;

/** What a run of a definition would do: its tasks with what they need. */
export const WorkflowPlanView = z
  .object({
    tasks: z.array(PlanTask),
    /** How many there are; more than `tasks` holds when it is large. */
    total: z.int(),
    /** Most tasks that run at once. */
    widest: z.int(),
  })
  .meta({ id: "WorkflowPlan" });
export type WorkflowPlanView = z.infer<typeof WorkflowPlanView>;
