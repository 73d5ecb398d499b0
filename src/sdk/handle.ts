/** Handles: what a program holds of a task or a pipeline that it submitted. They hold an id and a way to ask, no state. */
import { OctopusError } from "../base/errors.ts";
import { isEnded } from "../base/words.ts";
import type { PipelineResult } from "../protocol/pipeline.ts";
import type { TaskDetail, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type { Backend } from "./backend.ts";
import type { Jsonified } from "./jsonified.ts";

/** A task that was enqueued; `Result` is what its handler returns. */
export class TypedHandle<Result> {
  /** The task's id. */
  readonly id: string;
  /** True when a task with this id or unique key was there before: this is that one. */
  readonly existed: boolean;
  readonly #backend: Backend;

  constructor(backend: Backend, id: string, existed: boolean) {
    this.#backend = backend;
    this.id = id;
    this.existed = existed;
  }

  /** The task as it is now; throws `not_found` when it was removed. */
  get(): Promise<TaskDetail> {
    return this.#backend.task(this.id);
  }

  /** Resolves when the task has ended, however; throws `timeout` when that takes longer than `timeoutMs` milliseconds. */
  async wait(timeoutMs = Infinity): Promise<TaskDetail> {
    const task = await this.#backend.waitTask(this.id, timeoutMs);
    if (!isEnded(task.state))
      throw new OctopusError("timeout", `task ${this.id} is still ${task.state} after ${timeoutMs} ms`);
    return task;
  }

  /** What the handler returned, as JSON carries it. Throws `failed` with its error when the task did not succeed. */
  async result(timeoutMs = Infinity): Promise<Jsonified<Awaited<Result>>> {
    const task = await this.wait(timeoutMs);
    if (task.state !== "succeeded" && task.state !== "skipped") {
      const why = task.error?.message ?? task.reason ?? "no reason was given";
      throw new OctopusError("failed", `task ${this.id} is ${task.state}: ${why}`);
    }
    // The handler is the contract: what it returned went through JSON and nothing else.
    return (await this.#backend.result(this.id)) as Jsonified<Awaited<Result>>;
  }

  /** Cancels it unless it has ended; a running one ends when its worker has stopped it. */
  cancel(reason?: string): Promise<TaskView> {
    return this.#backend.cancelTask(this.id, reason);
  }
}

/** A run that was started: of a workflow, or of a pipeline. */
export class RunHandle {
  /** The id of the run. */
  readonly id: string;
  readonly #backend: Backend;

  constructor(backend: Backend, id: string) {
    this.#backend = backend;
    this.id = id;
  }

  /** Resolves when every task of it has ended; throws `timeout` when that takes longer than `timeoutMs` milliseconds. */
  async wait(timeoutMs = Infinity): Promise<RunDetail> {
    const run = await this.#backend.waitRun(this.id, timeoutMs);
    if (run.endedAt === undefined)
      throw new OctopusError("timeout", `run ${this.id} is still ${run.state} after ${timeoutMs} ms`);
    return run;
  }

  /** Cancels what of it has not ended. */
  cancel(reason?: string): Promise<RunView> {
    return this.#backend.cancelRun(this.id, reason);
  }
}

/** How a run of a workflow built in TypeScript has ended. */
export interface FlowResult<Outputs> {
  /** `partial`: it went through, and some failures were allowed. */
  state: "succeeded" | "partial";
  /** What its `outputs` say. */
  outputs: Outputs;
  run: RunDetail;
}

/** A run of a workflow that was built in TypeScript; `Outputs` is what that says under `outputs`. */
export class FlowHandle<Outputs> extends RunHandle {
  /** What it left. Throws `failed` when it did not succeed, naming what failed. */
  async result(timeoutMs = Infinity): Promise<FlowResult<Outputs>> {
    const run = await this.wait(timeoutMs);
    const { state } = run;
    if (state !== "succeeded" && state !== "partial") {
      const failed = run.tasks.find((task) => task.state === "failed" && task.allowed !== true);
      const first =
        failed === undefined
          ? undefined
          : `task ${failed.name ?? failed.id}: ${failed.error?.message ?? failed.reason}`;
      throw new OctopusError("failed", `run ${this.id} is ${state}: ${run.reason ?? first ?? "no reason was given"}`);
    }
    // What the engine evaluated is what the builder's types say, or the run would have failed.
    return { state, outputs: (run.result ?? {}) as Outputs, run };
  }
}

/** A pipeline that was started: an ordinary run underneath. */
export class PipelineHandle extends RunHandle {
  /** What came of it: output, costs, who was tried, what was left out. Also when it failed: `state` says so. */
  async result(timeoutMs = Infinity): Promise<PipelineResult> {
    const run = await this.wait(timeoutMs);
    if (run.result === undefined) {
      throw new OctopusError("failed", `run ${this.id} is ${run.state}: ${run.reason ?? "it left no result"}`);
    }
    // The planner's word, which went through JSON and nothing else.
    return run.result as unknown as PipelineResult;
  }
}
