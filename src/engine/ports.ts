/**
 * What the engine needs from outside, one interface each. Each has one conformance suite that every implementation passes.
 */
import type { RunState, TaskState } from "../base/words.ts";
import type { EndedRun, EndedTask } from "../core/command.ts";
import type { Batch } from "../core/event.ts";
import type { StoredState } from "../core/load.ts";
import type { LogChunk } from "../protocol/link.ts";
import type { LogLine, Page, RunView, TaskDetail, TaskView, WorkerView } from "../protocol/views.ts";
import type { RunFilter, TaskFilter } from "./api.ts";

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
}

export interface ArmSummary {
  readonly name: string;
  readonly enabled: boolean;
  /** Infinity = no limit. */
  readonly maxParallel: number;
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

/** Reads of what the journal made durable. */
export interface Library {
  /** The newest task that was submitted with this key. */
  findKey(key: string): { task: number; hash: string; state: TaskState } | undefined;
  /** Work of these tasks, in the order asked. */
  works(tasks: readonly number[]): string[];
  stateOf(task: number): TaskState | undefined;
  task(task: number): TaskDetail | undefined;
  tasks(filter: TaskFilter & { runSeq?: number | undefined }): Page<TaskView>;
  run(run: number): (RunView & { definition?: string }) | undefined;
  runs(filter: RunFilter): Page<RunView>;
  tasksOfRun(run: number): TaskView[];
  taskOfRun(run: number, name: string): number | undefined;
  /** Numbers of the tasks of a run, in order. */
  taskSeqsOfRun(run: number): number[];
  endedTask(task: number): EndedTask | undefined;
  endedRun(run: number): EndedRun | undefined;
  /** Tasks that ended because `task` did, and may wait again when it is retried, parents first. */
  dependents(task: EndedTask): EndedTask[];
  /** Blocked tasks that need `task`. */
  blockedOn(task: number): number[];
  resultText(task: number): string | undefined;
  workers(): WorkerView[];
  /** Ended tasks that retention lets go: the oldest beyond `keep`, and those that ended before `endedBefore`. */
  prunable(keep: number, endedBefore: number, limit: number): { task: number; state: TaskState }[];
  /** References of the large results of these tasks. */
  artifactsOf(tasks: readonly number[]): string[];
  artifactUsed(reference: string): boolean;
  databaseBytes(): number;
  oldestQueuedAt(): number | undefined;
}

/** Output of attempts. Not part of the journal: losing its newest second in a power cut loses no task. */
export interface LogStore {
  append(chunks: readonly LogChunk[]): void;
  read(task: number, attempt: number, after: number, limit: number): LogLine[];
  remove(tasks: readonly number[]): void;
  prune(endedBefore: number, bytesMax: number): void;
}

/** Large results, by content. */
export interface Artifacts {
  /** Keeps the text durably and answers its reference. */
  put(text: string): string;
  get(reference: string): string | undefined;
  remove(references: readonly string[]): void;
}

/** A logger that takes structured fields first. */
export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
