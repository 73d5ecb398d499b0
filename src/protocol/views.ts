/** What the API answers. Times are ISO 8601 in UTC; durations are whole milliseconds with the unit in the name. */
import { z } from "zod";
import { ATTEMPT_OUTCOMES, LOG_STREAMS, RUN_STATES, TASK_KINDS, TASK_STATES, WORKER_STATES } from "../base/words.ts";
import { JsonValue } from "./json.ts";

const Time = z.iso.datetime();
const Ms = z.int();

export const ErrorView = z.object({
  message: z.string(),
  kind: z.string().optional(),
  stack: z.string().optional(),
});

export const AttemptView = z
  .object({
    attempt: z.int(),
    /** Absent while it runs. */
    outcome: z.enum(ATTEMPT_OUTCOMES).optional(),
    worker: z.string(),
    startedAt: Time,
    endedAt: Time.optional(),
    durationMs: Ms.optional(),
    exitCode: z.int().optional(),
    signal: z.string().optional(),
    cpuMs: Ms.optional(),
    maxRssBytes: z.int().optional(),
    error: ErrorView.optional(),
  })
  .meta({ id: "Attempt" });
export type AttemptView = z.infer<typeof AttemptView>;

export const TaskView = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    run: z.string().optional(),
    type: z.string(),
    kind: z.enum(TASK_KINDS),
    arm: z.string(),
    priority: z.int(),
    state: z.enum(TASK_STATES),
    /** Why it ended or waits, in words, where the state alone does not say. */
    reason: z.string().optional(),
    /** Number of the newest attempt; 0 before the first. */
    attempt: z.int(),
    tags: z.array(z.string()),
    needs: z.array(z.string()),
    worker: z.string().optional(),
    createdAt: Time,
    /** When it became ready to run. */
    readyAt: Time.optional(),
    /** When it is due, while it is scheduled. */
    dueAt: Time.optional(),
    startedAt: Time.optional(),
    endedAt: Time.optional(),
    timeoutMs: Ms.optional(),
    progress: z.number().optional(),
    progressMessage: z.string().optional(),
    /** What it does. */
    work: JsonValue,
    retries: JsonValue.optional(),
    result: JsonValue.optional(),
    /** Set instead of `result` when that is too large to stand in an answer. */
    resultHref: z.string().optional(),
    error: ErrorView.optional(),
    exitCode: z.int().optional(),
    signal: z.string().optional(),
  })
  .meta({ id: "Task" });
export type TaskView = z.infer<typeof TaskView>;

export const TaskDetail = TaskView.extend({ attempts: z.array(AttemptView) }).meta({ id: "TaskDetail" });
export type TaskDetail = z.infer<typeof TaskDetail>;

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
  })
  .meta({ id: "Run" });
export type RunView = z.infer<typeof RunView>;

export const RunDetail = RunView.extend({
  tasks: z.array(TaskView),
  definition: z.string().optional(),
}).meta({ id: "RunDetail" });
export type RunDetail = z.infer<typeof RunDetail>;

export const WorkerView = z
  .object({
    name: z.string(),
    state: z.enum(WORKER_STATES),
    slots: z.int(),
    active: z.int(),
    kinds: z.array(z.string()),
    functions: z.array(z.string()),
    host: z.string(),
    pid: z.int(),
    octopus: z.string(),
    connectedAt: Time.optional(),
    lastSeenAt: Time.optional(),
    rssBytes: z.int().optional(),
    load: z.number().optional(),
  })
  .meta({ id: "Worker" });
export type WorkerView = z.infer<typeof WorkerView>;

export const ArmView = z
  .object({
    name: z.string(),
    enabled: z.boolean(),
    /** Most attempts at once; absent = no limit. */
    maxParallel: z.int().optional(),
    active: z.int(),
    queued: z.int(),
    processed: z.int(),
    failed: z.int(),
    lastRunAt: Time.optional(),
  })
  .meta({ id: "Arm" });
export type ArmView = z.infer<typeof ArmView>;

/** Why a task is not running: every reason that holds now. */
export const Explanation = z
  .object({
    id: z.string(),
    state: z.enum(TASK_STATES),
    /** One sentence. */
    summary: z.string(),
    reasons: z.array(
      z.object({
        /** Stable word for programs: `needs`, `due`, `arm_full`, `arm_disabled`, `ahead`, `no_worker`, `worker_busy`, … */
        code: z.string(),
        message: z.string(),
        /** What it waits for, where that is a task, an arm or a worker. */
        about: z.string().optional(),
        /** When it changes by itself, if known. */
        until: Time.optional(),
      }),
    ),
  })
  .meta({ id: "Explanation" });
export type Explanation = z.infer<typeof Explanation>;

export const LogLine = z
  .object({
    /** Position in the attempt's log; pass the last one back as `after`. */
    n: z.int(),
    attempt: z.int(),
    stream: z.enum(LOG_STREAMS),
    at: Time,
    text: z.string().optional(),
    /** Output that is not valid UTF-8. */
    base64: z.string().optional(),
  })
  .meta({ id: "LogLine" });
export type LogLine = z.infer<typeof LogLine>;

export const StatusView = z
  .object({
    version: z.string(),
    state: z.enum(["starting", "ready", "draining", "failed"]),
    startedAt: Time,
    dataDir: z.string(),
    counts: z.partialRecord(z.enum(TASK_STATES), z.int()),
    runs: z.partialRecord(z.enum(RUN_STATES), z.int()),
    arms: z.array(ArmView),
    workers: z.array(WorkerView),
    rssBytes: z.int(),
    databaseBytes: z.int(),
    oldestQueuedAt: Time.optional(),
  })
  .meta({ id: "Status" });
export type StatusView = z.infer<typeof StatusView>;

/** The answer to a submission. */
export const Submitted = z
  .object({ id: z.string(), state: z.enum(TASK_STATES), existed: z.boolean().optional() })
  .meta({ id: "Submitted" });
export type Submitted = z.infer<typeof Submitted>;

/** The answer to a bulk submission: ids in the order of the request. */
export const BulkSubmitted = z.object({ count: z.int(), ids: z.array(z.string()) }).meta({ id: "BulkSubmitted" });
export type BulkSubmitted = z.infer<typeof BulkSubmitted>;

/** RFC 9457. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .loose()
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** A page of a list: pass `next` back as `cursor`. */
export interface Page<T> {
  items: T[];
  next?: string;
}
