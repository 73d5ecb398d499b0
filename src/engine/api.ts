/**
 * What the engine offers to whoever stands in front of it: the HTTP server, and a program that embeds it. Every call
 * answers after the append, or throws an `OctopusError`. Reads answer from the store, plus what only memory knows.
 */
import type { BulkFilter, RunFilter, TaskFilter } from "./filters.ts";
import type { BulkActionName, Json } from "../base/words.ts";
import type { Quota } from "../core/asks.ts";
import type { ArmChange } from "../core/command.ts";
import type { AccessApi, FleetApi } from "./fleet-api.ts";
import type { PluginsApi } from "./plugins/api.ts";
import type { PolicyApi, PolicyCaller } from "./policy.ts";
import type { ArtifactSink } from "./ports.ts";
import type { HeatQuestion } from "./schedule-heat.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import type { HistoryMinutes } from "./metrics/history.ts";
import type { HistoryView } from "../protocol/history.ts";
import type { FromWorker, ToWorker } from "../protocol/link.ts";
import type { ScheduleSpec } from "../protocol/schedule.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type {
  ArmDetail,
  ArmView,
  ArtifactView,
  BulkView,
  Explanation,
  LogLine,
  Page,
  QuotaView,
  StatusView,
  Submitted,
  TaskDetail,
  TaskView,
} from "../protocol/views.ts";
import type { LogExtent, LogFound, LogPage, LogPart, LogSearch } from "../protocol/log-views.ts";
import type { WorkerView } from "../protocol/worker-views.ts";
import type { RunDetail, RunExplanation, RunView, WorkflowDetail, WorkflowView } from "../protocol/run-views.ts";
import type { CalendarView, ScheduleHeat, ScheduleView, TickView } from "../protocol/schedule-views.ts";
import type { WorkflowGrid, WorkflowVersionDetail, WorkflowVersions } from "../protocol/workflow-views.ts";
import type { RunRetry, RunSpec, RunSubmission, TaskMark, Verdict, WorkflowSubmission } from "../protocol/workflow.ts";

/** What a workflow must be now for a change to be made: the hash of its definition; null: there must be none. */
export type OnlyIf = string | null;

/** A compiled workflow. It stands in the protocol because the compiler must not know the engine. */
export type { RunSpec };

export interface BulkSpec {
  action: BulkActionName;
  filter: BulkFilter;
  /** For `priority`. */
  priority?: number;
  /** For `move`. */
  arm?: string;
  /** For `cancel`. */
  reason?: string;
}

/** What a retry may change. */
export interface RetryChange {
  /** In place of the input of a function, the body of a request, the environment variables of a command. */
  input?: Json;
}

/** The engine's side of one connected worker. */
export interface WorkerSession {
  /** Hands over what the worker sent, in order. */
  receive(messages: FromWorker[]): void;
  /** The connection is gone; the worker's attempts live on for the lease. */
  closed(): void;
}

/** What the transport knows of who connects. */
export interface WorkerOrigin {
  /** It lives in the engine's own process. */
  local?: true;
  address?: string | undefined;
  /** Arms that its token allows; absent = all. */
  arms?: readonly string[] | undefined;
  /** The only name that it may have. */
  worker?: string | undefined;
  /** Id of its token; when that is revoked, or at `expiresAt` (epoch milliseconds), the connection is cut. */
  token?: string | undefined;
  expiresAt?: number | undefined;
  /** Its public key; when that is not trusted any more, the connection is cut. */
  key?: string | undefined;
}

/** The transport's side of one connected worker. */
export interface WorkerPort {
  send(messages: ToWorker[]): void;
  /** Ends the connection. */
  close(): void;
  /** Whether the other side answers within this time; absent = it cannot be asked. */
  isThere?(ms: number): Promise<boolean>;
  /** The worker said what no honest worker says, or may not be here: for the log and the audit. */
  complain?(action: string, detail: string): void;
}

