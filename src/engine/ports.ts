/**
 * What the engine needs from outside, one interface each. Each has one conformance suite that every implementation passes.
 */
import type { Json, RunState, TaskState } from "../base/words.ts";
import type { Calendar, ScheduleRule } from "../core/schedules/calendar.ts";
import type { EndedRun, EndedTask } from "../core/command.ts";
import type { Batch } from "../core/event.ts";
import type { StoredMeter, StoredState } from "../core/load.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { ScheduleSpec, WorkflowTarget } from "../protocol/schedule.ts";
import type { AuditView } from "../protocol/access.ts";
import type { Evaluator } from "../protocol/evaluator.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { ArtifactView, LogLine, Page, TaskDetail, TaskView } from "../protocol/views.ts";
import type { WorkerView } from "../protocol/worker-views.ts";
import type { RunView } from "../protocol/run-views.ts";
import type { TickView } from "../protocol/schedule-views.ts";
import type { RunMark, WorkflowGrid, WorkflowVersionDetail, WorkflowVersions } from "../protocol/workflow-views.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import type { BulkFilter, RunFilter, TaskFilter } from "./filters.ts";
import type { RetryNode, StoredBulk, StoredNode, StoredRunScope, StoredSchedule, StoredWorkflow } from "./stored.ts";

export type { Evaluator, Prepared, ScopeSource, ScopeTask } from "../protocol/evaluator.ts";

/** Time. Nothing in the engine reads a clock or sets a timer by another way. */
export interface Clock {
  /** Epoch milliseconds. Never goes back. */
  now(): number;
  /** Milliseconds with fractions, for measuring how long something took. */
  elapsed(): number;
  /** Calls back once, at or soon after `at`; the answer cancels. */
  wakeAt(at: number, callback: () => void): () => void;
  /** Calls back as soon as what is under way has returned and pending input was taken. */
  soon(callback: () => void): void;
}

/** What a turn leaves behind beside its events: totals that core keeps and the store would have to count. */
export interface Summary {
  lastTask: number;
  lastRun: number;
  counts: Record<TaskState, number>;
  runCounts: Record<RunState, number>;
  arms: Iterable<ArmSummary>;
  /** Limits over time that changed in this turn; one that is back to full has `used` 0 and may be forgotten. */
  meters: Iterable<StoredMeter>;
}

export interface ArmSummary {
  readonly name: string;
  readonly processed: number;
  readonly failed: number;
  readonly lastRunAt: number;
}

/**
 * Where batches of events become durable.
 *
 * J1  When `append` has returned (or its promise resolved), the batch survives a power cut; when it threw, nothing of it
 *     is there.
 * J2  `load` gives the state after the last batch that was appended.
 */
export interface Journal {
  load(): StoredState;
  append(batch: Batch, summary: Summary): void | Promise<void>;
  /** True when an append would succeed again after a failure. */
  probe(): boolean;
}

/** How long a task took, in milliseconds. */
export interface TaskDuration {
  task: number;
  name: string;
  ms: number;
}

/** How many tasks of a live run are in each state, where somebody knows that without counting them. */
export type LiveCounts = (run: number) => Partial<Record<TaskState, number>> | undefined;

/** Reads of what the journal made durable. */
/** Tasks that a filter matches. Everything up to `cursor` was looked at; `end`: there is nothing behind it. */
export interface Matches {
  tasks: { task: number; state: TaskState }[];
  cursor: number;
  end: boolean;
}

/** A count that is made in steps of a few milliseconds. */
export interface TaskCount {
  readonly done: boolean;
  readonly count: number;
  step(): void;
}

/** A page that is read in steps of a few milliseconds. */
export interface TaskScan {
  /** True when the page is full, or there is nothing more to look at. */
  readonly done: boolean;
  /** How many tasks were looked at. */
  readonly looked: number;
  step(): void;
  /** What was found so far, and where to go on. */
  page(): Page<TaskView>;
}

