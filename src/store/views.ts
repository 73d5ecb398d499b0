/** Rows as the API shows them. */
import type { Json } from "../base/words.ts";
import type { Policy } from "../core/policy.ts";
import type { AttemptView, RunView, TaskView } from "../protocol/views.ts";
import { kindOfCode, outcomeOfCode, runStateOfCode, stateOfCode } from "./codes.ts";
import { needsOf, type TaskRow } from "./rows.ts";

export interface AttemptRow {
  n: number;
  outcome: number;
  worker: string;
  started_at: number;
  ended_at: number;
  duration_ms: number | null;
  exit_code: number | null;
  signal: string | null;
  cpu_ms: number | null;
  max_rss_bytes: number | null;
  error: string | null;
  result: string | null;
  result_ref: string | null;
}

export interface RunRow {
  seq: number;
  workflow: string;
  state: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  params: string | null;
  counts: string | null;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Leaves out what is undefined, so that answers carry no empty fields. */
export function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const out = value as Record<string, unknown>;
  for (const key of Object.keys(out)) if (out[key] === undefined) delete out[key];
  return out as T;
}

const time = (ms: number | null): string | undefined => (ms === null ? undefined : iso(ms));

/** `last` is the newest attempt that ended, if any; `idOf` tells the id that people see of a task's number. */
export function taskView(row: TaskRow, last: AttemptRow | undefined, idOf: (seq: number) => string): TaskView {
  const policy = row.policy === null ? undefined : (JSON.parse(row.policy) as Policy);
  const shown = last !== undefined && last.n === row.attempt && row.state !== 3 ? last : undefined;
  const waitedForNothing = row.due_at === null && row.needs === null;
  return compact<TaskView>({
    id: row.key ?? `t${row.seq}`,
    name: row.name ?? undefined,
    run: row.run === null ? undefined : `r${row.run}`,
    type: row.type,
    kind: kindOfCode(row.kind),
    arm: row.arm ?? "default",
    priority: row.priority ?? 5,
    state: stateOfCode(row.state),
    reason: row.reason ?? undefined,
    attempt: row.attempt ?? 0,
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    needs: (needsOf(row) ?? []).map(idOf),
    worker: row.on_worker ?? undefined,
    createdAt: iso(row.created_at),
    readyAt: time(row.ready_at ?? (waitedForNothing ? row.created_at : null)),
    dueAt: time(row.due_at),
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    timeoutMs: policy === undefined || policy.timeoutMs === 0 ? undefined : policy.timeoutMs,
    progress: undefined,
    progressMessage: undefined,
    work: JSON.parse(row.work) as Json,
    retries: retriesView(policy),
    result: shown?.result == null ? undefined : (JSON.parse(shown.result) as Json),
    resultHref: shown?.result_ref == null ? undefined : `/api/v1/tasks/${row.key ?? `t${row.seq}`}/result`,
    error: shown?.error == null ? undefined : (JSON.parse(shown.error) as TaskView["error"]),
    exitCode: shown?.exit_code ?? undefined,
    signal: shown?.signal ?? undefined,
  });
}

function retriesView(policy: Policy | undefined): Json | undefined {
  if (policy === undefined || policy.retryLimit === 0) return undefined;
  const { retryLimit: limit, backoff, delayMs, maxDelayMs, jitter, exitCodes } = policy;
  const view = { limit, backoff, delayMs, maxDelayMs, jitter };
  return exitCodes === undefined ? view : { ...view, exitCodes: [...exitCodes] };
}

export function attemptView(row: AttemptRow): AttemptView {
  return compact<AttemptView>({
    attempt: row.n,
    outcome: outcomeOfCode(row.outcome),
    worker: row.worker,
    startedAt: iso(row.started_at),
    endedAt: iso(row.ended_at),
    durationMs: row.duration_ms ?? row.ended_at - row.started_at,
    exitCode: row.exit_code ?? undefined,
    signal: row.signal ?? undefined,
    cpuMs: row.cpu_ms ?? undefined,
    maxRssBytes: row.max_rss_bytes ?? undefined,
    error: row.error === null ? undefined : (JSON.parse(row.error) as AttemptView["error"]),
  });
}

export function runView(row: RunRow, counts: RunView["counts"]): RunView {
  return compact<RunView>({
    id: `r${row.seq}`,
    workflow: row.workflow,
    state: runStateOfCode(row.state),
    createdAt: iso(row.created_at),
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    params: row.params === null ? undefined : (JSON.parse(row.params) as RunView["params"]),
    counts,
  });
}
