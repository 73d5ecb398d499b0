/** An executor of one's own, as whoever writes one sees it: docs/guide/new-executor.md. */
import type { FunctionContext } from "../function-context.ts";

/**
 * Runs tasks that say `uses: NAME`. A worker gets it by a module that exports it (`octopus worker --executors FILE`), a
 * program by `Octopus.open({ executors: [it] })`.
 */
export interface CustomExecutor<With = never> {
  /** What tasks call it: small letters, digits and `-`, beginning with a letter. */
  readonly name: string;
  /**
   * What `with` must be: JSON Schema, a schema of Zod or of another library that speaks Standard Schema, or anything with
   * `parse`. A task whose `with` does not fit fails without a further try, and names each problem.
   */
  readonly schema?: object;
  /**
   * Does the work. What it returns is the task's result and must be JSON; returning what `context.run` answered makes the
   * task end as that command did. A throw is a failed attempt, that of a `FatalError` one without a further try.
   */
  execute(context: ExecutorContext, given: With): unknown;
  /** False: what it needs is not there now, and tasks for it wait for another worker. Asked every few seconds. */
  isReady?(): boolean;
  /** What the worker says of itself because of it, for tasks that choose by labels. */
  labels?(): Readonly<Record<string, string>>;
  /** Ends whatever it keeps between attempts. */
  close?(): Promise<void> | void;
}

/** What an executor gets beside `with`: all that functions get, and commands. */
export interface ExecutorContext extends FunctionContext {
  /** What commands of this attempt know of it: `OCTOPUS_TASK_ID` and the like. `run` gives it to each by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Keeps output of the task as it came. */
  output(stream: "stdout" | "stderr", data: string | Uint8Array): void;
  /**
   * Runs a program, and brings its output to the attempt's. When the attempt must stop its whole process group is told so,
   * and ended after the grace. Never rejects for anything that the program did.
   */
  run(command: CommandToRun): Promise<CommandResult>;
}

export interface CommandToRun {
  /** The program and its arguments; nothing of it goes through a shell. */
  readonly argv: readonly [string, ...string[]];
  /** Beside the worker's environment and that of the attempt. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Time between TERM and KILL in milliseconds. Default 5000. */
  readonly grace?: number;
  /** Bytes of output that are kept; what comes after them is dropped, and the log says so. Default 10 MiB. */
  readonly maxOutput?: number;
}

/** How a program ended: with a code, or by a signal, or by not having been started. */
export interface CommandResult {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
  /** Why it counts as failed; undefined when it ended with 0. */
  readonly problem?: string | undefined;
}
