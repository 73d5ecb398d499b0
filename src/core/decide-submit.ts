/** Accepting tasks and runs: all tasks of a command, or none. */
import { isEnded, type TaskState } from "../base/words.ts";
import { askCache } from "./flow/decide-cache.ts";
import { armRefusal } from "./limits/decide-limits.ts";
import { settleUnique, uniqueConflict } from "./flow/decide-unique.ts";
import type { NewRun, NewTask } from "./command.ts";
import { endRun, reasonOf, verdictOn } from "./follow.ts";
import { type AcceptedTask, type Reply, refuse } from "./reply.ts";
import type { Turn } from "./turn.ts";

/** Accepts `tasks` in order. A key that is known answers the task that has it, when the submission is the same. */
export function submitTasks(turn: Turn, tasks: readonly NewTask[]): Reply {
  const conflict = findConflict(turn, tasks) ?? uniqueConflict(turn, tasks, false);
  if (conflict !== undefined) return conflict;
  const refusal = armRefusal(turn.state, tasks, (task) => known(turn, task) === undefined);
  if (refusal !== undefined) return refuse(refusal);
  const accepted: AcceptedTask[] = [];
  for (const task of tasks) {
    accepted.push(known(turn, task) ?? settleUnique(turn, task) ?? accept(turn, task, accepted, undefined));
  }
  return { ok: true, tasks: accepted };
}

/** Accepts one task that nobody waits for an answer about; undefined when its unique key is taken. */
export function submitTask(turn: Turn, task: NewTask): AcceptedTask | undefined {
  if (uniqueConflict(turn, [task], false) !== undefined) return undefined;
  return settleUnique(turn, task) ?? accept(turn, task, [], undefined);
}

/** Accepts a run and its tasks. */
export function submitRun(turn: Turn, command: NewRun): Reply {
  const conflict = uniqueConflict(turn, command.tasks, true);
  if (conflict !== undefined) return conflict;
  const refusal = armRefusal(turn.state, command.tasks);
  if (refusal !== undefined) return refuse(refusal);
  const run = turn.state.lastRun + 1;
  const { workflow, params, definition, timeoutMs, planner, origin } = command;
  const deadlineAt = timeoutMs === undefined ? undefined : turn.now + timeoutMs;
  turn.emit({ type: "RunCreated", run, workflow, params, definition, deadlineAt, planner, origin });
  const accepted = acceptInRun(turn, command.tasks, run);
  const live = turn.state.runs.get(run)!;
  if (live.over) endRun(turn, live);
  return { ok: true, run, tasks: accepted };
}

/** Accepts tasks of a run whose unique keys are free, or which replace those who have them. */
export function acceptInRun(turn: Turn, tasks: readonly NewTask[], run: number): AcceptedTask[] {
  const accepted: AcceptedTask[] = [];
  for (const task of tasks) {
    settleUnique(turn, task);
    accepted.push(accept(turn, task, accepted, run));
  }
  return accepted;
}

function findConflict(turn: Turn, tasks: readonly NewTask[]): Reply | undefined {
  const batch = new Map<string, string>();
  for (const [index, task] of tasks.entries()) {
    const { key, hash = "" } = task;
    if (key === undefined) continue;
    const live = turn.state.keys.get(key);
    const prior = live === undefined ? task.prior : { task: live.task.seq, hash: live.hash };
    const other = prior?.hash ?? batch.get(key);
    if (other !== undefined && other !== hash)
      return refuse({ type: "KeyConflict", index, key, task: prior?.task ?? 0 });
    batch.set(key, hash);
  }
  return undefined;
}

/** The task that this submission made when it came before. */
function known(turn: Turn, task: NewTask): AcceptedTask | undefined {
  if (task.key === undefined) return undefined;
  const live = turn.state.keys.get(task.key)?.task;
  if (live !== undefined) return { task: live.seq, key: live.key, state: live.state, existed: true };
  if (task.prior === undefined) return undefined;
  return { task: task.prior.task, key: task.key, state: task.prior.state, existed: true };
}

function accept(turn: Turn, task: NewTask, earlier: readonly AcceptedTask[], run: number | undefined): AcceptedTask {
  const seq = turn.state.lastTask + 1;
  const needs = needsOf(turn, task, earlier);
  const first = firstState(turn, task, needs);
  const isReady = first.state === "queued";
  const cached = isReady && task.asks?.cache !== undefined ? askCache(turn, task) : undefined;
  if (cached?.cachedFrom !== undefined) first.state = "succeeded";
  turn.emit({
    type: "TaskSubmitted",
    task: seq,
    state: first.state,
    dueAt: first.dueAt,
    reason: first.reason,
    key: task.key,
    hash: task.hash,
    run,
    name: task.name,
    taskType: task.taskType,
    kind: task.kind,
    handler: task.handler,
    worker: task.worker,
    arm: task.arm,
    priority: task.priority,
    policy: task.policy,
    expiresAt: task.expiresAt,
    needs: needs?.map((need) => need.seq),
    asks: task.asks,
    work: task.work,
    tags: task.tags,
    callbacks: task.callbacks,
    cachedFrom: cached?.cachedFrom,
    cacheKey: cached?.cacheKey,
  });
  return { task: seq, key: task.key, state: first.state, existed: false };
}

interface Need {
  seq: number;
  key?: string | undefined;
  name?: string | undefined;
  state: TaskState;
}

function needsOf(turn: Turn, task: NewTask, earlier: readonly AcceptedTask[]): Need[] | undefined {
  if (task.needs === undefined && task.needsEarlier === undefined) return undefined;
  const needs: Need[] = [];
  const seen = new Set<number>();
  const add = (seq: number, ended: TaskState | undefined): void => {
    if (seen.has(seq)) return;
    seen.add(seq);
    const live = turn.state.tasks.get(seq);
    needs.push(live ?? { seq, state: ended ?? "succeeded" });
  };
  for (const need of task.needs ?? []) add(need.task, need.ended);
  for (const index of task.needsEarlier ?? []) add(earlier[index]!.task, earlier[index]!.state);
  return needs;
}

function firstState(
  turn: Turn,
  task: NewTask,
  needs: readonly Need[] | undefined,
): { state: TaskState; dueAt?: number | undefined; reason?: string } {
  if (needs !== undefined) {
    for (const need of needs) {
      const verdict = verdictOn(need.state);
      if (verdict !== undefined) return { state: verdict, reason: reasonOf(need) };
    }
    if (needs.some((need) => !isEnded(need.state))) return { state: "blocked", dueAt: task.runAt };
  }
  const delayMs = task.delayMs ?? task.policy?.startDelayMs ?? 0;
  const dueAt = Math.max(task.runAt ?? 0, delayed(turn, delayMs));
  return dueAt > turn.now ? { state: "scheduled", dueAt } : { state: "queued" };
}

function delayed(turn: Turn, delayMs: number): number {
  return delayMs > 0 ? turn.now + delayMs : 0;
}
