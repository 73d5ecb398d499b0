/** What the feed is told of each event. The state is the event's own: by now the task may have gone on from there. */
import type { TickAction, WorkerState } from "../base/words.ts";
import type { Origin } from "../core/asks.ts";
import type { Event } from "../core/event.ts";
import type { State } from "../core/state.ts";
import type { ScheduleFired } from "../core/schedules/events.ts";
import { type Task, taskId } from "../core/task.ts";
import type { Turn } from "../core/turn.ts";
import type { FeedEvent } from "../protocol/feed.ts";
import type { Feed } from "./feed.ts";

export function tell(feed: Feed, event: Event, turn: Turn): void {
  const { state, now: at } = turn;
  if ("task" in event) {
    const task = state.tasks.get(event.task);
    // Its run was taken back in the same turn.
    if (task === undefined) return;
    switch (event.type) {
      case "TaskSubmitted":
        return feed.task(task, event.state, at, { attempt: 0, reason: event.reason });
      case "TaskReady":
        return feed.task(task, "queued", at);
      case "TaskScheduled":
        return feed.task(task, "scheduled", at);
      case "AttemptStarted":
        return feed.task(task, "running", at, event);
      case "AttemptEnded": {
        const { attempt, outcome, reason } = event;
        feed.task(task, event.next, at, { attempt, outcome, reason });
        return event.dead === true ? tellDead(feed, task, reason, at) : undefined;
      }
      case "TaskReopened":
        return feed.task(task, event.state, at);
      case "TaskEnded":
        feed.task(task, event.state, at, { reason: event.reason });
        return event.dead === true ? tellDead(feed, task, event.reason, at) : undefined;
      case "TaskOpened":
        return feed.task(task, "running", at);
      case "ApprovalAsked":
        return tellApproval(feed, task, at);
      case "TaskReplaced":
      case "TaskPutOff":
      case "TaskMoved":
      case "TaskApproved":
        return feed.task(task, task.state, at);
      default:
        return;
    }
  }
  const told = otherEvent(event, turn);
  if (told !== undefined) feed.event(told);
}

function tellDead(feed: Feed, task: Task, reason: string | undefined, at: number): void {
  const { type: taskType } = task;
  const why = reason === undefined ? {} : { reason };
  feed.event({ type: "dead", id: taskId(task), taskType, arm: task.lane.arm.name, ...why, at });
}

function tellApproval(feed: Feed, task: Task, at: number): void {
  const { run, name } = task;
  const more = { ...(run !== undefined && { run: `r${run.seq}` }), ...(name !== undefined && { name }) };
  feed.event({ type: "approval", id: taskId(task), ...more, at });
}

function settled({ made, reason }: ScheduleFired): { action: TickAction; made?: string; reason?: string } {
  if (made === undefined) return { action: "failed", ...(reason !== undefined && { reason }) };
  return { action: "fired", made: "task" in made ? `t${made.task}` : `r${made.run}` };
}

function runEvent(run: number, workflow: string, origin: Origin | undefined) {
  const schedule = origin?.type === "schedule" ? { schedule: origin.schedule } : {};
  return { type: "run", id: `r${run}`, workflow, ...schedule } as const;
}

function otherEvent(event: Exclude<Event, { task: number }>, { state, now: at }: Turn): FeedEvent | undefined {
  switch (event.type) {
    case "RunCreated":
      return { ...runEvent(event.run, event.workflow, event.origin), state: "queued", at };
    case "RunStarted":
    case "RunReopened":
    case "RunEnded": {
      const { workflow = "", origin } = state.runs.get(event.run) ?? {};
      return {
        ...runEvent(event.run, workflow, origin),
        state: event.type === "RunEnded" ? event.state : "running",
        at,
      };
    }
    case "RunAdmitted":
    case "RunPaused":
    case "RunTurned": {
      const run = state.runs.get(event.run);
      if (run === undefined) return undefined;
      const stage = run.started ? "running" : "queued";
      return { ...runEvent(run.seq, run.workflow, run.origin), state: stage, paused: run.paused, at };
    }
    case "PluginPublished":
    case "PluginRemoved":
      return { type: "plugin", name: event.plugin, at };
    case "WorkflowSet":
    case "WorkflowRemoved":
      return { type: "workflow", name: event.workflow, at };
    // What was told of its tasks meanwhile is not so any more.
    case "RunDropped":
      return { type: "resync", at };
    case "ArmConfigured":
    case "ArmRemoved":
      return { type: "arm", name: event.arm, at };
    case "WorkerJoined":
    case "WorkerResumed":
    case "WorkerDraining":
      return { type: "worker", name: event.worker, state: workerState(state, event.worker), at };
    case "WorkerLeft":
      return { type: "worker", name: event.worker, state: "offline", reason: event.reason, at };
    case "WorkerForgotten":
      return { type: "worker", name: event.worker, state: "offline", at };
    case "TasksDeleted":
      // One that a person deleted is told of by name; of the many that retention lets go, that they went.
      return event.tasks.length > 1 ? { type: "resync", at } : undefined;
    case "ScheduleSet":
    case "ScheduleRemoved":
      return { type: "schedule", name: event.schedule, at };
    case "ScheduleTicked": {
      const { schedule, tick, action, reason } = event;
      return { type: "tick", schedule, tick, action, ...(reason !== undefined && { reason }), at };
    }
    case "ScheduleFired":
      return { type: "tick", schedule: event.schedule, tick: event.tick, ...settled(event), at };
    // Those who act on many tasks tell how far they are (`bulk.ts`); the rest is nothing that a screen shows.
    case "BulkStarted":
    case "BulkProgressed":
    case "CalendarSet":
    case "CallbackSent":
    case "ClusterFounded":
    case "KeyTrusted":
    case "KeyUntrusted":
    case "TokenCreated":
    case "TokenRevoked":
    case "QuotaSet":
    case "RunCancelRequested":
    case "RunPlanned":
    case "RunSealed":
    case "RunTimedOut":
    case "TasksDismissed":
      return undefined;
  }
}

function workerState(state: State, name: string): WorkerState {
  const worker = state.workers.get(name);
  if (worker === undefined) return "offline";
  return worker.draining ? "draining" : "online";
}
