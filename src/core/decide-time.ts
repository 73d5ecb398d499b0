/** What the passing of time decides: waits end, leases run out, deadlines pass. */
import { unreachable } from "../base/assert.ts";
import { isEnded } from "../base/words.ts";
import { DEADLINE_SLACK_MS } from "./apply.ts";
import { scheduleDue } from "./schedules/decide-tick.ts";
import { leave, overrun, watchLease } from "./fleet/decide-worker.ts";
import { timeOutRun } from "./flow/decide-run.ts";
import { ended } from "./follow.ts";
import { approvalDue } from "./graph/approval.ts";
import { containerDue } from "./graph/overdue.ts";
import { Gate } from "./limits/gate.ts";
import { Arm } from "./lane.ts";
import { DONE, type Reply } from "./reply.ts";
import { Run } from "./run.ts";
import { Schedule } from "./schedules/schedule.ts";
import { Task } from "./task.ts";
import type { Timer } from "./timers.ts";
import type { Turn } from "./turn.ts";
import { expireUnique, UniqueEntry } from "./flow/uniques.ts";
import { Worker } from "./fleet/worker.ts";

/** Timers taken in one turn, so that a million due at once do not hold the loop. */
const TIMERS_PER_TURN = 2000;

export function tick(turn: Turn): Reply {
  for (let taken = 0; taken < TIMERS_PER_TURN; taken++) {
    const timer = turn.state.timers.take(turn.now);
    if (timer === undefined) break;
    fire(turn, timer);
  }
  return DONE;
}

/** Acts on a timer, unless what it was set for has passed. */
function fire(turn: Turn, timer: Timer): void {
  const { kind, subject } = timer;
  switch (kind) {
    case "due":
      if (subject instanceof Task && subject.state === "scheduled" && subject.dueAt <= turn.now) {
        turn.emit({ type: "TaskReady", task: subject.seq });
      }
      return;
    case "expire":
      if (subject instanceof Task) expire(turn, subject);
      return;
    case "deadline":
      if (subject instanceof Task) outOfTime(turn, subject);
      return;
    case "lease":
      if (subject instanceof Worker) checkLease(turn, subject);
      return;
    case "unique":
      if (subject instanceof UniqueEntry) expireUnique(turn.state, subject, turn.now);
      return;
    case "gate":
      if (subject instanceof Gate) subject.stir();
      if ((subject instanceof Gate || subject instanceof Arm) && subject.wakeAt <= turn.now) subject.wakeAt = 0;
      return;
    case "run":
      if (subject instanceof Run) timeOutRun(turn, subject);
      return;
    case "approval":
      if (subject instanceof Task) approvalDue(turn, subject);
      return;
    case "schedule":
      if (subject instanceof Schedule) scheduleDue(turn, subject);
      return;
    default:
      unreachable(kind);
  }
}

function expire(turn: Turn, task: Task): void {
  if (isEnded(task.state) || task.state === "running") return;
  const reason = "its expiresAt passed before it started";
  turn.emit({ type: "TaskEnded", task: task.seq, state: "expired", reason });
  ended(turn, task);
}

/** The timeout of an attempt has passed, or that of a container. */
function outOfTime(turn: Turn, task: Task): void {
  if (task.node?.box !== undefined) return containerDue(turn, task);
  if (task.live === undefined) return;
  if (task.live.startedAt + task.policy.timeoutMs + DEADLINE_SLACK_MS <= turn.now) overrun(turn, task);
}

/**
 * Takes a worker for gone when it was silent for the whole lease. Its silence must have been noticed before, a third of
 * the lease ago: after a jump of the clock, or a sleep of this machine, every lease seems to have run out at once, and
 * the workers get that third to be heard.
 */
function checkLease(turn: Turn, worker: Worker): void {
  worker.watched = false;
  if (turn.state.workers.get(worker.name) !== worker || worker.local) return;
  const { leaseMs, now } = turn;
  const noticeAt = worker.lastSeenAt + (leaseMs * 2) / 3;
  if (now < noticeAt) return watchLease(turn.state, worker, noticeAt);
  if (worker.suspectAt < worker.lastSeenAt) worker.suspectAt = now;
  const endAt = Math.max(worker.lastSeenAt + leaseMs, worker.suspectAt + leaseMs / 3);
  if (now < endAt) return watchLease(turn.state, worker, endAt);
  if (worker.session !== 0) turn.effect({ type: "CloseWorker", worker: worker.name, session: worker.session });
  leave(turn, worker, "its lease ran out");
}
