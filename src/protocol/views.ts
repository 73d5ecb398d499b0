/** What the API answers. Times are ISO 8601 in UTC; durations are whole milliseconds with the unit in the name. */
import { z } from "zod";
import {
  ATTEMPT_OUTCOMES,
  BULK_ACTIONS,
  CALLBACK_ON,
  LOG_STREAMS,
  RUN_STATES,
  TASK_KINDS,
  TASK_STATES,
  UNIQUE_POLICIES,
  UNIQUE_SCOPES,
  ROLES,
  TRIGGERS,
} from "../base/words.ts";
import { JsonValue } from "./json.ts";
import { WorkerView } from "./worker-views.ts";

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
    /** When it became ready to run; absent for an attempt of which that is not known any more. */
    readyAt: Time.optional(),
    /** Since when nothing but a worker was missing: before, it waited for its arm, a limit, or to be let go on. Absent = from `readyAt` on. */
    admittedAt: Time.optional(),
    startedAt: Time,
    endedAt: Time.optional(),
    durationMs: Ms.optional(),
    exitCode: z.int().optional(),
    signal: z.string().optional(),
    cpuMs: Ms.optional(),
    maxRssBytes: z.int().optional(),
    error: ErrorView.optional(),
    /** The version of its plugin that it ran: `report@3`; absent where that is not known any more. */
    plugin: z.string().optional(),
  })
  .meta({ id: "Attempt" });
export type AttemptView = z.infer<typeof AttemptView>;

export const RateView = z.object({ limit: z.int(), perMs: Ms, burst: z.int() });

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
    /** Where it may run, as it was submitted. */
    target: JsonValue.optional(),
    /** Certain units of its resources that it asks for, by their places. */
    units: z.record(z.string(), z.array(z.int())).optional(),
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
    owner: z.string().optional(),
    concurrencyKey: z.object({ key: z.string(), limit: z.int() }).optional(),
    uniqueKey: z
      .object({
        key: z.string(),
        scope: z.enum(UNIQUE_SCOPES),
        policy: z.enum(UNIQUE_POLICIES),
        periodMs: Ms.optional(),
      })
      .optional(),
    mutex: z.array(z.string()).optional(),
    rate: RateView.extend({ key: z.string() }).optional(),
    /** Amounts as people write them: `{cpu: 0.5}`. */
    resources: z.record(z.string(), z.number()).optional(),
    /** True when its result came from the cache; `cachedFrom` is the task that made it. */
    cached: z.boolean().optional(),
    cachedFrom: z.string().optional(),
    /** It failed, no try is left, and nobody has retried or dismissed it. */
    dead: z.boolean().optional(),
    /** It is the delivery of a callback of this task. */
    callbackOf: z.string().optional(),
    callbackOn: z.enum(CALLBACK_ON).optional(),
    /** The schedule that made it, and for which tick. */
    schedule: z.string().optional(),
    tick: Time.optional(),
    /** It failed, and may: the run goes on. */
    allowed: z.boolean().optional(),
    trigger: z.enum(TRIGGERS).optional(),
    role: z.enum(ROLES).optional(),
    /** Name of the task that it undoes. */
    compensates: z.string().optional(),
    /** Id of the `each` that holds it. */
    inside: z.string().optional(),
    /** For an `each`: how many members it has, and how many of them are in each state. */
    members: z.object({ total: z.int(), counts: z.partialRecord(z.enum(TASK_STATES), z.int()) }).optional(),
    /** For a `workflow`: the run that it holds. */
    subRun: z.string().optional(),
    /** A person has to agree before it starts, or has. */
    approval: z
      .object({
        message: z.string().optional(),
        state: z.enum(["waiting", "approved", "rejected"]).optional(),
        by: z.string().optional(),
        note: z.string().optional(),
        until: Time.optional(),
      })
      .optional(),
    /** A person said how it ended. */
    marked: z.object({ by: z.string().optional(), note: z.string().optional() }).optional(),
  })
  .meta({ id: "Task" });
export type TaskView = z.infer<typeof TaskView>;

/** A file that an attempt left in `$OCTOPUS_ARTIFACTS`. */
export const ArtifactView = z
  .object({ path: z.string(), bytes: z.int(), sha256: z.string(), attempt: z.int() })
  .meta({ id: "Artifact" });
export type ArtifactView = z.infer<typeof ArtifactView>;

