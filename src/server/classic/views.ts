/** What there is, in the words of that system: tasks, executions, clients. */
import { z } from "@hono/zod-openapi";
import type { Json, TaskState, WorkerState } from "../../base/words.ts";
import { JsonValue } from "../../protocol/json.ts";
import type { ScheduleView } from "../../protocol/schedule-views.ts";
import type { AttemptView, TaskView } from "../../protocol/views.ts";
import type { WorkerView } from "../../protocol/worker-views.ts";
import { type ClassicType, readKey, TYPES } from "./submission.ts";

const STATUS_OF: Readonly<Record<TaskState, string>> = {
  blocked: "Pending",
  scheduled: "Pending",
  queued: "Pending",
  running: "Running",
  succeeded: "Success",
  failed: "Failed",
  upstream_failed: "Failed",
  expired: "Failed",
  cancelled: "Cancelled",
  skipped: "Skipped",
};

export const ClassicTaskView = z
  .object({
    /** Of a task `t12`; of what comes again and again the name of its schedule. */
    id: z.string(),
    name: z.string().optional(),
    owner: z.string(),
    plugin: z.string(),
    action: z.string(),
    args: z.array(JsonValue),
    kwargs: z.record(z.string(), JsonValue),
    type: z.enum(TYPES),
    /** `Pending`, `Running`, `Success`, `Failed`, `Cancelled`, `Skipped`; of what comes again `Active`, `Paused` or `Done`. */
    status: z.string(),
    /** The client that ran it last. */
    executor: z.string().nullable(),
    result: JsonValue.optional(),
    /** Why it failed or waits. */
    message: z.string().optional(),
    created_at: z.string(),
    started_at: z.string().optional(),
    finished_at: z.string().optional(),
    execution_start_time: z.string().optional(),
    cron: z.string().optional(),
    /** Seconds. */
    interval: z.number().optional(),
    next_execution: z.string().optional(),
  })
  .meta({ id: "ClassicTaskView" });
export type ClassicTaskView = z.infer<typeof ClassicTaskView>;

export const ExecutionView = z
  .object({
    id: z.string(),
    task_id: z.string(),
    plugin: z.string(),
    action: z.string(),
    args: z.array(JsonValue),
    kwargs: z.record(z.string(), JsonValue),
    attempt: z.int(),
    executor: z.string().nullable(),
    status: z.string(),
    result: JsonValue.optional(),
    message: z.string().optional(),
    started_at: z.string().optional(),
    finished_at: z.string().optional(),
    /** Seconds. */
    duration: z.number().optional(),
  })
  .meta({ id: "Execution" });
export type ExecutionView = z.infer<typeof ExecutionView>;

export const ClientView = z
  .object({
    name: z.string(),
    /** `Online`, `Idle`, `Offline`; `Draining` takes no work. */
    status: z.string(),
    last_heartbeat: z.string().optional(),
    /** Seconds. */
    heartbeat_age: z.number().optional(),
    hostname: z.string(),
    ip_address: z.string().optional(),
    running: z.int(),
    slots: z.int(),
  })
  .meta({ id: "Client" });
export type ClientView = z.infer<typeof ClientView>;

interface PluginCall {
  plugin: string;
  action: string;
  args: Json[];
  kwargs: Record<string, Json>;
}

/** The call of a plugin in the work of a task, or of the tasks on all workers; undefined for anything else. */
export function callIn(work: Json | undefined): PluginCall | undefined {
  const { plugin, each } = (work ?? {}) as { plugin?: Json; each?: { task?: { work?: Json } } };
  if (each?.task?.work !== undefined) return callIn(each.task.work);
  if (plugin === undefined) return undefined;
  const call = (typeof plugin === "string" ? { name: plugin } : plugin) as {
    name: string;
    action?: string;
    args?: Json[];
    kwargs?: Record<string, Json>;
  };
  return { plugin: call.name, action: call.action ?? "main", args: call.args ?? [], kwargs: call.kwargs ?? {} };
}