export interface Library {
  /** The newest task that was submitted with this key. */
  findKey(key: string): { task: number; hash: string; state: TaskState } | undefined;
  /** Work of these tasks, in the order asked. */
  works(tasks: readonly number[]): string[];
  stateOf(task: number): TaskState | undefined;
  task(task: number): TaskDetail | undefined;
  /** A page of tasks, newest first. */
  tasks(filter: TaskFilter & { runSeq?: number | undefined }): Page<TaskView>;
  /** The same, to be read in steps. */
  scan(filter: TaskFilter & { runSeq?: number | undefined }): TaskScan;
  run(run: number, live?: LiveCounts): (RunView & { definition?: string; files?: Record<string, string> }) | undefined;
  runs(filter: RunFilter, live?: LiveCounts): Page<RunView>;
  tasksOfRun(run: number): TaskView[];
  taskOfRun(run: number, name: string): number | undefined;
  /** The same for many names: what expressions read of a task, without its result. */
  nodeOfRun(run: number, name: string): StoredNode | undefined;
  node(task: number): StoredNode | undefined;
  /** Members of an `each`, in order, from the `from`th on. */
  members(container: number, from?: number, limit?: number): StoredNode[];
  /** Number of its members in each state. */
  memberCounts(container: number): Partial<Record<TaskState, number>>;
  /** Tasks of the run that are not inside an `each`, in order, at most `limit`. */
  topTasksOfRun(run: number, limit: number): TaskView[];
  /** What is needed to evaluate what the tasks of a run say. */
  runScope(run: number): StoredRunScope | undefined;
  /** The run that a `workflow` task holds now (the newest). */
  subRun(task: number): number | undefined;
  /** Tasks of a run that are not inside an `each`, as a retry looks at them, in the order of numbers. */
  retryNodes(run: number): RetryNode[];
  /** Members of an `each` that have failed, with leave or without, or that hold what has failed. */
  retryMembers(container: number): RetryNode[];
  retryNode(task: number): RetryNode | undefined;
  /** A run of this workflow, of late and the newest one, that came to a good end. */
  example(workflow: string): number | undefined;
  /** How long its tasks took, those inside an `each` left out: at most `limit` with numbers above `after`, in order. */
  durations(run: number, after: number, limit: number): TaskDuration[];
  workflow(name: string): StoredWorkflow | undefined;
  workflows(): StoredWorkflow[];
  workflowVersions(workflow: string): WorkflowVersions;
  /** Undefined for what neither the workflow nor a run of it has been. */
  workflowVersion(workflow: string, hash: string): WorkflowVersionDetail | undefined;
  /** Its newest runs, the newest first. */
  recentRuns(workflow: string, limit: number): RunMark[];
  /** Its newest runs of before the number `before`, against their tasks. */
  workflowGrid(workflow: string, page: { limit: number; before?: number | undefined }): WorkflowGrid;
  /** Numbers of the tasks of a run, in order. */
  taskSeqsOfRun(run: number): number[];
  endedTask(task: number): EndedTask | undefined;
  endedRun(run: number): EndedRun | undefined;
  /** Tasks that ended because `task` or `others` did, and may wait again when these are retried, parents first. */
  dependents(task: EndedTask, others?: readonly number[]): EndedTask[];
  /** Blocked tasks that need `task`. */
  blockedOn(task: number): number[];
  /** Blocked tasks of no run, with those that they need. */
  blockedOutside(): { task: number; needs: readonly number[] }[];
  resultText(task: number): string | undefined;
  workers(): WorkerView[];
  worker(name: string): WorkerView | undefined;
  /** Names of the workers that have not left, whether they are connected or not. */
  workersThere(): string[];
  /** Ended tasks that retention lets go: the oldest beyond `keep`, and those that ended before `endedBefore`. */
  prunable(keep: number, endedBefore: number, limit: number): { task: number; state: TaskState }[];
  /** The tasks inside a container, at any depth. */
  within(container: number): { task: number; state: TaskState }[];
  /** Ended runs all of whose tasks are among these. */
  emptied(tasks: readonly number[]): { run: number; state: RunState }[];
  /** References of the large results of these tasks. */
  artifactsOf(tasks: readonly number[]): string[];
  artifactUsed(reference: string): boolean;
  /** The task whose result is kept under this key and may still be used at `now`. */
  cached(key: string, now: number): number | undefined;
  /** JSON text of the callbacks that the task was submitted with. */
  callbacksOf(task: number): string | undefined;
  /** What a schedule submits and how it was written, as JSON text, with the times around it. */
  schedule(name: string): StoredSchedule | undefined;
  schedules(): StoredSchedule[];
  ticks(schedule: string, filter: { limit?: number; cursor?: string }): Page<TickView>;
  tick(schedule: string, tick: number): TickView | undefined;
  /** Which of these ticks, ascending, were not fired yet. */
  unfired(schedule: string, ticks: readonly number[]): number[];
  calendars(): { name: string; days: string[] }[];
  bulk(bulk: number): StoredBulk | undefined;
  /** Newest first; those that run, and the last hundred that ended. */
  bulks(): StoredBulk[];
  /** Tasks that the filter matches, ascending from after `cursor`. */
  matching(filter: BulkFilter & { runSeq?: number | undefined }, cursor: number, limit: number): Matches;
  countMatching(filter: BulkFilter & { runSeq?: number | undefined }): TaskCount;
  artifacts(task: number, attempt?: number): (ArtifactView & { hash: string })[];
  databaseBytes(): number;
  oldestQueuedAt(): number | undefined;
}

/** One row of the audit log. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  at: number;
  who: string;
  address?: string | undefined;
  action: string;
  subject?: string | undefined;
  outcome: "done" | "refused" | "failed";
  detail?: string | undefined;
  times: number;
}

export interface AuditFilter {
  who?: string;
  action?: string;
  outcome?: AuditEntry["outcome"];
  from?: number;
  to?: number;
  limit?: number;
  cursor?: string;
}

/**
 * Who did what, and who was refused. Beside the journal, so that a flood of refusals costs no turn; each row is durable
 * soon after, not before the answer.
 */
