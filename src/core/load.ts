/**
 * Builds the state from what the store holds: start-up and recovery are this one path. Only live tasks and runs come to
 * memory. Running attempts keep their workers' names: a worker that survived us takes up where it was, and one that did
 * not loses them with its lease.
 */
import { type Token, trustKey } from "./access/access.ts";
import { taskOf } from "./create-task.ts";
import type { CallbackOn, RunState, TaskState } from "../base/words.ts";
import type { ArmSettings, Units, Origin, Quota } from "./asks.ts";
import { DEADLINE_SLACK_MS } from "./apply.ts";
import { enrol, reoccupy } from "./limits/apply-limits.ts";
import { watchLease } from "./fleet/decide-worker.ts";
import type { TaskDefinition } from "./task-events.ts";
import type { RunTurned } from "./runs/events.ts";
import type { Members, RunGroup, Tally, Undone } from "./graph/rule.ts";
import type { ScheduleDefinition } from "./schedules/events.ts";
import { enter } from "./flow/hold.ts";
import { loadFlow, loadRun } from "./flow/load-flow.ts";
import { loadAdmission, loadPlaces } from "./runs/load-runs.ts";
import { tenthsOf } from "./lane.ts";
import { addChild } from "./graph/edges.ts";
import { loadHolders, loadNode } from "./graph/load-graph.ts";
import { loadLimits } from "./limits/load-limits.ts";
import { loadSchedules } from "./schedules/load-schedules.ts";
import { addPluginVersion, type PluginVersion } from "./plugins/plugins.ts";
import { createState, type State } from "./state.ts";
import type { Task } from "./task.ts";
import { workerNamed } from "./fleet/fleet.ts";

/** A task that has not ended, as stored. */
export interface StoredTask {
  task: number;
  definition: TaskDefinition;
  state: TaskState;
  attempt: number;
  tries: number;
  losses: number;
  dueAt: number;
  /** Order in which it became ready; older work that was taken back has a smaller one. */
  readyAt: number;
  /** While running. */
  worker?: string | undefined;
  units?: Units | undefined;
  startedAt?: number | undefined;
  admittedAt?: number | undefined;
  cancel?: string | undefined;
  /** The cache key that was found for it, while it is held or runs. */
  cacheKey?: string | undefined;
  /** Where its definition has a node: */
  /** What it says was evaluated. */
  prepared?: true | undefined;
  approved?: true | undefined;
  /** A container that has begun: how many members it has in all. */
  total?: number | undefined;
  members?: Members | undefined;
  /** It waits for a person (`ApprovalAsked`), until then if there is an end to that. */
  asked?: { until?: number | undefined } | undefined;
  /** How its needs have ended that are not live; where its trigger is not the usual one, or some may fail. */
  tally?: Tally | undefined;
  /** It undoes a task that has ended: how and when (epoch milliseconds). */
  ofEnded?: Undone | undefined;
}

/** What a limit over time has used: a token bucket (`at` = when it is full again) or a window (`at` = its begin). */
export interface StoredMeter {
  name: string;
  at: number;
  used: number;
}

export interface StoredState {
  lastTask: number;
  lastRun: number;
  counts: Partial<Record<TaskState, number>>;
  runCounts: Partial<Record<RunState, number>>;
  /** Absent settings = the arm is known only from tasks that used it. */
  arms: {
    name: string;
    settings?: ArmSettings | undefined;
    processed: number;
    failed: number;
    lastRunAt: number;
  }[];
  runs: {
    run: number;
    workflow: string;
    started: boolean;
    cancelled: boolean;
    counts: Partial<Record<TaskState, number>>;
    deadlineAt?: number | undefined;
    planner?: string | undefined;
    /** Its planner has said how it ends. */
    planned?: { state: RunState; result?: string | undefined } | undefined;
    timedOut?: boolean | undefined;
    origin?: Origin | undefined;
    /** Number of its first task, ended or not. */
    firstTask?: number | undefined;
    /** False: it was never completely submitted. */
    sealed: boolean;
    paused: boolean;
    /** False: it waits for a place in its group. */
    admitted: boolean;
    parent?: number | undefined;
    depth: number;
    group?: RunGroup | undefined;
    maxParallel?: number | undefined;
    outputs?: true | undefined;
    /** What has begun after its main part, and how that ended. */
    phase?: RunTurned["phase"] | undefined;
    outcome?: RunState | undefined;
    /** How many of its tasks, members aside, have ended with leave. */
    allowed: number;
    /** Number of its tasks by state that say nothing of its outcome: members, tasks with a role, failures with leave. */
    aside?: Partial<Record<TaskState, number>> | undefined;
  }[];
  access: {
    cluster: string;
    tokens: Token[];
    keys: { worker: string; key: string; at: number }[];
  };
  /** With all the versions that are kept. */
  plugins: {
    plugin: string;
    /** Epoch milliseconds; 0 = it is there. */
    removedAt: number;
    removedBy?: string | undefined;
    versions: PluginVersion[];
  }[];
  /** Names of the workers that a person has drained. */
  drained: string[];
  /** Names of the registered workflows. */
  workflows: string[];
  quotas: { owner: string; quota: Quota }[];
  /** Token buckets and windows that are not back to full, by name; see `Summary`. */
  meters: StoredMeter[];
  /** Unique keys with a period that has not run out, whatever became of their tasks. */
  uniques: { key: string; task: number; until: number }[];
  schedules: (ScheduleDefinition & { nextAt?: number | undefined; lastTick?: number | undefined })[];
  /** Ticks that wait for the one before them, and fired ticks whose target was not made yet. */
  ticks: { schedule: string; tick: number; action: "queued" | "fired"; manual?: "trigger" | "backfill" | undefined }[];
  /** Callbacks that were not sent yet, ascending. */
  dues: { due: number; task: number; on: CallbackOn; state: TaskState; attempt: number }[];
  lastDue: number;
  lastBulk: number;
  /** Live tasks, in any order. */
  tasks: Iterable<StoredTask>;
}

