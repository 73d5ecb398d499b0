/**
 * Who is told of what becomes of a task. Whatever an event says of a task that has callbacks is noted as due in the same
 * batch; the engine makes the tasks that tell of it and hands them over with `SendCallback`, whose batch also says that it
 * is done. So a crash in between loses no news, and sends none twice.
 *
 * CB1 Each event that moves a watched task to a state has its `CallbackDue`s right behind it.
 */
import { isEnded, type CallbackOn, type TaskState } from "../../base/words.ts";
import type { Event } from "../event.ts";
import type { CallbackDue } from "./events.ts";
import type { State } from "../state.ts";

/** What is due after `event`, which was just applied. To be asked while anything is watched. */
export function duesOf(state: State, event: Event): CallbackDue[] {
  if (!("task" in event) || !state.flow.watched.has(event.task)) return [];
  const reached = stateAfter(event);
  const task = state.tasks.get(event.task);
  if (reached === undefined || task === undefined) return [];
  const isDead = (event.type === "AttemptEnded" || event.type === "TaskEnded") && event.dead === true;
  const { seq, attempt } = task;
  let due = state.flow.lastDue;
  return task
    .asks!.on!.filter((on) => isMoment(on, reached, isDead))
    .map((on) => ({ type: "CallbackDue", due: ++due, task: seq, on, state: reached, attempt }));
}

/** The state to which the event has moved its task. */
function stateAfter(event: Event): TaskState | undefined {
  switch (event.type) {
    case "TaskSubmitted":
    case "TaskReopened":
    case "TaskEnded":
    case "TaskReplaced":
      return event.state;
    case "TaskReady":
      return "queued";
    case "TaskScheduled":
      return "scheduled";
    case "AttemptStarted":
    case "TaskOpened":
      return "running";
    case "AttemptEnded":
      return event.next;
    default:
      return undefined;
  }
}

const FAILURES: ReadonlySet<TaskState> = new Set(["failed", "expired", "upstream_failed"]);

function isMoment(on: CallbackOn, state: TaskState, isDead: boolean): boolean {
  switch (on) {
    case "success":
      return state === "succeeded";
    case "failure":
      return FAILURES.has(state);
    case "exhausted":
      return isDead;
    case "end":
      return isEnded(state);
    case "change":
      return true;
  }
}
