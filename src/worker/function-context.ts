/**
 * What a registered function gets beside its input. A function is any exported `(input, context) => result` of a
 * functions module; what it returns becomes the task's result and must be JSON.
 */
import type { Adapters } from "./adapters/adapters.ts";

export interface FunctionContext {
  /** Aborts when the attempt must stop: cancelled, timed out, or its worker is stopping. */
  readonly signal: AbortSignal;
  /** Adds a line to the attempt's log. */
  log(text: string): void;
  /** Says how far it is: 0 to 1. */
  progress(value: number, message?: string): void;
  /**
   * Keeps a file with the attempt, whatever becomes of it: text, bytes, or a file of this machine. Resolves when the
   * server has it on disk; rejects with `too_large` or `invalid`. `path` is relative, with `/` between its parts.
   */
  artifact(path: string, content: string | Uint8Array | { readonly file: string }): Promise<void>;
  /** Folder with the files of other tasks that its task asked for (`artifacts:` of a workflow); undefined without them. */
  readonly inputs: string | undefined;
  readonly task: FunctionTask;
  /**
   * The adapters that the deployment has configured (`adapters` in its configuration): `await
   * context.adapters.alerts.send({ text: "hello" })`. One object alone holds values by name, others are values in order.
   * Rejects with an `AdapterError` when there is no such adapter, or its action fails; it ends with the attempt.
   */
  readonly adapters: Adapters;
}

/** The task that a function runs for. */
export interface FunctionTask {
  readonly id: string;
  /** Number of this try, from 1. */
  readonly attempt: number;
  readonly name?: string | undefined;
  readonly type: string;
  readonly arm: string;
  /** The run that it belongs to, if any. */
  readonly run?: string | undefined;
  /** The schedule that made it, if one did, and the tick that it is for, in epoch milliseconds. */
  readonly schedule?: { readonly name: string; readonly tick: number } | undefined;
}

/** Thrown by a function to say that another try is useless: the task fails at once, whatever retries are left. */
export class FatalError extends Error {
  override name = "FatalError";
}
