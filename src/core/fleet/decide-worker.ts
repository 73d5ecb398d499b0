/**
 * What workers say: they come, they go, and attempts end.
 *
 * W1  A word about an attempt that is not the newest of a running task is ignored: late, repeated and invented results
 *     change nothing.
 * W2  A worker that comes back names the attempts it holds. Those that it holds and we gave up are killed; those that we
 *     count on and it does not hold are handed out again.
 * W2a One that only says anew what it offers, on the connection that stands, is asked nothing: what it was handed meanwhile
 *     is on its way to it.
 */
import type { Command, Report } from "../command.ts";
import { cacheEntry } from "../flow/decide-cache.ts";
import { ended } from "../follow.ts";
import { hasLeave } from "../graph/node.ts";
import { askToStop } from "../graph/stop.ts";
import { EXIT_SKIP, lossLimit, policyAfter, retryDelay } from "../policy.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { State } from "../state.ts";
import type { LiveAttempt, Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { noteRoom } from "./fleet.ts";
import type { Worker } from "./worker.ts";
import type { TaskState } from "../../base/words.ts";

type Connect = Extract<Command, { type: "ConnectWorker" }>;

export function connectWorker(turn: Turn, command: Connect): Reply {
  const known = turn.state.workers.get(command.worker);
  const isOffer = command.holds === undefined;
  // It was cut off meanwhile, or leaves, and is given nothing any more.
  if (isOffer && (known?.session !== command.session || known.leaving)) return DONE;
  if (known !== undefined && known.session !== 0 && known.instance !== command.instance) {
    return refuse({ type: "WorkerNameTaken", worker: command.worker });
  }
  // After our own restart the instance is not known: what a worker does not hold then may have run on the one before it,
  // and counts as lost. "It never began" is said only of a worker known to be the same.
  const restarted = known !== undefined && known.instance !== command.instance;
  const { type: _, session, local, holds, ...joining } = command;
  turn.emit({ type: "WorkerJoined", ...joining });
  const joined = turn.state.workers.get(command.worker)!;
  joined.session = session;
  noteRoom(turn.state.fleet, joined);
  joined.local = local;
  joined.lastSeenAt = turn.now;
  watchLease(turn.state, joined, turn.now + (turn.leaseMs * 2) / 3);
  if (holds !== undefined) reconcile(turn, joined, holds, restarted);
  return DONE;
}

/** Makes both sides agree on what runs there (W2). */
function reconcile(turn: Turn, worker: Worker, holds: NonNullable<Connect["holds"]>, restarted: boolean): void {
  const held = new Map(holds.map((ref) => [ref.task, ref.attempt]));
  for (const task of newestFirst(worker)) {
    if (held.get(task.seq) === task.attempt) {
      if (task.live!.cancel !== undefined) askToStop(turn, task, "cancelled");
    } else if (restarted) lose(turn, task, `worker ${worker.name} was restarted`);
    else putBack(turn, task, `worker ${worker.name} came back without it`);
  }
  for (const { task: seq, attempt } of holds) {
    const task = turn.state.tasks.get(seq);
    if (task?.live?.worker === worker && task.attempt === attempt) continue;
    turn.effect({ type: "CancelAttempt", worker: worker.name, task: seq, attempt, reason: "lost" });
  }
}

export function disconnectWorker(turn: Turn, name: string, session: number, goodbye: boolean): Reply {
  const worker = turn.state.workers.get(name);
  if (worker === undefined || worker.session !== session) return DONE;
  worker.session = 0;
  noteRoom(turn.state.fleet, worker);
  worker.local = false;
  worker.lastSeenAt = turn.now;
  if (goodbye) leave(turn, worker, "it said goodbye");
  else watchLease(turn.state, worker, turn.now + (turn.leaseMs * 2) / 3);
  return DONE;
}

/** Sets the worker's one lease timer. A worker in this process has none while it is connected. */
export function watchLease(state: State, worker: Worker, at: number): void {
  if (worker.watched || (worker.local && worker.session !== 0)) return;
  worker.watched = true;
  state.timers.add(at, "lease", worker);
}

/** The worker is gone for good: what it held is lost, and it is forgotten. */
export function leave(turn: Turn, worker: Worker, reason: string): void {
  for (const task of newestFirst(worker)) lose(turn, task, `worker ${worker.name} vanished: ${reason}`);
  turn.emit({ type: "WorkerLeft", worker: worker.name, reason, seenAt: worker.lastSeenAt });
}

/** What is taken back goes to the front of its queue, each before the one before it: so the oldest is next in the end. */
function newestFirst(worker: Worker): Task[] {
  return [...worker.attempts].toReversed();
}

/** A worker takes no new work: because it said so itself, or (`held`) until a person lets it. */
export function drainWorker(turn: Turn, { worker: name, held }: Extract<Command, { type: "DrainWorker" }>): Reply {
  const { workers, drained } = turn.state;
  if (held === true ? drained.has(name) : workers.get(name)?.leaving !== false) return DONE;
  turn.emit({ type: "WorkerDraining", worker: name, held });
  return DONE;
}

/** A worker that a person had drained takes work again. */
export function resumeWorker(turn: Turn, name: string): Reply {
  if (turn.state.drained.has(name)) turn.emit({ type: "WorkerResumed", worker: name });
  return DONE;
}

/** Takes a worker that is gone off the list, with what a person had said of it. */
export function forgetWorker(turn: Turn, name: string): Reply {
  if (turn.state.workers.has(name)) return refuse({ type: "WorkerConnected", worker: name });
  resumeWorker(turn, name);
  for (const key of [...(turn.state.access.keys.get(name)?.keys() ?? [])])
    turn.emit({ type: "KeyUntrusted", worker: name, key });
  turn.emit({ type: "WorkerForgotten", worker: name });
  return DONE;
}

/** Takes workers that are long gone off the list. What a person has said of one, a drain or a trusted key, keeps it there. */
export function pruneWorkers(turn: Turn, names: readonly string[]): Reply {
  const { workers, drained, access } = turn.state;
  for (const worker of names) {
    const isKept = workers.has(worker) || drained.has(worker) || (access.keys.get(worker)?.size ?? 0) > 0;
    if (!isKept) turn.emit({ type: "WorkerForgotten", worker });
  }
  return DONE;
}

export function workerAlive(turn: Turn, name: string, session: number): Reply {
  const worker = turn.state.workers.get(name);
  if (worker !== undefined && worker.session === session) worker.lastSeenAt = turn.now;
  return DONE;
}

export function endAttempt(turn: Turn, command: Extract<Command, { type: "EndAttempt" }>): Reply {
  const task = turn.state.tasks.get(command.task);
  const live = task?.live;
  if (task === undefined || live === undefined || task.attempt !== command.attempt) return { ok: true, ignored: true };
  if (live.worker.name !== command.worker) return { ok: true, ignored: true };
  const { report } = command;
  const next = after(turn, task, live, report);
  const allowed = next.state === "failed" ? hasLeave(task, report.exitCode) : undefined;
  turn.emit({
    type: "AttemptEnded",
    task: task.seq,
    attempt: task.attempt,
    worker: live.worker.name,
    startedAt: live.startedAt,
    admittedAt: live.admittedAt,
    outcome: live.cancel !== undefined && report.outcome !== "succeeded" ? "cancelled" : report.outcome,
    next: next.state,
    dueAt: next.dueAt,
    reason: next.reason,
    counted: report.outcome !== "interrupted" && report.againMs === undefined,
    dead: next.state === "failed" && allowed === undefined ? true : undefined,
    allowed,
    cache: next.state === "succeeded" ? cacheEntry(turn, task) : undefined,
    result: report.result,
    resultRef: report.resultRef,
    error: report.error,
    exitCode: report.exitCode,
    signal: report.signal,
    durationMs: report.durationMs,
    cpuMs: report.cpuMs,
    maxRssBytes: report.maxRssBytes,
    artifacts: report.artifacts,
  });
  ended(turn, task);
  return DONE;
}

interface Next {
  state: TaskState;
  dueAt?: number;
  reason?: string | undefined;
}

/** What becomes of a task whose attempt ended with this report. */
function after(turn: Turn, task: Task, live: LiveAttempt, report: Report): Next {
  if (report.outcome === "succeeded") {
    if (report.againMs !== undefined) return again(turn, live, report.againMs);
    return report.exitCode === EXIT_SKIP
      ? { state: "skipped", reason: `exited with code ${EXIT_SKIP}: nothing to do` }
      : { state: "succeeded" };
  }
  if (live.cancel !== undefined) return { state: "cancelled", reason: live.cancel };
  if (report.outcome === "interrupted") {
    if (task.policy.onLost === "fail")
      return { state: "failed", reason: "its worker was stopped, and it may not run twice" };
    return { state: "queued", reason: "its worker was stopped" };
  }
  if (report.outcome === "cancelled") return { state: "cancelled", reason: "cancelled by its worker" };
  const policy = policyAfter(task.policy, report);
  const retry = task.tries + 1;
  const reason = report.error?.message;
  if (retry > policy.retryLimit) return { state: "failed", reason };
  const delay = Math.max(retryDelay(policy, retry, task.seq), report.retryAfterMs ?? 0);
  return delay > 0 ? { state: "scheduled", dueAt: turn.now + delay, reason } : { state: "queued", reason };
}

/** It has succeeded, and is to be done again. */
function again(turn: Turn, { cancel }: LiveAttempt, afterMs: number): Next {
  if (cancel !== undefined) return { state: "cancelled", reason: cancel };
  return afterMs > 0 ? { state: "scheduled", dueAt: turn.now + afterMs } : { state: "queued" };
}

/** The attempt is given up: its worker is gone, or does not do what it was told. */
export function lose(turn: Turn, task: Task, reason: string): void {
  const cancel = task.live!.cancel;
  let next: Next = { state: "queued", reason };
  if (cancel !== undefined) next = { state: "cancelled", reason: cancel };
  else if (task.policy.onLost === "fail") next = { state: "failed", reason };
  else if (task.losses + 1 >= lossLimit(task.policy)) {
    const losses = task.losses + 1;
    next = { state: "failed", reason: `${reason}; given up after ${losses} ${losses === 1 ? "loss" : "losses"}` };
  }
  endLive(turn, task, "lost", next);
}

/** The attempt never began: the task goes back to the front of its queue, and nothing is counted. */
function putBack(turn: Turn, task: Task, reason: string): void {
  const cancel = task.live!.cancel;
  const next: Next = cancel === undefined ? { state: "queued", reason } : { state: "cancelled", reason: cancel };
  endLive(turn, task, "interrupted", next);
}

function endLive(turn: Turn, task: Task, outcome: "lost" | "interrupted" | "timed_out", next: Next): void {
  const { seq, attempt } = task;
  const { worker, startedAt, admittedAt } = task.live!;
  const { state, reason } = next;
  const allowed = state === "failed" ? hasLeave(task) : undefined;
  const error = reason === undefined ? undefined : { message: reason, kind: outcome };
  const where = { worker: worker.name, startedAt, admittedAt };
  turn.emit({
    type: "AttemptEnded",
    task: seq,
    attempt,
    ...where,
    outcome,
    next: state,
    reason,
    counted: false,
    dead: state === "failed" && allowed === undefined ? true : undefined,
    allowed,
    error,
  });
  ended(turn, task);
}

/** An attempt ran long past its timeout and its worker did nothing about it. */
export function overrun(turn: Turn, task: Task): void {
  const worker = task.live!.worker;
  turn.effect({ type: "CancelAttempt", worker: worker.name, task: task.seq, attempt: task.attempt, reason: "lost" });
  const report: Report = {
    outcome: "timed_out",
    error: { message: `worker ${worker.name} did not stop it after its timeout`, kind: "timeout" },
  };
  endAttempt(turn, {
    type: "EndAttempt",
    worker: worker.name,
    session: worker.session,
    task: task.seq,
    attempt: task.attempt,
    report,
  });
}
