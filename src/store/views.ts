/** Rows as the API shows them. */
import type { Json } from "../base/words.ts";
import type { Origin } from "../core/asks.ts";
import type { Policy } from "../core/policy.ts";
import type { AttemptView, TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";
import { asksView } from "./ask-views.ts";
import { FIRST_END_CODE, kindOfCode, outcomeOfCode, runStateOfCode, stateCode, stateOfCode } from "./codes.ts";
import { nodeView, type Others } from "./node-views.ts";
import { type AttemptRow, needsOf, ruleOf, type TaskRow } from "./rows.ts";

export interface RunRow {
  seq: number;
  workflow: string;
  state: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  params: string | null;
  counts: string | null;
  deadline_at: number | null;
  result: string | null;
  reason: string | null;
  origin: string | null;
  paused: number | null;
  pause_reason: string | null;
  waiting: number | null;
  run_group: string | null;
  parent: number | null;
  depth: number | null;
  max_parallel: number | null;
  outputs: number | null;
  phase: string | null;
  outcome: number | null;
  retry_of: number | null;
  definition_hash: string | null;
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

export function taskView(row: TaskRow, others: Others): TaskView {
  const { idOf } = others;
  const policy = row.policy === null ? undefined : (JSON.parse(row.policy) as Policy);
  const running = row.run_attempt !== null;
  const id = row.key ?? `t${row.seq}`;
  return compact<TaskView>({
    id,
    name: row.name ?? undefined,
    run: row.run === null ? undefined : `r${row.run}`,
    type: row.type,
    kind: kindOfCode(row.kind),
    arm: row.arm ?? "default",
    priority: row.priority ?? 5,
    state: running ? "running" : stateOfCode(row.state),
    reason: running ? undefined : (row.reason ?? undefined),
    attempt: row.run_attempt ?? row.attempt,
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    // Tasks of a run have no ids of their own and need each other: a join of 1,000 looks nothing up.
    needs: (needsOf(row) ?? []).map((need) => (row.run === null ? idOf(need) : `t${need}`)),
    worker: row.run_worker ?? row.on_worker ?? undefined,
    ...timesView(row, running),
    timeoutMs: policy === undefined || policy.timeoutMs === 0 ? undefined : policy.timeoutMs,
    progress: undefined,
    progressMessage: undefined,
    work: JSON.parse(row.work) as Json,
    retries: retriesView(policy),
    dead: row.dead === 1 && !running ? true : undefined,
    ...asksView(row, idOf),
    ...nodeView(row, others),
    ...(running ? NO_OUTCOME : outcomeView(row, id)),
  });
}

function timesView(row: TaskRow, running: boolean) {
  const { needs, due_at: dueAt, outcome, state, run_started_at: runningSince } = row;
  const isRole = row.rule !== null && ruleOf(row.rule).role !== undefined;
  const waitedForNothing = dueAt === null && needs === null && !isRole;
  // A container that has begun has no attempt; nor has one that a person said the end of, or the cache.
  const startedAt = runningSince ?? (outcome === null && row.total === null ? null : row.started_at);
  return {
    createdAt: iso(row.created_at),
    // A task that became ready and started in one turn has no time for the one of the two.
    readyAt: time(row.ready_at ?? (waitedForNothing ? row.created_at : startedAt)),
    dueAt: running || state > stateCode.scheduled ? undefined : time(dueAt),
    startedAt: time(startedAt),
    endedAt: running || state < FIRST_END_CODE ? undefined : time(row.ended_at),
  };
}

const NO_OUTCOME = {
  result: undefined,
  resultHref: undefined,
  error: undefined,
  exitCode: undefined,
  signal: undefined,
};

/** What the newest attempt left behind. */
function outcomeView(row: AttemptRow, id: string) {
  return {
    result: row.result === null ? undefined : (JSON.parse(row.result) as Json),
    resultHref: row.result_ref === null ? undefined : `/api/v1/tasks/${id}/result`,
    error: row.error === null ? undefined : (JSON.parse(row.error) as TaskView["error"]),
    exitCode: row.exit_code ?? undefined,
    signal: row.signal ?? undefined,
  };
}

function retriesView(policy: Policy | undefined): Json | undefined {
  if (policy === undefined || (policy.retryLimit === 0 && policy.rules === undefined)) return undefined;
  const { retryLimit: limit, backoff, delayMs, maxDelayMs, jitter, exitCodes, rules } = policy;
  const view: { [key: string]: Json } = { limit, backoff, delayMs, maxDelayMs, jitter };
  if (exitCodes !== undefined) view["exitCodes"] = [...exitCodes];
  if (rules !== undefined) view["rules"] = rules as unknown as Json;
  return view;
}

/** The two moments that its waiting is told by. */
export function waitView(
  readyAt: number | null,
  admittedAt: number | null,
): Pick<AttemptView, "readyAt" | "admittedAt"> {
  if (readyAt === null) return {};
  return admittedAt === null || admittedAt <= readyAt
    ? { readyAt: iso(readyAt) }
    : { readyAt: iso(readyAt), admittedAt: iso(admittedAt) };
}

/** The attempts that the row of a task tells of: the newest that has ended, and the one that runs. */
export function attemptsOfTask(row: TaskRow): AttemptView[] {
  const attempts: AttemptView[] = [];
  const first = row.due_at === null && row.needs === null ? row.created_at : null;
  if (row.outcome !== null) {
    const readyAt = row.was_ready_at ?? row.ready_at ?? first ?? row.started_at;
    attempts.push(attemptView({ ...row, ready_at: readyAt }));
  }
  if (row.run_attempt !== null) {
    const startedAt = row.run_started_at!;
    // The row of a task that became ready and started in one turn is as it was before.
    const readyAt = row.state < stateCode.queued ? startedAt : (row.ready_at ?? first ?? startedAt);
    attempts.push({
      attempt: row.run_attempt,
      worker: row.run_worker!,
      ...waitView(readyAt, row.run_admitted_at),
      startedAt: iso(startedAt),
    });
  }
  return attempts;
}

export function attemptView(row: AttemptRow): AttemptView {
  return compact<AttemptView>({
    attempt: row.attempt,
    outcome: outcomeOfCode(row.outcome ?? 0),
    worker: row.on_worker ?? "",
    ...waitView(row.ready_at, row.admitted_at),
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

export function runView(row: RunRow, counts: RunView["counts"], idOf: (task: number) => string): RunView {
  return compact<RunView>({
    id: `r${row.seq}`,
    workflow: row.workflow,
    state: runStateOfCode(row.state),
    createdAt: iso(row.created_at),
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
    params: row.params === null ? undefined : (JSON.parse(row.params) as RunView["params"]),
    counts,
    deadlineAt: time(row.deadline_at),
    reason: row.reason ?? row.pause_reason ?? undefined,
    result: row.result === null ? undefined : (JSON.parse(row.result) as Json),
    paused: row.paused === 1 ? true : undefined,
    phase: (row.phase as RunView["phase"] | null) ?? undefined,
    outcome: row.outcome === null ? undefined : runStateOfCode(row.outcome),
    parent: row.parent === null ? undefined : idOf(row.parent),
    group: row.run_group === null ? undefined : (JSON.parse(row.run_group) as RunView["group"]),
    waiting: row.waiting === 1 ? true : undefined,
    maxParallel: row.max_parallel ?? undefined,
    retryOf: row.retry_of === null ? undefined : `r${row.retry_of}`,
    definitionHash: row.definition_hash ?? undefined,
    ...(row.origin !== null && tickOfRun(JSON.parse(row.origin) as Origin)),
  });
}

function tickOfRun(origin: Origin): Pick<RunView, "schedule" | "tick"> {
  return origin.type === "schedule" ? { schedule: origin.schedule, tick: iso(origin.tick) } : {};
}
