/**
 * Hands ready tasks to free slots. Arms take turns, one task each; within an arm the highest priority goes first, then the
 * oldest; among the workers that fit, the one with the largest free share.
 *
 * P1  No arm has more attempts than its limit, no worker more than its slots, at any instant.
 * P2  A task that fits nowhere now holds up its own lane only.
 * P3  The cost depends on the number of lanes, arms and workers, never on the number of tasks that wait.
 */
import { armObstacle, unavailable, unfit } from "./eligible.ts";
import { type Arm, type Lane, startsBefore } from "./lane.ts";
import type { Task } from "./task.ts";
import type { Turn } from "./turn.ts";
import type { Worker } from "./worker.ts";

/** Starts attempts until nothing more fits or `limit` have been started; says how many were. */
export function place(turn: Turn, limit: number): number {
  const { state } = turn;
  const free = [...state.workers.values()].filter((worker) => unavailable(worker) === undefined);
  if (free.length === 0) return 0;
  const stuck = new Set<Lane>();
  const arms = state.armOrder;
  let placed = 0;
  for (let idle = 0; idle < arms.length && placed < limit && free.length > 0;) {
    const arm = arms[state.placement % arms.length]!;
    state.placement = (state.placement + 1) % arms.length;
    if (placeOne(turn, arm, free, stuck)) {
      placed++;
      idle = 0;
    } else idle++;
  }
  return placed;
}

function placeOne(turn: Turn, arm: Arm, free: Worker[], stuck: Set<Lane>): boolean {
  if (arm.queued === 0 || armObstacle(arm) !== undefined) return false;
  for (;;) {
    const task = nextTask(arm, stuck);
    if (task === undefined) return false;
    const worker = roomiest(free, task);
    if (worker === undefined) {
      stuck.add(task.lane);
      continue;
    }
    turn.emit({ type: "AttemptStarted", task: task.seq, attempt: task.attempt + 1, worker: worker.name });
    if (task.run !== undefined && !task.run.started) turn.emit({ type: "RunStarted", run: task.run.seq });
    if (worker.free <= 0) free.splice(free.indexOf(worker), 1);
    return true;
  }
}

/** The task of this arm that is to start next, lanes that are stuck left out. */
function nextTask(arm: Arm, stuck: Set<Lane>): Task | undefined {
  let best: Task | undefined;
  for (const lane of arm.lanes) {
    if (lane.queued === 0 || stuck.has(lane)) continue;
    const task = lane.head();
    if (task !== undefined && (best === undefined || startsBefore(task, best))) best = task;
  }
  return best;
}

function roomiest(free: readonly Worker[], task: Task): Worker | undefined {
  let best: Worker | undefined;
  let bestShare = 0;
  for (const worker of free) {
    if (unfit(worker, task.lane.requires) !== undefined) continue;
    const share = worker.free / worker.slots;
    if (share > bestShare) {
      best = worker;
      bestShare = share;
    }
  }
  return best;
}
