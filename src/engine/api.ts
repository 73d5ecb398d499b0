/**
 * What the engine offers to whoever stands in front of it: the HTTP server, and a program that embeds it. Every call
 * answers after the append, or throws an `OctopusError`. Reads answer from the store, plus what only memory knows.
 */
import type { RunState, TaskState } from "../base/words.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import type { FromWorker, ToWorker } from "../protocol/link.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type {
  ArmView,
  Explanation,
  LogLine,
  Page,
  RunDetail,
  RunView,
  StatusView,
  Submitted,
  TaskDetail,
  TaskView,
  WorkerView,
} from "../protocol/views.ts";
import type { RunSpec } from "../protocol/workflow.ts";

/** A compiled workflow. It stands in the protocol because the compiler must not know the engine. */
export type { RunSpec };

export interface TaskFilter {
  state?: TaskState[];
  type?: string;
  arm?: string;
  tag?: string;
  run?: string;
  /** Text that the id, name or type contains. */
  q?: string;
  limit?: number;
  cursor?: string;
}

export interface RunFilter {
  state?: RunState[];
  workflow?: string;
  limit?: number;
  cursor?: string;
}

/** The engine's side of one connected worker. */
export interface WorkerSession {
  /** Hands over what the worker sent, in order. */
  receive(messages: FromWorker[]): void;
  /** The connection is gone; the worker's attempts live on for the lease. */
  closed(): void;
}

/** The transport's side of one connected worker. */
export interface WorkerPort {
  send(messages: ToWorker[]): void;
  /** Ends the connection. */
  close(): void;
}

export interface EngineApi {
  /** Accepts tasks: all of them or, when one is refused, none. Answers in the order given. */
  submit(specs: TaskSpec[]): Promise<Submitted[]>;
  submitRun(run: RunSpec): Promise<{ id: string }>;
  /** Cancels what has not ended; a running task ends when its worker has stopped it. */
  cancelTask(id: string, reason?: string): Promise<TaskView>;
  cancelRun(id: string, reason?: string): Promise<RunView>;
  /** Gives an ended task another try, and puts what had failed because of it back to waiting. */
  retryTask(id: string): Promise<TaskView>;
  /** Removes an ended task and its attempts, logs and results. */
  deleteTask(id: string): Promise<void>;
  /** Removes ended tasks, keeping the newest `keep` of them; answers how many went. */
  clearEnded(keep: number): Promise<number>;
  configureArm(name: string, change: { enabled?: boolean; maxParallel?: number | null }): Promise<ArmView>;

  task(id: string): TaskDetail | undefined;
  tasks(filter: TaskFilter): Page<TaskView>;
  run(id: string): RunDetail | undefined;
  runs(filter: RunFilter): Page<RunView>;
  arms(): ArmView[];
  workers(): WorkerView[];
  status(): StatusView;
  explain(id: string): Explanation | undefined;
  /** Output of a task after position `after`; `attempt` absent = the newest. */
  logs(id: string, options: { attempt?: number; after?: number; limit?: number }): LogLine[] | undefined;
  /** A result as JSON text, however large; undefined when the task has none. */
  resultText(id: string): string | undefined;

  /** Resolves when the task has ended, or with its view as it is when `waitMs` has passed. */
  waitTask(id: string, waitMs: number, signal?: AbortSignal): Promise<TaskDetail | undefined>;
  waitRun(id: string, waitMs: number, signal?: AbortSignal): Promise<RunDetail | undefined>;
  /** Calls back for each feed entry after `lastId` (or from now on), in order, until stopped. */
  subscribe(lastId: string | undefined, listener: (entries: FeedEntry[]) => void): () => void;
  /** Calls back when output of this task arrives, until stopped. */
  watchLogs(id: string, listener: () => void): () => void;

  /** A sign of life of a connected worker, beside its connection; false when there is no such session (any more). */
  beat(worker: string, session: string): boolean;
  /** A worker's connection has opened. */
  connectWorker(port: WorkerPort): WorkerSession;
  /** Ready to serve; false while starting, failed or stopping. */
  ready(): boolean;
}
