/**
 * Executors as strategies: one interface, so that a program chooses how its workflows run by a word. `sequential` runs one
 * task at a time in the order of the file, the same order each time; `local` runs as many at once as it has slots. Both are
 * the real engine underneath: durable where they have a data directory, observable alike, and with the same outcome.
 */
import { OctopusError } from "../base/errors.ts";
import { EXECUTORS, type Executor } from "../base/words.ts";
import { openEmbedded } from "./embedded.ts";
import type { EmbeddedOctopus } from "../octopus.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { type RunOptions, runSubmission } from "../sdk/run-options.ts";
import type { BuiltWorkflow } from "../sdk/workflow-builder.ts";
import type { RegisteredFunction } from "../worker/functions.ts";

export const STRATEGIES = EXECUTORS;
export type Strategy = Executor;

export interface ExecutorOptions {
  /** Folder of the database; default `:memory:`. */
  dataDir?: string;
  /** Tasks at once; only for `local`. Default 10. */
  slots?: number;
  /** Functions that `call` tasks may name. */
  functions?: Record<string, RegisteredFunction>;
  /** Longest time of a task in milliseconds unless it says otherwise; 0 = none. */
  timeoutMs?: number;
  /** Time that running tasks get when the executor is stopped, in milliseconds. Default 30 s. */
  graceMs?: number;
}

/** Totals since the data directory was made, and what goes on now. */
export interface ExecutorStatus {
  running: boolean;
  /** Tasks that run now. */
  active: number;
  completed: number;
  failed: number;
  workers: number;
  /** Tasks that are ready and wait for a slot. */
  queueDepth: number;
}

export interface WorkflowExecutor {
  readonly strategy: Strategy;
  start(): Promise<void>;
  /** Runs a workflow, a file or one that was built, to its end. The outcome is the run's state, not an exception. */
  execute(workflow: string | BuiltWorkflow, options?: Omit<RunOptions, "executor">): Promise<RunDetail>;
  /** Ends: what runs gets the grace, what waits stays in the data directory. */
  stop(): Promise<void>;
  status(): ExecutorStatus;
}

const STOPPED: ExecutorStatus = { running: false, active: 0, completed: 0, failed: 0, workers: 0, queueDepth: 0 };

/** An executor of that strategy; it does nothing before `start`. */
export function createExecutor(strategy: Strategy, options: ExecutorOptions = {}): WorkflowExecutor {
  if (!STRATEGIES.includes(strategy)) {
    throw new OctopusError(
      "invalid",
      `the strategy must be ${STRATEGIES.join(" or ")}, not ${JSON.stringify(strategy)}`,
    );
  }
  const { dataDir = ":memory:", slots = 10, functions = {}, timeoutMs = 0, graceMs = 30_000 } = options;
  let octopus: EmbeddedOctopus | undefined;
  return {
    strategy,
    async start() {
      octopus ??= await openEmbedded({ dataDir, slots: strategy === "sequential" ? 1 : slots, functions, timeoutMs });
    },
    async execute(workflow, how = {}) {
      if (octopus === undefined)
        throw new OctopusError("not_ready", "the executor has not been started: call start() first");
      const submission = { ...runSubmission(workflow, how), executor: strategy };
      const { id } = await octopus.backend.submitRun(submission);
      return octopus.backend.waitRun(id, Infinity);
    },
    async stop() {
      const running = octopus;
      octopus = undefined;
      await running?.close(graceMs);
    },
    status() {
      if (octopus === undefined) return STOPPED;
      const { counts, workers } = octopus.status();
      const { running: active = 0, succeeded: completed = 0, queued: queueDepth = 0 } = counts;
      const failed = (counts.failed ?? 0) + (counts.upstream_failed ?? 0) + (counts.expired ?? 0);
      const online = workers.filter((worker) => worker.state === "online").length;
      return { running: true, active, completed, failed, workers: online, queueDepth };
    },
  };
}
