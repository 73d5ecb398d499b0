/**
 * The executor port: one implementation per kind of task. The agent owns time (timeouts, cancels, drains) and tells the
 * executor through the signal; the executor owns the work and says how it ended.
 *
 * X1  `execute` never rejects for anything the task did: that is a report. A rejection is our bug and ends as `refused`.
 * X2  After the signal aborts, `execute` settles within the task's grace plus a bounded clean-up, and leaves no process.
 * X3  Whatever it passes to `log` before settling is kept; nothing may be logged afterwards.
 */
import type { LogStream, TaskKind } from "../base/words.ts";
import type { Assignment, AttemptReport } from "../protocol/link.ts";
import type { FileSource } from "./keep-file.ts";

/** Why an attempt is being stopped; the reason of the abort signal. */
export type StopReason = "timed_out" | "cancelled" | "interrupted" | "lost";

/** What an executor may use while it runs one attempt. */
export interface AttemptContext {
  readonly assignment: Assignment;
  /** Aborts with a `StopReason` as its `reason`. */
  readonly signal: AbortSignal;
  /** Keeps output. Bytes stay bytes; the caller does not reuse the buffer. */
  log(stream: LogStream, data: Uint8Array | string): void;
  /** Says how far it is: 0 to 1. */
  progress(value: number, message?: string): void;
  /**
   * Keeps a file with the attempt, under this path; resolves when the server has it. Absent where nothing takes files.
   * Rejects with words for what cannot be kept.
   */
  keepFile?: ((path: string, source: FileSource) => Promise<void>) | undefined;
  /** Folder with the files of other tasks that it was given; absent when there are none. */
  readonly inputsDir?: string | undefined;
  /** Set by executors that start processes: the group whose use of the machine is the attempt's. */
  group?: (() => number | undefined) | undefined;
}

export interface Executor {
  readonly kind: TaskKind;
  execute(context: AttemptContext): Promise<AttemptReport>;
  /** Ends whatever the executor keeps between attempts. */
  close?(): Promise<void>;
}
