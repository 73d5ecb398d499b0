/**
 * The only place where events change the state. `apply` never refuses: an event that does not fit is a broken invariant.
 * It decides nothing either; what follows from a change (a child that becomes ready, a run that is complete) is the next
 * event, emitted by `decide`.
 */
import { assert } from "../base/assert.ts";
import { isEnded, type TaskState } from "../base/words.ts";
import type { Event } from "./event.ts";
import type { AttemptEnded, AttemptStarted, TaskReopened, TaskSubmitted, TasksDeleted } from "./task-events.ts";
import { applyCacheKeyed, applyCallbackDue, applyTaskMoved, freeUnique, wish } from "./flow/apply-flow.ts";
import {
  applyRunCreated,
  applyRunEnded,
  applyRunPlanned,
  applyRunReopened,
  applyRunStarted,
} from "./flow/apply-run.ts";
import { applyArmConfigured, applyArmRemoved, applyQuotaSet, occupy, retire, vacate } from "./limits/apply-limits.ts";
import { applyScheduleFired, applyScheduleSet, applyScheduleTicked } from "./schedules/apply-schedule.ts";
import { applyRunAdmitted, applyRunDropped, applyRunPaused, applyRunSealed } from "./runs/apply-runs.ts";
import { left, makeWay, queue, start, unqueue } from "./flow/hold.ts";
import { applyPlugin, type PluginEvent } from "./plugins/plugins.ts";
import { type AccessEvent, applyAccess } from "./access/access.ts";
import { applyFleet } from "./fleet/apply-worker.ts";
import { workerNamed } from "./fleet/fleet.ts";
import { noteNear } from "./fleet/near.ts";
import { applyTaskPutOff, applyTaskReplaced, putOffQueued } from "./apply-edit.ts";
import { createTask } from "./create-task.ts";
import { TRANSITIONS } from "./lifecycle.ts";
import { addChild } from "./graph/edges.ts";
import {
  applyGraph,
  applyNodeEnded,
  applyNodeReopened,
  applyNodeSubmitted,
  applyTaskOpened,
  countEnd,
  type GraphEvent,
  noteUndone,
  uncount,
} from "./graph/apply-graph.ts";
import { endOf } from "./graph/trigger.ts";
import { runOf, type State } from "./state.ts";
import type { Task } from "./task.ts";
import { deleteUniques } from "./flow/uniques.ts";

/**
 * How long after its timeout an attempt is given up although its worker is there. The worker ends attempts that run out
 * of time itself; this is for a worker that does not.
 */
export const DEADLINE_SLACK_MS = 60_000;

type OtherEvent =
  | `${"Run" | "Arm" | "Quota" | "Schedule" | "Calendar" | "Worker"}${string}`
  | AccessEvent["type"]
  | PluginEvent["type"]
  | GraphEvent["type"];

/** Changes `state` by what `event` says happened at `now`. */
export function apply(state: State, event: Event, now: number): void {
  state.now = now;
  switch (event.type) {
    case "AttemptStarted":
      return applyAttemptStarted(state, event, now);
    case "AttemptEnded":
      return applyAttemptEnded(state, event, now);
    case "TaskSubmitted":
      return applyTaskSubmitted(state, event, now);
    case "TaskReady":
      return enter(state, taskOf(state, event.task), "queued", 0, false);
    case "TaskScheduled":
      if (taskOf(state, event.task).state === "queued")
        return putOffQueued(state, taskOf(state, event.task), event.dueAt);
      return enter(state, taskOf(state, event.task), "scheduled", event.dueAt, false);
    case "TaskEnded":
      if (event.allowed === true) taskOf(state, event.task).node!.allowed = true;
      // What a person says of one task is no result for others.
      if (event.said === "marked") makeWay(state, taskOf(state, event.task));
      return enter(state, taskOf(state, event.task), event.state, 0, false);
    case "TaskOpened":
      applyTaskOpened(state, taskOf(state, event.task), event);
      return enter(state, taskOf(state, event.task), "running", 0, false);
    case "CancelRequested":
      return applyCancelRequested(state, event.task, event.reason);
    case "TaskReopened":
      return applyTaskReopened(state, event, now);
    case "TasksDeleted":
      return applyTasksDeleted(state, event);
    case "CacheKeyed":
      return applyCacheKeyed(state, taskOf(state, event.task), event.key);
    case "TaskMoved":
      return applyTaskMoved(state, taskOf(state, event.task), event);
    case "TasksDismissed":
      return;
    case "CallbackDue":
      return applyCallbackDue(state, event);
    case "CallbackSent":
      state.flow.dues.delete(event.due);
      return;
    case "TaskPutOff":
      return applyTaskPutOff(state, taskOf(state, event.task), event);
    case "TaskReplaced":
      return applyTaskReplaced(state, taskOf(state, event.task), event);
    case "BulkStarted":
      state.flow.lastBulk = event.bulk;
      return;
    case "BulkProgressed":
      return;
    default:
      return applyOther(state, event);
  }
}