export interface EngineApi {
  /** Accepts tasks: all of them or, when one is refused, none. Answers in the order given. */
  submit(specs: TaskSpec[], by?: PolicyCaller): Promise<Submitted[]>;
  submitRun(run: RunSpec, by?: PolicyCaller): Promise<{ id: string; warnings?: { path: string; message: string }[] }>;
  /** Cancels what has not ended; a running task ends when its worker has stopped it. */
  cancelTask(id: string, reason?: string): Promise<TaskView>;
  cancelRun(id: string, reason?: string): Promise<RunView>;
  /** Gives an ended task another try, and puts what had failed because of it back to waiting. */
  retryTask(id: string, change?: RetryChange, by?: PolicyCaller): Promise<TaskView>;
  /** Stops a run from starting more tasks, or lets it go on. */
  pauseRun(id: string, paused: boolean, reason?: string): Promise<RunView>;
  /** Does a run again: all of it, what has failed, one task, or one task and what needs it. */
  retryRun(id: string, retry: RunRetry): Promise<RunView>;
  /** Answers a task that waits for a person. */
  approveTask(id: string, approve: boolean, verdict: Verdict): Promise<TaskView>;
  /** Says how a task has ended, whatever it did. */
  markTask(id: string, mark: TaskMark): Promise<TaskView>;

  /** Registers a workflow under its name, with the schedules that it asks for. */
  setWorkflow(submission: WorkflowSubmission, by?: PolicyCaller, only?: OnlyIf): Promise<WorkflowDetail>;
  removeWorkflow(name: string): Promise<void>;
  workflow(name: string): WorkflowDetail | undefined;
  /** `recent`: with so many of their newest runs. */
  workflows(recent?: number): WorkflowView[];
  /** Runs of workflows that are not registered have versions and a grid too. */
  workflowVersions(name: string): WorkflowVersions;
  workflowVersion(name: string, hash: string): WorkflowVersionDetail | undefined;
  workflowGrid(name: string, page: { limit: number; before?: number | undefined }): WorkflowGrid;
  /** Compiles a definition, or a registered workflow; throws `invalid` with everything that is wrong. */
  compileRun(submission: RunSubmission): Promise<RunSpec>;
  /** Puts a dead letter aside: it stays in the history and leaves the list. */
  dismissTask(id: string): Promise<TaskView>;
  /** Gives a live task another arm or priority. */
  moveTask(id: string, change: { arm?: string; priority?: number }, by?: PolicyCaller): Promise<TaskView>;
  /** A task that waits is due then: epoch milliseconds, 0 = now. */
  rescheduleTask(id: string, dueAt: number): Promise<TaskView>;
  /** A task that has not started does this from now on; it keeps its id. */
  replaceTask(id: string, spec: TaskSpec, by?: PolicyCaller): Promise<TaskView>;
  /** Removes an ended task and its attempts, logs and results. */
  deleteTask(id: string): Promise<void>;
  /** Removes ended tasks, keeping the newest `keep` of them; answers how many went. */
  clearEnded(keep: number): Promise<number>;
  /** Registers an arm, or changes it: absent = as it is, null = the default. */
  configureArm(name: string, change: ArmChange): Promise<ArmView>;
  /** Removes an arm that holds no tasks and is none of the default ones. */
  removeArm(name: string): Promise<void>;
  arm(name: string): ArmDetail | undefined;

  /** `*` = every owner without a quota of its own. */
  setQuota(owner: string, quota: Quota): Promise<QuotaView>;
  removeQuota(owner: string): Promise<void>;
  quotas(): QuotaView[];

  /** Makes or replaces the schedule of that name. */
  setSchedule(spec: ScheduleSpec, by?: PolicyCaller): Promise<ScheduleView>;
  /** What the schedule would be, with the ticks to come; nothing is kept. */
  previewSchedule(spec: ScheduleSpec, count: number): ScheduleView;
  removeSchedule(name: string): Promise<void>;
  pauseSchedule(name: string, paused: boolean): Promise<ScheduleView>;
  /** Fires it now; resolves when its target was made. */
  triggerSchedule(name: string): Promise<TickView>;
  /** Fires the ticks from `from` until `to` (exclusive) that were not fired yet; with `preview`, only counts them. */
  backfillSchedule(name: string, from: number, to: number, options?: { preview?: boolean }): Promise<{ count: number }>;
  schedule(name: string): ScheduleView | undefined;
  /** With the newest `results` ticks of each, where that is given. */
  schedules(results?: number): ScheduleView[];
  /** What became of its ticks by day or hour, and which are to come; undefined = there is no such schedule. */
  scheduleHeat(name: string, question: HeatQuestion): ScheduleHeat | undefined;
  /** The next `count` ticks after `after` (default: now), at most 1000. */
  nextTicks(name: string, count: number, after?: number): number[] | undefined;
  /** What became of its ticks, newest first. */
  ticks(name: string, options: { limit?: number; cursor?: string }): Page<TickView>;
  /** An exclusion calendar: days on which the schedules that name it do not fire. */
  setCalendar(name: string, days: string[]): Promise<CalendarView>;
  removeCalendar(name: string): Promise<void>;
  calendars(): CalendarView[];