export const TaskDetail = TaskView.extend({
  attempts: z.array(AttemptView),
  artifacts: z.array(ArtifactView),
  /** Who is to be told of what. */
  callbacks: z.array(z.object({ on: z.enum(CALLBACK_ON), type: z.string(), to: z.string() })),
  /** The tasks by which callbacks were delivered so far, newest last; at most 100. */
  deliveries: z.array(z.object({ id: z.string(), on: z.enum(CALLBACK_ON), state: z.enum(TASK_STATES) })),
  /** For a task on all workers: what became of it on each, by name, and who came too late to be asked. */
  workers: z
    .record(
      z.string(),
      z.object({
        id: z.string(),
        state: z.enum(TASK_STATES),
        result: JsonValue.optional(),
        error: ErrorView.optional(),
      }),
    )
    .optional(),
  lateWorkers: z.array(z.string()).optional(),
  /** What expressions of other tasks read as its outputs; absent when there are none, or they are too large to show. */
  outputs: z.record(z.string(), JsonValue).optional(),
  /** What it says, with the expressions as they stand in the file. */
  template: JsonValue.optional(),
}).meta({ id: "TaskDetail" });
export type TaskDetail = z.infer<typeof TaskDetail>;

export const ArmView = z
  .object({
    name: z.string(),
    enabled: z.boolean(),
    draining: z.boolean(),
    /** Most attempts at once; absent = no limit. */
    maxParallel: z.int().optional(),
    weight: z.int(),
    maxQueued: z.int().optional(),
    rate: RateView.optional(),
    /** 0 = strict priorities. */
    agingMs: Ms,
    timeoutMs: Ms.optional(),
    retries: z.int().optional(),
    handler: z.string().optional(),
    types: z.array(z.string()),
    active: z.int(),
    queued: z.int(),
    /** Blocked and scheduled tasks. */
    waiting: z.int(),
    processed: z.int(),
    failed: z.int(),
    lastRunAt: Time.optional(),
    /** Since when the one of its tasks waits that has waited longest and that no key, rate or quota holds back; to a tenth of a second. */
    oldestQueuedAt: Time.optional(),
  })
  .meta({ id: "Arm" });
export type ArmView = z.infer<typeof ArmView>;

/** Who holds a slot, a key, a mutex. */
export const Holder = z.object({
  id: z.string(),
  type: z.string(),
  attempt: z.int(),
  worker: z.string(),
  startedAt: Time,
});

export const ArmDetail = ArmView.extend({ holders: z.array(Holder) }).meta({ id: "ArmDetail" });
export type ArmDetail = z.infer<typeof ArmDetail>;

/** What an owner may use, and has used in the window that runs now. */
export const QuotaView = z
  .object({
    /** `*`: every owner without a quota of its own. */
    owner: z.string(),
    concurrent: z.int().optional(),
    tasks: z.object({ limit: z.int(), perMs: Ms }).optional(),
    cpu: z.object({ limitMs: Ms, perMs: Ms }).optional(),
    active: z.int(),
    tasksUsed: z.int().optional(),
    tasksResetAt: Time.optional(),
    cpuUsedMs: Ms.optional(),
    cpuResetAt: Time.optional(),
  })
  .meta({ id: "Quota" });
export type QuotaView = z.infer<typeof QuotaView>;

/** One action on many tasks. */
export const BulkView = z
  .object({
    id: z.string(),
    action: z.enum(BULK_ACTIONS),
    filter: JsonValue,
    /** How many tasks the filter matched when it was begun. */
    total: z.int(),
    done: z.int(),
    /** Tasks that did not allow it: ended already, live again, … */
    failed: z.int(),
    state: z.enum(["running", "done", "cancelled"]),
    createdAt: Time,
    endedAt: Time.optional(),
  })
  .meta({ id: "Bulk" });
export type BulkView = z.infer<typeof BulkView>;

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
    /** The line of the attempt that it begins with, from 1; absent in logs that were not counted. */
    line: z.int().optional(),
    /** It goes on with a line that was begun before. */
    joins: z.boolean().optional(),
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
  .object({
    id: z.string(),
    state: z.enum(TASK_STATES),
    existed: z.boolean().optional(),
    /** What the command policy says of it, where it only warns. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: "Submitted" });
export type Submitted = z.infer<typeof Submitted>;

/** The answer to a bulk submission: ids in the order of the request. */
export const BulkSubmitted = z
  .object({
    count: z.int(),
    ids: z.array(z.string()),
    /** What the command policy says of them, where it only warns: the first of it. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: "BulkSubmitted" });
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
  /** The page ended early, because much was to be looked at: everything newer than this was. Going on with `next` looks further. */
  readTo?: string;
}