/** Undefined for a task that calls no plugin. */
export function taskView(task: TaskView): ClassicTaskView | undefined {
  const call = callIn(task.work);
  if (call === undefined) return undefined;
  const isForAll = task.kind === "each";
  const said = readKey(task.uniqueKey?.key);
  return {
    ...{ id: task.id, ...(task.name !== undefined && { name: task.name }) },
    ...{ owner: said?.owner ?? (isForAll ? "ALL" : ownerOf(task)), ...call, type: said?.type ?? "Adhoc" },
    status: STATUS_OF[task.state],
    executor: isForAll ? "ALL" : (task.worker ?? null),
    ...endOf(task),
    created_at: task.createdAt,
    ...(task.startedAt !== undefined && { started_at: task.startedAt }),
    ...(task.endedAt !== undefined && { finished_at: task.endedAt }),
    ...(task.dueAt !== undefined && { execution_start_time: task.dueAt }),
  };
}

function endOf({ result, error, reason }: Pick<TaskView, "result" | "error" | "reason">) {
  const message = error?.message ?? reason;
  return { ...(result !== undefined && { result }), ...(message !== undefined && { message }) };
}

/** Whom it was meant for, as far as its task tells. */
function ownerOf({ worker, state, attempt }: TaskView): string {
  // What has run stands under the worker that ran it, whoever might have.
  return worker === undefined || attempt > 0 || state === "running" ? "Anyone" : worker;
}

/** What comes again and again; undefined where it calls no plugin. */
export function scheduleView(schedule: ScheduleView): ClassicTaskView | undefined {
  const task = schedule.task as { plugin?: Json; worker?: string; work?: Json } | undefined;
  const call = callIn(task?.work ?? task);
  if (call === undefined) return undefined;
  const type: ClassicType = schedule.everyMs === undefined ? "Scheduled" : "Interval";
  return {
    ...{ id: schedule.name, name: schedule.name, owner: task?.worker ?? "Anyone", ...call, type },
    status: schedule.paused ? "Paused" : schedule.nextAt === undefined ? "Done" : "Active",
    executor: null,
    created_at: schedule.createdAt,
    ...(schedule.startAt !== undefined && { execution_start_time: schedule.startAt }),
    ...(schedule.cron !== undefined && { cron: schedule.cron.join("; ") }),
    ...(schedule.everyMs !== undefined && { interval: schedule.everyMs / 1000 }),
    ...(schedule.nextAt !== undefined && { next_execution: schedule.nextAt }),
  };
}

/** The newest attempt of a task. */
export function executionView(task: TaskView): ExecutionView | undefined {
  const call = task.kind === "each" || task.attempt === 0 ? undefined : callIn(task.work);
  if (call === undefined) return undefined;
  const { id, attempt, state, startedAt, endedAt } = task;
  const seconds = (Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "")) / 1000;
  return {
    ...{ id: `${id}/${attempt}`, task_id: id, ...call, attempt, executor: task.worker ?? null },
    status: STATUS_OF[state],
    ...endOf(task),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(endedAt !== undefined && { finished_at: endedAt }),
    ...(Number.isFinite(seconds) && { duration: seconds }),
  };
}

/** An earlier attempt of a task. */
export function earlierView(task: TaskView, one: AttemptView): ExecutionView | undefined {
  const call = callIn(task.work);
  if (call === undefined) return undefined;
  const status = one.outcome === undefined ? "Running" : one.outcome === "succeeded" ? "Success" : "Failed";
  return {
    ...{ id: `${task.id}/${one.attempt}`, task_id: task.id, ...call, attempt: one.attempt, executor: one.worker },
    status,
    ...(one.error !== undefined && { message: one.error.message }),
    started_at: one.startedAt,
    ...(one.endedAt !== undefined && { finished_at: one.endedAt }),
    ...(one.durationMs !== undefined && { duration: one.durationMs / 1000 }),
  };
}

const CLIENT_STATUS: Readonly<Record<WorkerState, string>> = {
  online: "Online",
  idle: "Idle",
  offline: "Offline",
  draining: "Draining",
};

export function clientView({
  name,
  state,
  lastSeenAt,
  silentMs,
  host,
  address,
  active,
  slots,
}: WorkerView): ClientView {
  return {
    ...{ name, status: CLIENT_STATUS[state], hostname: host, running: active, slots },
    ...(lastSeenAt !== undefined && { last_heartbeat: lastSeenAt }),
    ...(silentMs !== undefined && { heartbeat_age: Math.round(silentMs / 1000) }),
    ...(address !== undefined && { ip_address: address }),
  };
}
