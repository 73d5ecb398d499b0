/**
 * Why a task is not running: every reason that holds now, from the functions that place tasks (`eligible.ts`). An empty
 * list means that the next turn starts it.
 */
import { armObstacle, unavailable, unfit, type WorkerObstacle } from "./eligible.ts";
import type { State } from "./state.ts";
import { type Task, taskId } from "./task.ts";

export interface Reason {
  code: string;
  message: string;
  /** The task, arm or worker that it waits for. */
  about?: string;
  /** Epoch milliseconds at which it changes by itself. */
  until?: number;
}

/** Reasons named one by one before the rest is summed up. */
const NAMED_MAX = 20;
/** Tasks ahead are counted up to here. */
const AHEAD_MAX = 1000;

/** Why this live task is not running. */
export function explain(state: State, task: Task): Reason[] {
  switch (task.state) {
    case "blocked":
      return explainNeeds(state, task);
    case "scheduled":
      return [
        {
          code: task.tries > 0 ? "backoff" : "due",
          message: task.tries > 0 ? `waits before try ${task.tries + 1}` : "is not due yet",
          until: task.dueAt,
        },
      ];
    case "queued":
      return explainQueue(state, task);
    default:
      return [];
  }
}

/** Needs that are still open. Core keeps the arrows from parent to child only, so the live tasks are searched. */
function explainNeeds(state: State, task: Task): Reason[] {
  const reasons: Reason[] = [];
  for (const other of state.tasks.values()) {
    if (reasons.length >= Math.min(task.waiting, NAMED_MAX)) break;
    if (other.children?.includes(task) !== true) continue;
    const name = other.name ?? taskId(other);
    reasons.push({ code: "needs", message: `needs ${name}, which is ${other.state}`, about: taskId(other) });
  }
  const more = task.waiting - reasons.length;
  if (more > 0) reasons.push({ code: "needs", message: `and ${more} more` });
  return reasons;
}

function explainQueue(state: State, task: Task): Reason[] {
  const reasons: Reason[] = [];
  const { arm } = task.lane;
  const obstacle = armObstacle(arm);
  if (obstacle?.code === "arm_disabled") {
    reasons.push({ code: obstacle.code, message: `arm ${arm.name} is disabled`, about: arm.name });
  } else if (obstacle?.code === "arm_full") {
    const message = `arm ${arm.name} is full: ${obstacle.active} of ${obstacle.limit} running`;
    reasons.push({ code: obstacle.code, message, about: arm.name });
  }
  reasons.push(...explainWorkers(state, task));
  if (reasons.length > 0) {
    const ahead = tasksAhead(task);
    if (ahead > 0) {
      const count = ahead >= AHEAD_MAX ? `at least ${AHEAD_MAX}` : String(ahead);
      reasons.push({
        code: "ahead",
        message: `${count} ${ahead === 1 ? "task is" : "tasks are"} ahead of it in arm ${arm.name}`,
      });
    }
  }
  return reasons;
}

/** Nothing, when some worker could take it now; else each worker's obstacle. */
function explainWorkers(state: State, task: Task): Reason[] {
  if (state.workers.size === 0) return [{ code: "no_worker", message: "no worker is connected" }];
  const reasons: Reason[] = [];
  for (const worker of state.workers.values()) {
    // Of a worker that was here before our restart only the name is known, not what it can do.
    const isKnown = worker.instance !== "";
    const obstacle = (isKnown ? unfit(worker, task.lane.requires) : undefined) ?? unavailable(worker);
    if (obstacle === undefined) return [];
    reasons.push({ code: obstacle.code, message: `worker ${worker.name} ${tell(obstacle)}`, about: worker.name });
  }
  // What can change soon first: a busy worker says more than one that never fits.
  reasons.sort((a, b) => Number(b.code === "worker_busy") - Number(a.code === "worker_busy"));
  if (reasons.length <= NAMED_MAX) return reasons;
  const more = reasons.length - NAMED_MAX;
  return [...reasons.slice(0, NAMED_MAX), { code: "no_worker", message: `and ${more} more workers cannot take it` }];
}

function tell(obstacle: WorkerObstacle): string {
  switch (obstacle.code) {
    case "other_worker":
      return `is not ${obstacle.wanted}, which the task asks for`;
    case "kind_missing":
      return `does not run ${obstacle.kind} tasks`;
    case "function_missing":
      return `has no function named ${obstacle.handler}`;
    case "worker_gone":
      return "is not connected";
    case "worker_draining":
      return "is draining: it takes no new work";
    case "worker_busy":
      return `is busy: all ${obstacle.slots} slots are taken`;
  }
}

function tasksAhead(task: Task): number {
  let count = 0;
  for (const lane of task.lane.arm.lanes) {
    if (lane.queued > 0 && count < AHEAD_MAX) count += lane.ahead(task, AHEAD_MAX - count);
  }
  return count;
}