  /** How many tasks the filter matches now. */
  countTasks(filter: BulkFilter): Promise<number>;
  startBulk(spec: BulkSpec): Promise<BulkView>;
  cancelBulk(id: string): Promise<BulkView>;
  bulk(id: string): BulkView | undefined;
  bulks(): BulkView[];

  /** Files of the newest attempt that left any (or of `attempt`). */
  artifacts(id: string, attempt?: number): ArtifactView[] | undefined;
  readArtifact(
    id: string,
    path: string,
    attempt?: number,
  ): { bytes: number; chunks: AsyncIterable<Uint8Array> } | undefined;
  /** Takes in a file for an attempt that is about to end. */
  putArtifact(): ArtifactSink;
  /** A file by its content, for the attempts that are given it. */
  openArtifact(sha256: string): { bytes: number; chunks: AsyncIterable<Uint8Array> } | undefined;

  task(id: string): TaskDetail | undefined;
  tasks(filter: TaskFilter): Page<TaskView>;
  /** The same in steps, between which others have their turn; it ends early where much is to be looked at. */
  listTasks(filter: TaskFilter): Promise<Page<TaskView>>;
  run(id: string): RunDetail | undefined;
  runs(filter: RunFilter): Page<RunView>;
  arms(): ArmView[];
  workers(): WorkerView[];
  /** What went through the arms in the last so many minutes, as far as this server has seen it. */
  history(minutes: HistoryMinutes, arm?: string): HistoryView;
  status(): StatusView;
  /** For Prometheus; what costs something is counted from the first call on. */
  metrics(): string;
  explain(id: string): Explanation | undefined;
  explainRun(id: string): RunExplanation | undefined;
  /** Output of a task after position `after`; `attempt` absent = the newest. */
  logs(id: string, options: { attempt?: number; after?: number; limit?: number }): LogLine[] | undefined;
  /** A part of the output, and which lines there are. */
  logPage(id: string, asked: LogPart): LogPage | undefined;
  /** Which lines there are. */
  logExtent(id: string, attempt?: number): LogExtent | undefined;
  /** Lines that hold a text or tell of errors; looks at so much, and says where to go on. Nothing but the reader waits. */
  findInLog(id: string, search: LogSearch, signal?: AbortSignal): Promise<LogFound | undefined>;
  /** A result as JSON text, however large; undefined when the task has none. */
  resultText(id: string): string | undefined;

  /** Resolves when the task has ended, or with its view as it is when `waitMs` has passed. */
  waitTask(id: string, waitMs: number, signal?: AbortSignal): Promise<TaskDetail | undefined>;
  waitRun(id: string, waitMs: number, signal?: AbortSignal): Promise<RunDetail | undefined>;
  /** Calls back for each feed entry after `lastId` (or from now on), in order, until stopped. */
  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void;
  /** Calls back when output of this task arrives, until stopped. */
  watchLogs(id: string, listener: () => void): () => void;

  /** Workers: what they are and use, and what people want of them. */
  readonly fleet: FleetApi;
  /** Who may do what. */
  readonly access: AccessApi;
  /** Code that workers get. */
  readonly plugins: PluginsApi;
  /** Which commands are refused. */
  readonly policy: PolicyApi;

  /** A sign of life of a connected worker, beside its connection; false when there is no such session (any more). */
  beat(worker: string, session: string): boolean;
  /** A worker's connection has opened. */
  connectWorker(port: WorkerPort, origin?: WorkerOrigin): WorkerSession;
  /** Resolves when memory holds nothing that is not durable; undefined: it holds nothing such now. Whoever reads waits for it. */
  settled(): Promise<void> | undefined;
  /** Whether this server decides, or follows another one that does. */
  readonly role: "leader" | "follower";
  /** Ready to serve; false while starting, failed or stopping. */
  ready(): boolean;
}