/** What is not about one task or its callbacks. */
function applyOther(state: State, event: Extract<Event, { type: OtherEvent }>): void {
  switch (event.type) {
    case "RunCreated":
      return applyRunCreated(state, event);
    case "RunStarted":
      return applyRunStarted(state, event.run);
    case "RunCancelRequested":
      runOf(state, event.run).cancelled = true;
      return;
    case "RunTimedOut":
      runOf(state, event.run).timedOut = true;
      return;
    case "RunPlanned":
      return applyRunPlanned(state, event);
    case "RunEnded":
      return applyRunEnded(state, event);
    case "RunReopened":
      return applyRunReopened(state, event);
    case "RunSealed":
      return applyRunSealed(state, event);
    case "RunDropped":
      return applyRunDropped(state, event);
    case "RunPaused":
      return applyRunPaused(state, event);
    case "RunAdmitted":
      return applyRunAdmitted(state, event);
    case "ArmConfigured":
      return applyArmConfigured(state, event);
    case "ArmRemoved":
      return applyArmRemoved(state, event);
    case "QuotaSet":
      return applyQuotaSet(state, event);
    case "ScheduleSet":
      return applyScheduleSet(state, event);
    case "ScheduleRemoved":
      state.schedules.byName.delete(event.schedule);
      return;
    case "ScheduleTicked":
      return applyScheduleTicked(state, event);
    case "ScheduleFired":
      return applyScheduleFired(state, event);
    case "CalendarSet":
      return;
    case "WorkerJoined":
    case "WorkerDraining":
    case "WorkerResumed":
    case "WorkerForgotten":
    case "WorkerLeft":
      return applyFleet(state, event);
    case "ClusterFounded":
    case "TokenCreated":
    case "TokenRevoked":
    case "KeyTrusted":
    case "KeyUntrusted":
      return applyAccess(state.access, event, state.now);
    case "PluginPublished":
    case "PluginRemoved":
      return applyPlugin(state.plugins, event, state.now);
    default:
      return applyGraph(state, event);
  }
}

export function taskOf(state: State, seq: number): Task {
  const task = state.tasks.get(seq);
  assert(task !== undefined, `task t${seq} is live`);
  return task;
}

/** Counts a task that has just come to memory in the state it came with, and puts it where that state belongs. */
function arrive(state: State, task: Task, dueAt: number): void {
  state.counts[task.state]++;
  const run = task.run;
  if (run !== undefined) {
    run.counts.set(task.state, run.count(task.state) + 1);
    if (!isEnded(task.state)) run.open++;
    else if (run.made !== undefined) (run.early ??= new Map()).set(task.seq, endOf(task));
  }
  task.dueAt = dueAt;
  if (task.state === "queued") queue(state, task, false);
  else if (task.state === "scheduled") state.timers.add(dueAt, "due", task);
  else if (isEnded(task.state)) {
    retire(state, task);
    state.ended.push(task);
    if (task.node !== undefined) applyNodeEnded(state, task);
  }
}

function applyTaskSubmitted(state: State, event: TaskSubmitted, now: number): void {
  state.lastTask = Math.max(state.lastTask, event.task);
  const task = createTask(state, event.task, event, event.state);
  if (task.asks !== undefined) wish(state, task, now, "first");
  if (event.cacheKey !== undefined) state.flow.cacheKeys.set(task, event.cacheKey);
  task.run?.made?.push(task.seq);
  if (event.node !== undefined) applyNodeSubmitted(state, task, event);
  arrive(state, task, event.dueAt ?? 0);
}

function applyTaskReopened(state: State, event: TaskReopened, now: number): void {
  state.counts[event.from]--;
  // What ended earlier in this same turn is still in the table: the new task takes its place.
  const run = event.run === undefined ? undefined : runOf(state, event.run);
  if (run !== undefined) run.counts.set(event.from, run.count(event.from) - 1);
  const stale = state.ended.findIndex((task) => task.seq === event.task);
  if (stale >= 0) state.ended.splice(stale, 1);
  const task = createTask(state, event.task, event, event.state);
  task.attempt = event.attempt;
  if (task.asks !== undefined) wish(state, task, now, event.brief === true ? "brief" : "again");
  for (const seq of event.children ?? []) {
    const child = taskOf(state, seq);
    child.waiting++;
    addChild(task, child);
    if (child.node !== undefined) uncount(child, event);
  }
  if (run?.undoes !== undefined) noteUndone(run, event.task, undefined);
  if (event.node !== undefined) applyNodeReopened(state, task, event);
  arrive(state, task, 0);
}

