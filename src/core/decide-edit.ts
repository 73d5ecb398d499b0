/**
 * What people change of a task that waits: when it is due, and what it is. Both are for tasks that have not started; whether
 * that is allowed is asked by the engine in the same turn, with words for whoever asked.
 */
import type { Command, NewTask } from "./command.ts";
import { findFirst } from "./decide-submit.ts";
import { armRefusal } from "./limits/decide-limits.ts";
import { DONE, type Reply, refuse } from "./reply.ts";
import type { Task } from "./task.ts";
import type { Turn } from "./turn.ts";

/** Puts a waiting task off until `dueAt`; what is past by then goes on at once. */
export function rescheduleTask(turn: Turn, { task: seq, dueAt }: Extract<Command, { type: "RescheduleTask" }>): Reply {
  const task = turn.state.tasks.get(seq);
  if (task === undefined) return refuse({ type: "TaskNotFound", task: seq });
  const isLater = dueAt > turn.now;
  if (task.state === "blocked") {
    if (task.dueAt !== (isLater ? dueAt : 0)) turn.emit({ type: "TaskPutOff", task: seq, dueAt: isLater ? dueAt : 0 });
  } else if (isLater) turn.emit({ type: task.state === "queued" ? "TaskScheduled" : "TaskPutOff", task: seq, dueAt });
  else if (task.state === "scheduled") turn.emit({ type: "TaskReady", task: seq });
  return DONE;
}

/** The task does from now on what `as` says, with its number and its id. */
export function replaceTask(turn: Turn, command: Extract<Command, { type: "ReplaceTask" }>): Reply {
  const { task: seq, as, needed } = command;
  const task = turn.state.tasks.get(seq);
  if (task === undefined) return refuse({ type: "TaskNotFound", task: seq });
  // It has a place in its own arm already.
  const refusal = as.arm === task.lane.arm.name ? undefined : armRefusal(turn.state, [as]);
  if (refusal !== undefined) return refuse(refusal);
  const { first, needs } = findFirst(turn, as);
  if (first.state === "upstream_failed" || first.state === "skipped") {
    return refuse({ type: "NeedFailed", task: seq, reason: first.reason ?? first.state });
  }
  turn.emit({
    ...definitionOf(as, task),
    type: "TaskReplaced",
    task: seq,
    state: first.state,
    dueAt: first.dueAt,
    needs,
    needed,
    work: as.work,
    tags: as.tags,
    callbacks: as.callbacks,
  });
  return DONE;
}

function definitionOf(as: NewTask, { key, asks }: Task) {
  const { hash, name, taskType, kind, handler, worker, arm, priority, policy, expiresAt } = as;
  // Where it comes from stays so.
  const origin = asks?.origin;
  const all = origin === undefined ? as.asks : { ...as.asks, origin };
  return { key, hash, name, taskType, kind, handler, worker, arm, priority, policy, expiresAt, asks: all };
}
