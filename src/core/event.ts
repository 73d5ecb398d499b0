/**
 * Everything that can have happened: to tasks in `task-events.ts`, to all else in the `events.ts` of its folder. Events are plain
 * JSON, in the past tense, and the only thing that changes core's state (`apply.ts`) or a table (`store/project.ts`). A turn's
 * events share one time, which stands on the batch.
 *
 * Changing the meaning of a field means raising EVENT_VERSION and reading the old form for ever. So does a new type of event,
 * once a version was released: an older server of a cluster stops at what it does not know.
 */
import type { ClusterFounded, KeyTrusted, KeyUntrusted, TokenCreated, TokenRevoked } from "./access/events.ts";
import type { WorkerDraining, WorkerForgotten, WorkerJoined, WorkerLeft, WorkerResumed } from "./fleet/events.ts";
import type { ArmConfigured, ArmRemoved, QuotaSet } from "./limits/events.ts";
import type { BulkProgressed, BulkStarted, CacheKeyed, CallbackDue, CallbackSent } from "./flow/events.ts";
import type {
  ApprovalAsked,
  TaskApproved,
  TaskExpanded,
  TaskOpened,
  TaskPrepared,
  WorkflowRemoved,
  WorkflowSet,
} from "./graph/events.ts";
import type {
  RunAdmitted,
  RunCancelRequested,
  RunCreated,
  RunDropped,
  RunEnded,
  RunPaused,
  RunPlanned,
  RunReopened,
  RunSealed,
  RunStarted,
  RunTimedOut,
  RunTurned,
} from "./runs/events.ts";
import type { PluginPublished, PluginRemoved } from "./plugins/events.ts";
import type { CalendarSet, ScheduleFired, ScheduleRemoved, ScheduleSet, ScheduleTicked } from "./schedules/events.ts";
import type {
  AttemptEnded,
  AttemptStarted,
  CancelRequested,
  TaskEnded,
  TaskMoved,
  TaskPutOff,
  TaskReady,
  TaskReopened,
  TaskReplaced,
  TaskScheduled,
  TaskSubmitted,
  TasksDeleted,
  TasksDismissed,
} from "./task-events.ts";

export const EVENT_VERSION = 1;

export type Event =
  | TaskSubmitted
  | TaskReady
  | TaskScheduled
  | AttemptStarted
  | AttemptEnded
  | TaskEnded
  | CacheKeyed
  | TaskMoved
  | TaskPutOff
  | TaskReplaced
  | TasksDismissed
  | CallbackDue
  | CallbackSent
  | CancelRequested
  | TaskReopened
  | TasksDeleted
  | TaskPrepared
  | TaskOpened
  | TaskExpanded
  | ApprovalAsked
  | TaskApproved
  | RunSealed
  | RunDropped
  | RunPaused
  | RunAdmitted
  | RunTurned
  | WorkflowSet
  | WorkflowRemoved
  | RunCreated
  | RunStarted
  | RunCancelRequested
  | RunTimedOut
  | RunPlanned
  | RunEnded
  | RunReopened
  | ArmConfigured
  | ArmRemoved
  | QuotaSet
  | ScheduleSet
  | ScheduleRemoved
  | ScheduleTicked
  | ScheduleFired
  | CalendarSet
  | BulkStarted
  | BulkProgressed
  | WorkerJoined
  | WorkerDraining
  | WorkerResumed
  | WorkerForgotten
  | WorkerLeft
  | ClusterFounded
  | TokenCreated
  | TokenRevoked
  | KeyTrusted
  | KeyUntrusted
  | PluginPublished
  | PluginRemoved;

/** The events of one turn: appended together or not at all. */
export interface Batch {
  version: number;
  /** Epoch milliseconds of the turn. */
  at: number;
  events: Event[];
}
