/**
 * What the calls for programs stand on, whether the engine is in this process or behind a server: one method for each
 * question, always asynchronous, taking what a person would write. `engine-backend.ts` and `client-backend.ts` are the two.
 */
import type { Json } from "../base/words.ts";
import type { RetryChange } from "../engine/api.ts";
import type { RunFilter, TaskFilter } from "../engine/filters.ts";
import type { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
import type { BulkFilterSubmission, BulkSubmission } from "../protocol/bulk.ts";
import type { PipelineSubmission } from "../protocol/pipeline.ts";
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type {
  ArmDetail,
  ArmView,
  ArtifactView,
  BulkView,
  Page,
  QuotaView,
  TaskDetail,
  TaskView,
} from "../protocol/views.ts";
import type { RunDetail, RunExplanation, RunView, WorkflowDetail, WorkflowView } from "../protocol/run-views.ts";
import type { CalendarView, ScheduleView, TickView } from "../protocol/schedule-views.ts";
import type {
  RunAccepted,
  RunRetry,
  RunSubmission,
  TaskMark,
  Verdict,
  WorkflowSubmission,
} from "../protocol/workflow.ts";

/** The tasks of a bulk action: those that match, or these. */
export type BulkTarget = BulkFilterSubmission & { ids?: string[] | undefined };

export interface Backend {
  submit(task: TaskSubmission): Promise<{ id: string; existed?: boolean | undefined }>;
  submitMany(tasks: readonly TaskSubmission[]): Promise<string[]>;
  /** Throws `not_found`. */
  task(id: string): Promise<TaskDetail>;
  tasks(filter: TaskFilter): Promise<Page<TaskView>>;
  /** The task once it has ended, or as it is when the time is up. */
  waitTask(id: string, timeoutMs: number): Promise<TaskDetail>;
  /** What an ended task returned, however large. */
  result(id: string): Promise<Json | undefined>;
  cancelTask(id: string, reason?: string): Promise<TaskView>;
  retryTask(id: string, change?: RetryChange): Promise<TaskView>;
  dismissTask(id: string): Promise<TaskView>;
  approveTask(id: string, approve: boolean, verdict: Verdict): Promise<TaskView>;
  markTask(id: string, mark: TaskMark): Promise<TaskView>;

  submitRun(run: RunSubmission): Promise<RunAccepted>;
  submitPipeline(pipeline: PipelineSubmission): Promise<{ id: string }>;
  /** Throws `not_found`. */
  run(id: string): Promise<RunDetail>;
  runs(filter: RunFilter): Promise<Page<RunView>>;
  waitRun(id: string, timeoutMs: number): Promise<RunDetail>;
  cancelRun(id: string, reason?: string): Promise<RunView>;
  pauseRun(id: string, paused: boolean, reason?: string): Promise<RunView>;
  retryRun(id: string, retry: RunRetry): Promise<RunView>;
  explainRun(id: string): Promise<RunExplanation>;
  setWorkflow(workflow: WorkflowSubmission): Promise<WorkflowDetail>;
  removeWorkflow(name: string): Promise<void>;
  workflow(name: string): Promise<WorkflowDetail>;
  workflows(): Promise<WorkflowView[]>;

  arms(): Promise<ArmView[]>;
  arm(name: string): Promise<ArmDetail>;
  configureArm(name: string, change: ArmSubmission): Promise<ArmView>;
  removeArm(name: string): Promise<void>;
  quotas(): Promise<QuotaView[]>;
  setQuota(owner: string, quota: QuotaSubmission): Promise<QuotaView>;
  removeQuota(owner: string): Promise<void>;

  setSchedule(schedule: ScheduleSubmission): Promise<ScheduleView>;
  previewSchedule(schedule: ScheduleSubmission, count: number): Promise<ScheduleView>;
  removeSchedule(name: string): Promise<void>;
  pauseSchedule(name: string, paused: boolean): Promise<ScheduleView>;
  triggerSchedule(name: string): Promise<TickView>;
  backfillSchedule(name: string, from: number, to: number, preview: boolean): Promise<{ count: number }>;
  schedule(name: string): Promise<ScheduleView>;
  schedules(): Promise<ScheduleView[]>;
  /** Epoch milliseconds. */
  nextTicks(name: string, count: number, after: number | undefined): Promise<number[]>;
  ticks(name: string, options: { limit?: number; cursor?: string }): Promise<Page<TickView>>;
  calendars(): Promise<CalendarView[]>;
  setCalendar(name: string, days: string[]): Promise<CalendarView>;
  removeCalendar(name: string): Promise<void>;

  countTasks(filter: BulkTarget): Promise<number>;
  startBulk(action: Omit<BulkSubmission, "preview">): Promise<BulkView>;
  bulk(id: string): Promise<BulkView>;
  bulks(): Promise<BulkView[]>;
  cancelBulk(id: string): Promise<BulkView>;

  artifacts(id: string, attempt?: number): Promise<ArtifactView[]>;
  readArtifact(id: string, path: string, attempt?: number): Promise<AsyncIterable<Uint8Array>>;
}