export function loadState(stored: StoredState, now: number, leaseMs: number): State {
  const state = createState();
  state.lastTask = stored.lastTask;
  state.lastRun = stored.lastRun;
  Object.assign(state.counts, stored.counts);
  Object.assign(state.runCounts, stored.runCounts);
  loadAccess(state, stored.access);
  loadPlugins(state, stored.plugins);
  for (const worker of stored.drained) state.drained.add(worker);
  loadLimits(state, stored);
  for (const run of stored.runs) loadRun(state, run);
  for (const name of stored.workflows) state.graph.workflows.add(name);
  loadAdmission(state);
  const queued: { task: Task; readyAt: number }[] = [];
  const blocked: { task: Task; needs: readonly number[] }[] = [];
  const late: StoredTask[] = [];
  const take = (row: StoredTask): void => {
    const task = loadTask(state, row, now);
    if (task.state === "queued") queued.push({ task, readyAt: row.readyAt });
    else if (task.state === "blocked") blocked.push({ task, needs: row.definition.needs ?? [] });
  };
  for (const row of stored.tasks) {
    if (isHeld(state, row.definition)) late.push(row);
    else take(row);
  }
  // The limits that they are under are those of the tasks that hold them, which are older.
  for (const row of late.sort((a, b) => a.task - b.task)) take(row);
  loadPlaces(state);
  loadHolders(state);
  blocked.sort((a, b) => a.task.seq - b.task.seq);
  for (const { task, needs } of blocked) link(state, task, needs);
  loadFlow(state, stored, now);
  queued.sort((a, b) => a.readyAt - b.readyAt || a.task.seq - b.task.seq);
  for (const { task } of queued) enter(state, task, false);
  loadSchedules(state, stored);
  for (const worker of state.workers.values()) watchLease(state, worker, now + (leaseMs * 2) / 3);
  return state;
}

function loadAccess({ access }: State, { cluster, tokens, keys }: StoredState["access"]): void {
  access.cluster = cluster;
  for (const token of tokens) access.tokens.set(token.token, token);
  for (const { worker, key, at } of keys) trustKey(access, worker, key, at);
}

function loadPlugins({ plugins }: State, stored: StoredState["plugins"]): void {
  for (const { plugin: name, removedAt, removedBy, versions } of stored) {
    for (const version of versions) addPluginVersion(plugins, name, version);
    const plugin = plugins.get(name);
    if (plugin === undefined) continue;
    plugin.removedAt = removedAt;
    plugin.removedBy = removedBy;
  }
}

/** True for a task inside of another one. */
function isHeld(state: State, { run, inside }: TaskDefinition): boolean {
  return inside !== undefined || (run !== undefined && (state.runs.get(run)?.parent ?? 0) !== 0);
}

function loadTask(state: State, row: StoredTask, now: number): Task {
  const { definition } = row;
  const run = definition.run === undefined ? undefined : state.runs.get(definition.run);
  const task = taskOf(state, row.task, definition, run, row.state);
  enrol(task.lane);
  task.since = tenthsOf(row.readyAt);
  task.attempt = row.attempt;
  task.tries = row.tries;
  task.losses = row.losses;
  task.dueAt = row.dueAt;
  if (row.cacheKey !== undefined) state.flow.cacheKeys.set(task, row.cacheKey);
  state.tasks.set(task.seq, task);
  if (task.key !== undefined) state.keys.set(task.key, { task, hash: definition.hash ?? "" });
  if (run !== undefined) {
    run.open++;
    if (run.place === 0 || run.place > task.seq) run.place = task.seq;
  }
  if (task.expiresAt > 0) state.timers.add(task.expiresAt, "expire", task);
  if (task.state === "scheduled") state.timers.add(task.dueAt, "due", task);
  loadNode(state, task, row, now);
  if (task.state === "running" && task.node?.box === undefined) loadRunning(state, task, row, now);
  return task;
}

/** Makes a blocked task wait for those of its needs that are live. */
function link(state: State, task: Task, needs: readonly number[]): void {
  for (const need of needs) {
    const parent = state.tasks.get(need);
    if (parent === undefined) continue;
    task.waiting++;
    addChild(parent, task);
  }
}

function loadRunning(state: State, task: Task, row: StoredTask, now: number): void {
  const name = row.worker ?? "";
  const isKnown = state.workers.has(name);
  const worker = workerNamed(state, name);
  if (!isKnown) worker.lastSeenAt = now;
  task.live = {
    worker,
    startedAt: row.startedAt ?? now,
    admittedAt: row.admittedAt,
    cancel: row.cancel,
    units: row.units,
  };
  worker.attempts.add(task);
  reoccupy(state, task, worker);
  const { timeoutMs } = task.policy;
  if (timeoutMs > 0) state.timers.add(task.live.startedAt + timeoutMs + DEADLINE_SLACK_MS, "deadline", task);
}
