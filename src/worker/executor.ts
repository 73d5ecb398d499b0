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
import type { AdapterCopy, PluginCopy } from "../protocol/plugin.ts";
import type { FileSource } from "./keep-file.ts";

/** Why an attempt is being stopped; the reason of the abort signal. */
export type StopReason = "timed_out" | "cancelled" | "interrupted" | "lost";

/** What an executor may use while it runs one attempt. */
export interface AttemptContext {
  readonly assignment: Assignment;
  /** Aborts with a `StopReason` as its `reason`. */
  readonly signal: AbortSignal;
  /** Why it is being stopped, once it is: the same without making a signal. */
  readonly stopped?: StopReason | undefined;
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
  /** Set by executors whose work is in no group of this machine: what it uses, as far as that is known. */
  used?: (() => { cpuMs: number; rssBytes: number } | undefined) | undefined;
}

export interface Executor {
  readonly kind: TaskKind;
  execute(context: AttemptContext): Promise<AttemptReport>;
  /** False: what it needs is not there at this moment (no container engine answers); then it is offered to nobody. Default true. */
  isReady?(): boolean;
  /** What the worker says of itself because of it: `{python: "3.11.2"}`. Tasks that need that choose by these labels. */
  labels?(): Readonly<Record<string, string>>;
  /** What it offers by name, where tasks of its kind name something: functions for `call`, `executor:NAME` for `custom`. */
  names?(): readonly string[];
  /** What the server distributes; told anew with each change. */
  plugins?(plugins: readonly PluginCopy[], adapters: Readonly<Record<string, AdapterCopy>>): void;
  /** Ends whatever the executor keeps between attempts. */
  close?(): Promise<void>;
}