export interface Audit {
  append(entries: readonly AuditEntry[]): void;
  read(filter: AuditFilter): Page<AuditView>;
  prune(before: number, rowsMax: number): void;
}

/** A worker of a pool that is to be started or ended. */
export interface ScaleOrder {
  pool: string;
  worker: string;
  labels: Readonly<Record<string, string>>;
}

/** Starts and ends workers of pools by commands, outside of this process. */
export interface Scaler {
  /** Resolves when the command has ended well, or runs on: then it is the worker itself. Rejects with words. */
  start(order: ScaleOrder): Promise<void>;
  /** Resolves when the command has ended well; where there is none, ends what `start` has left running. */
  stop(order: ScaleOrder): Promise<void>;
  /** A worker that was let go has left. */
  left?(order: ScaleOrder): void;
}

/** Which pieces of an attempt's output are meant: those after a position, or the last ones before it or up to a line. */
export interface LogRange {
  after?: number | undefined;
  before?: number | undefined;
  /** From the end back to where this line begins. */
  fromLine?: number | undefined;
  /** Most pieces. */
  limit: number;
  /** Most output, but at least one piece. */
  bytes?: number | undefined;
}

/** Output of attempts. Not part of the journal: losing its newest second in a power cut loses no task. */
export interface LogStore {
  append(chunks: readonly LogChunk[]): void;
  /** Pieces in their order. */
  read(task: number, attempt: number, range: LogRange): LogLine[];
  /** The lines that are kept; undefined when there is no output. Older lines may have been removed already. */
  extent(task: number, attempt: number): { firstLine: number; lastLine: number } | undefined;
  /** The position after which to read, to begin with this line. */
  locate(task: number, attempt: number, line: number): number;
  remove(tasks: readonly number[]): void;
  prune(endedBefore: number, bytesMax: number): void;
}

/** A file on its way in; nothing of it is kept before `commit`. */
export interface ArtifactSink {
  write(chunk: Uint8Array): void;
  /** Keeps it durably; answers its SHA-256 in hex. `shared` resolves when it outlives this server, in a cluster. */
  commit(): { sha256: string; bytes: number; shared?(): Promise<void> };
  abort(): void;
}

/** Large results and files that attempts left, by content. */
export interface Artifacts {
  /** Keeps the text durably and answers its reference. */
  put(text: string): string;
  get(reference: string): string | undefined;
  /** Takes in a file piece by piece. */
  sink(): ArtifactSink;
  open(reference: string): { bytes: number; chunks: AsyncIterable<Uint8Array> } | undefined;
  has(reference: string): boolean;
  /** In a cluster: gets those that another server has taken in. What no server has is not here then, either. */
  bring?(references: readonly string[]): Promise<void>;
  /** Some of what was put before that time (epoch milliseconds); asked again and again, all of it. */
  stale(before: number): string[];
  remove(references: readonly string[]): void;
}

/** What the engine asks of the world outside the store, each a pure answer to its arguments. */
export interface Outside {
  calendar: Calendar;
  /** Refuses (throws `invalid`, with the path of the field) what a rule cannot hold: cron, zone, day. Answers lint. */
  checkSchedule(spec: ScheduleSpec, rule: ScheduleRule): string[];
  /** The rule in words: "every 90s", "at 08:30 on Monday". */
  describeSchedule(rule: ScheduleRule): string;
  /** Zone of schedules that name none. */
  zone: string;
  /** SHA-256 in hex. */
  digest(text: string): string;
  /** SHA-256 in hex of a file's content; rejects with words when it cannot be read. */
  digestFile(path: string): Promise<string>;
  /** Headers that sign a request: Standard Webhooks. Undefined when there is no secret of that name. */
  sign(secret: string, id: string, atMs: number, body: string): Record<string, string> | undefined;
  /** Turns a workflow target into a run; throws `invalid`. `check`: only to see what it is; params need no values. */
  compile(target: WorkflowTarget & { check?: boolean }): Promise<RunSpec>;
  /** By name: who adds tasks to a run as others end. */
  planners: Readonly<Record<string, Planner>>;
  /** Evaluates what the tasks of workflows say; loaded with the first one that says something. */
  evaluator(): Promise<Evaluator>;
}

/** A task of a planned run, as its planner sees it. */
export interface PlannedTask {
  name: string;
  state: TaskState;
  attempt: number;
  result?: Json | undefined;
  error?: { message: string; kind?: string | undefined } | undefined;
  startedAt?: number | undefined;
  endedAt?: number | undefined;
}

/**
 * Decides what a run does next. Called after every turn in which a task of the run ended, and after a restart; pure, so
 * that it may be asked again. A task that it names again is not made twice.
 */
export type Planner = (run: {
  definition: string;
  params: Record<string, Json>;
  createdAt: number;
  now: number;
  timedOut: boolean;
  cancelled: boolean;
  tasks: readonly PlannedTask[];
}) => {
  submit?: TaskSpec[];
  /** Names of tasks that are not needed any more. */
  cancel?: { name: string; reason: string }[];
  end?: { state: RunState; result?: Json; reason?: string };
};

/** A logger that takes structured fields first. */
export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
