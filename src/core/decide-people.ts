/** What people ask for: cancel, retry, delete. */
import { isEnded, type TaskState } from "../base/words.ts";
import type { Command, EndedTask } from "./command.ts";
import { cancelOn } from "./decide-worker.ts";
import { ended } from "./follow.ts";
import { DONE, type Reply, refuse } from "./reply.ts";
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

function cancelLive(turn: Turn, task: Task, reason: string): void {
  const { live } = task;
  if (live === undefined) {
    turn.emit({ type: "TaskEnded", task: task.seq, state: "cancelled", reason });
    ended(turn, task);
  } else if (live.cancel === undefined) {
    turn.emit({ type: "CancelRequested", task: task.seq, reason });
    cancelOn(turn, live.worker, task);
  }
}

/** Cancels what of a run has not ended; `tasks` are its tasks, in any order. */
export function cancelRun(turn: Turn, command: Extract<Command, { type: "CancelRun" }>): Reply {
  const run = turn.state.runs.get(command.run);
  if (run === undefined || run.open === 0) return refuse({ type: "RunNotFound", run: command.run });
  turn.emit({ type: "RunCancelRequested", run: run.seq });
  const open = command.tasks.map((seq) => turn.state.tasks.get(seq)).filter((task) => task !== undefined);
  // Waiting tasks first and from the leaves up, so that nothing is called upstream_failed that was cancelled.
  for (const task of open.toReversed()) if (!isEnded(task.state)) cancelLive(turn, task, command.reason);
  return DONE;
}

/** Opens an ended task again, and those that ended because of it. */
export function retryTask(turn: Turn, command: Extract<Command, { type: "RetryTask" }>): Reply {
  const { task, dependents, children, run } = command;
  const current = turn.state.tasks.get(task.task);
  if (current !== undefined && !isEnded(current.state)) {
    return refuse({ type: "TaskNotEnded", task: task.task, state: current.state });
  }
  if (run !== undefined && (turn.state.runs.get(run.run)?.open ?? 0) === 0) {
    const { state, workflow, counts } = run;
    turn.emit({ type: "RunReopened", run: run.run, from: state, workflow, counts });
  }
  const blocked = children.filter((seq) => turn.state.tasks.get(seq)?.state === "blocked");
  reopen(turn, task, "queued", blocked.length > 0 ? blocked : undefined);
  for (const dependent of dependents) {
    if (turn.state.tasks.get(dependent.task) === undefined) reopen(turn, dependent, "blocked");
  }
  return DONE;
}

function reopen(turn: Turn, task: EndedTask, state: TaskState, children?: number[]): void {
  const { definition, attempt } = task;
  // A person wants it now: the time after which nobody wanted it any more has lost its meaning.
  const expiresAt = undefined;
  turn.emit({
    ...definition,
    expiresAt,
    type: "TaskReopened",
    task: task.task,
    from: task.state,
    state,
    attempt,
    children,
  });
}

/** Removes ended tasks. A task that is live (again) stays. */
export function deleteTasks(turn: Turn, tasks: readonly { task: number; state: TaskState }[]): Reply {
  const gone = tasks.filter(({ task }) => turn.state.tasks.get(task) === undefined);
  if (gone.length === 0) return DONE;
  const counts: Partial<Record<TaskState, number>> = {};
  for (const { state } of gone) counts[state] = (counts[state] ?? 0) + 1;
  turn.emit({ type: "TasksDeleted", tasks: gone.map(({ task }) => task), counts });
  return DONE;
}