/**
 * Moves a task to another state: out of where it was, into where the new state belongs, and counted. The one way in
 * which a live task changes state.
 */
function enter(state: State, task: Task, next: TaskState, dueAt: number, first: boolean): void {
  const from = task.state;
  assert(TRANSITIONS[from].includes(next) && !isEnded(from), `t${task.seq} goes from ${from} to ${next}`);
  if (from === "queued" && next !== "running") unqueue(state, task);
  task.state = next;
  state.counts[from]--;
  state.counts[next]++;
  const run = task.run;
  if (run !== undefined) {
    run.counts.set(from, run.count(from) - 1);
    run.counts.set(next, run.count(next) + 1);
  }
  task.dueAt = dueAt;
  if (next === "queued") queue(state, task, first);
  else if (next === "scheduled") state.timers.add(dueAt, "due", task);
  else if (isEnded(next)) {
    if (run !== undefined) {
      run.open--;
      if (run.made !== undefined) (run.early ??= new Map()).set(task.seq, endOf(task));
      if (run.undoes !== undefined) noteUndone(run, task.seq, { state: next, at: state.now });
    }
    retire(state, task);
    if (state.flow.unheldAt.size > 0) state.flow.unheldAt.delete(task);
    state.ended.push(task);
    for (const child of task.children ?? []) {
      if (child.state !== "blocked") continue;
      child.waiting--;
      if (child.node !== undefined) countEnd(child, task);
    }
    if (task.node !== undefined) applyNodeEnded(state, task);
    if (task.asks !== undefined) left(state, task);
  }
}

function applyAttemptStarted(state: State, event: AttemptStarted, now: number): void {
  const task = taskOf(state, event.task);
  // Whoever follows and was started anew has not heard of a worker that was idle then.
  const worker = workerNamed(state, event.worker);
  assert(event.attempt === task.attempt + 1, "attempts are numbered without gaps");
  start(state, task);
  enter(state, task, "running", 0, false);
  task.attempt = event.attempt;
  if (task.asks !== undefined) freeUnique(state, task, event);
  if (state.flow.unheldAt.size > 0) state.flow.unheldAt.delete(task);
  task.live = { worker, startedAt: now, admittedAt: event.admittedAt, cancel: undefined, units: event.units };
  worker.attempts.add(task);
  occupy(state, task, worker, now);
  const { timeoutMs } = task.policy;
  if (timeoutMs > 0) state.timers.add(now + timeoutMs + DEADLINE_SLACK_MS, "deadline", task);
}

function applyAttemptEnded(state: State, event: AttemptEnded, now: number): void {
  const task = taskOf(state, event.task);
  const live = task.live;
  assert(live !== undefined && event.attempt === task.attempt, "the attempt that ends is the one that runs");
  live.worker.attempts.delete(task);
  const arm = task.lane.arm;
  vacate(state, task, live.worker, event.cpuMs ?? 0, now);
  task.live = undefined;
  arm.processed++;
  if (event.next === "failed") {
    arm.failed++;
    arm.tally.failed++;
  } else if (event.next === "succeeded") arm.tally.succeeded++;
  if (event.counted) task.tries++;
  if (event.outcome === "lost") task.losses++;
  // The timer of its expiry went off while it ran, and meant nothing then.
  if (task.expiresAt > 0 && !isEnded(event.next)) state.timers.add(task.expiresAt, "expire", task);
  if (event.allowed === true) task.node!.allowed = true;
  // Work that was taken away from the task, by no fault of its own, goes on before newer tasks.
  enter(state, task, event.next, event.dueAt ?? 0, event.outcome === "lost" || event.outcome === "interrupted");
  if (task.children !== undefined) noteNear(state, task, live.worker);
}

function applyCancelRequested(state: State, seq: number, reason: string): void {
  const { live, node } = taskOf(state, seq);
  const holder = live ?? node?.box;
  assert(holder !== undefined, "only a running task waits for its worker, or for what it holds, to be cancelled");
  holder.cancel = reason;
}

function applyTasksDeleted(state: State, event: TasksDeleted): void {
  for (const [name, count] of Object.entries(event.counts)) state.counts[name as TaskState] -= count;
  for (const { state: ended } of event.runs ?? []) state.runCounts[ended]--;
  deleteUniques(state, event.tasks);
}
