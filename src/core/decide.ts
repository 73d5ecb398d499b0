/** The door of core: one command, one answer, and the events that it caused on the turn. */
import { unreachable } from "../base/assert.ts";
import { advanceBulk, startBulk } from "./flow/bulk.ts";
import type { Command } from "./command.ts";
import { keyCache } from "./flow/decide-cache.ts";
import { sendCallback } from "./flow/decide-callbacks.ts";
import { cancelRun, cancelTask, deleteTasks, dismissTasks, moveTasks, retryTask } from "./decide-people.ts";
import { approveTask, askApprovals } from "./graph/approval.ts";
import { markTask } from "./graph/mark.ts";
import { closeRun, removeWorkflow, setWorkflow } from "./graph/others.ts";
import { expandTask, prepareTask } from "./graph/prepare.ts";
import { retryRun } from "./graph/retry.ts";
import { configureArm, removeArm, setQuota } from "./limits/decide-limits.ts";
import { advanceRun } from "./flow/decide-run.ts";
import { replaceTask, rescheduleTask } from "./decide-edit.ts";
import { submitTasks } from "./decide-submit.ts";
import { admitWaiting } from "./runs/decide-admission.ts";
import { addToRun, dropRun, pauseRun, startSubRun, submitRun } from "./runs/decide-runs.ts";
import {
  backfillSchedule,
  fireTick,
  removeSchedule,
  setSchedule,
  triggerSchedule,
} from "./schedules/decide-schedule.ts";
import { releaseQueued } from "./schedules/decide-tick.ts";
import { tick } from "./decide-time.ts";
import { decidePlugin, type PluginCommand } from "./plugins/decide-plugins.ts";
import { type AccessCommand, decideAccess } from "./access/decide-access.ts";
import {
  connectWorker,
  disconnectWorker,
  drainWorker,
  endAttempt,
  forgetWorker,
  pruneWorkers,
  resumeWorker,
  workerAlive,
} from "./fleet/decide-worker.ts";
import { DONE, type Reply } from "./reply.ts";
import type { Turn } from "./turn.ts";

export function decide(turn: Turn, command: Command): Reply {
  const reply = decideOne(turn, command);
  if (turn.state.admission.freed.size > 0) admitWaiting(turn);
  if (turn.state.graph.asking.length > 0) askApprovals(turn);
  if (turn.state.schedules.freed.size > 0) releaseQueued(turn);
  return reply;
}

type OtherCommand = Extract<
  Command,
  {
    type:
      | `${"Prepare" | "Expand" | "Approve" | "Mark"}Task`
      | "RetryRun"
      | "CloseRun"
      | `${"Set" | "Remove"}Workflow`
      | ScheduleCommand
      | AccessCommand["type"]
      | PluginCommand["type"];
  }
>;
type ScheduleCommand = `${"Set" | "Remove" | "Trigger" | "Backfill"}Schedule` | "FireTick" | "SetCalendar";

function decideOne(turn: Turn, command: Command): Reply {
  switch (command.type) {
    case "EndAttempt":
      return endAttempt(turn, command);
    case "SubmitTasks":
      return submitTasks(turn, command.tasks);
    case "SubmitRun":
      return submitRun(turn, command);
    case "AddToRun":
      return addToRun(turn, command);
    case "DropRun":
      return dropRun(turn, command);
    case "PauseRun":
      return pauseRun(turn, command);
    case "StartSubRun":
      return startSubRun(turn, command);
    case "CancelTask":
      return cancelTask(turn, command.task, command.reason);
    case "CancelRun":
      return cancelRun(turn, command);
    case "RetryTask":
      return retryTask(turn, command);
    case "DeleteTasks":
      return deleteTasks(turn, command);
    case "DismissTasks":
      return dismissTasks(turn, command.tasks);
    case "MoveTasks":
      return moveTasks(turn, command);
    case "RescheduleTask":
      return rescheduleTask(turn, command);
    case "ReplaceTask":
      return replaceTask(turn, command);
    case "KeyCache":
      return keyCache(turn, command);
    case "SendCallback":
      return sendCallback(turn, command);
    case "AdvanceRun":
      return advanceRun(turn, command);
    case "StartBulk":
      return startBulk(turn, command);
    case "AdvanceBulk":
      return advanceBulk(turn, command, decide);
    case "ConfigureArm":
      return configureArm(turn, command);
    case "RemoveArm":
      return removeArm(turn, command.arm);
    case "SetQuota":
      return setQuota(turn, command);
    case "ConnectWorker":
      return connectWorker(turn, command);
    case "DisconnectWorker":
      return disconnectWorker(turn, command.worker, command.session, command.goodbye);
    case "DrainWorker":
      return drainWorker(turn, command);
    case "ResumeWorker":
      return resumeWorker(turn, command.worker);
    case "ForgetWorker":
      return forgetWorker(turn, command.worker);
    case "PruneWorkers":
      return pruneWorkers(turn, command.workers);
    case "WorkerAlive":
      return workerAlive(turn, command.worker, command.session);
    case "Tick":
      return tick(turn);
    default:
      return decideOther(turn, command);
  }
}

/** What is about the graphs of runs, and about schedules. */
function decideOther(turn: Turn, command: OtherCommand): Reply {
  switch (command.type) {
    case "PrepareTask":
      return prepareTask(turn, command);
    case "ExpandTask":
      return expandTask(turn, command);
    case "ApproveTask":
      return approveTask(turn, command);
    case "MarkTask":
      return markTask(turn, command);
    case "RetryRun":
      return retryRun(turn, command);
    case "CloseRun":
      return closeRun(turn, command);
    case "SetWorkflow":
      return setWorkflow(turn, command);
    case "RemoveWorkflow":
      return removeWorkflow(turn, command.workflow);
    case "SetSchedule":
      return setSchedule(turn, command);
    case "RemoveSchedule":
      return removeSchedule(turn, command.schedule);
    case "TriggerSchedule":
      return triggerSchedule(turn, command.schedule);
    case "BackfillSchedule":
      return backfillSchedule(turn, command.schedule, command.ticks);
    case "FireTick":
      return fireTick(turn, command);
    case "SetCalendar":
      turn.emit({ type: "CalendarSet", calendar: command.calendar, days: command.days });
      return DONE;
    case "FoundCluster":
    case "CreateToken":
    case "RevokeToken":
    case "TrustKey":
    case "UntrustKey":
      return decideAccess(turn, command);
    case "PublishPlugin":
    case "RemovePlugin":
      return decidePlugin(turn, command);
    default:
      return unreachable(command);
  }
}
