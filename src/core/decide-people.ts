/** What people ask for: cancel, retry, delete. */
import { isEnded, type TaskState } from "../base/words.ts";
import { cancelLive } from "./flow/cancel.ts";
import type { Command, Reopening } from "./command.ts";
import { retakeConflict } from "./flow/decide-unique.ts";
import { settle } from "./follow.ts";
import { insideRun } from "./graph/below.ts";
import { liveRefusal, reopenAll } from "./graph/retry.ts";
import { stopInside } from "./graph/stop.ts";
import { DONE, type Reply, refuse } from "./reply.ts";
import type { Run } from "./run.ts";
import type { Task } from "./task.ts";
import type { Turn } from "./turn.ts";

/** Ends a waiting task at once; asks the worker of a running one to stop it. */
export function cancelTask(turn: Turn, seq: number, reason: string): Reply {
  const task = turn.state.tasks.get(seq);
  if (task === undefined) return refuse({ type: "TaskNotFound", task: seq });
  if (isEnded(task.state)) return refuse({ type: "TaskHasEnded", task: seq, state: task.state });
  cancelLive(turn, task, reason);
  return DONE;
}

/**
 * Cancels what of a run has not ended; `tasks` are its tasks, in any order. What it has for that case still runs; asked
 * again when that has begun, it is cancelled, too.
 */
export function cancelRun(turn: Turn, command: Extract<Command, { type: "CancelRun" }>): Reply {
  const run = turn.state.runs.get(command.run);
  if (run === undefined || run.over) return refuse({ type: "RunNotFound", run: command.run });
  const { reason } = command;
  const hasTurned = run.phase !== undefined;
  const again = run.cancelled || hasTurned;
  if (!run.cancelled) turn.emit({ type: "RunCancelRequested", run: run.seq });
  if (run.closing) turn.emit({ type: "RunPlanned", run: run.seq, state: "cancelled", reason });
  const queue: Task[] = [];
  const whole = (each: Run): boolean => (each === run ? hasTurned : again);
  stopInside(turn, insideRun(turn.state, run, command.tasks), reason, queue, whole);
  settle(turn, queue, new Set([run]));
  return DONE;
}

/** Opens an ended task again, and those that ended because of it. */
export function retryTask(turn: Turn, command: Extract<Command, { type: "RetryTask" }>): Reply {
  const { task, dependents, children, grandchildren, run, work, around = [], members } = command;
  const current = turn.state.tasks.get(task.task);
  if (current !== undefined && !isEnded(current.state)) {
    return refuse({ type: "TaskNotEnded", task: task.task, state: current.state });
  }
  const again = dependents.filter((dependent) => turn.state.tasks.get(dependent.task) === undefined);
  const tasks: Reopening[] = [
    ...around,
    { task, work, children, holds: members && true },
    ...(members ?? []),
    ...again.map((dependent) => ({ task: dependent, children: grandchildren?.get(dependent.task) })),
  ];
  const taken = tasks.map((reopening) => reopening.task);
  const conflict = retakeConflict(turn, taken) ?? liveRefusal(turn, tasks);
  if (conflict !== undefined) return conflict;
  const queue: Task[] = [];
  settle(turn, queue, reopenAll(turn, { runs: run === undefined ? [] : [run], tasks }, queue));
  return DONE;
}

/** Removes ended tasks. A task that is live (again) stays, and so does one of which news are still to be sent. */
export function deleteTasks(turn: Turn, command: Extract<Command, { type: "DeleteTasks" }>): Reply {
  const { tasks, runs = [] } = command;
  const { dues } = turn.state.flow;
  const untold = dues.size === 0 ? undefined : new Set([...dues.values()].map(({ task }) => task));
  const gone = tasks.filter(({ task }) => turn.state.tasks.get(task) === undefined && untold?.has(task) !== true);
  if (gone.length === 0) return { ok: true, count: 0 };
  const counts: Partial<Record<TaskState, number>> = {};
  for (const { state } of gone) counts[state] = (counts[state] ?? 0) + 1;
  // A run goes with the last of its tasks.
  const empty = gone.length < tasks.length ? [] : runs.filter(({ run }) => !turn.state.runs.has(run));
  const numbers = gone.map(({ task }) => task);
  turn.emit({ type: "TasksDeleted", tasks: numbers, counts, runs: empty.length > 0 ? empty : undefined });
  return { ok: true, count: gone.length };
}

/** Puts dead letters aside. One that was retried meanwhile lives, and is none. */
export function dismissTasks(turn: Turn, tasks: readonly number[]): Reply {
  const dead = tasks.filter((seq) => turn.state.tasks.get(seq) === undefined);
  if (dead.length > 0) turn.emit({ type: "TasksDismissed", tasks: dead });
  return { ok: true, count: dead.length };
}

/** Gives live tasks another arm or priority. */
export function moveTasks(turn: Turn, command: Extract<Command, { type: "MoveTasks" }>): Reply {
  let count = 0;
  for (const seq of command.tasks) {
    const task = turn.state.tasks.get(seq);
    if (task === undefined || isEnded(task.state)) continue;
    count++;
    const { arm = task.lane.arm.name, priority = task.priority } = command;
    if (arm === task.lane.arm.name && priority === task.priority) continue;
    turn.emit({ type: "TaskMoved", task: seq, arm, priority });
  }
  return { ok: true, count };
}
