/**
 * Octopus inside a program: the engine and a worker in the caller's own process, on a data directory or in memory.
 *
 * ```ts
 * await using octopus = await Octopus.open({ dataDir: "./state", functions: { double: (n: number) => n * 2 } });
 * const task = await octopus.submit({ call: "double", input: 21 });
 * console.log(await task.result()); // 42
 * ```
 */
import { OctopusError } from "./base/errors.ts";
import { isEnded, type Json } from "./base/words.ts";
import type { Engine } from "./engine/engine.ts";
import type { EngineApi } from "./engine/api.ts";
import type { TaskFilter } from "./engine/filters.ts";
import type { ArmSubmission } from "./protocol/arm.ts";
import type { FeedEvent } from "./protocol/feed.ts";
import { parseTask } from "./protocol/task-fast.ts";
import type { TaskSubmission } from "./protocol/task.ts";
import type { ArmView, Explanation, Page, StatusView, TaskDetail, TaskView } from "./protocol/views.ts";
import { createEngineBackend } from "./sdk/engine-backend.ts";
import { LocalWorker } from "./sdk/local-worker.ts";
import { OctopusBase } from "./sdk/octopus-base.ts";
import type { Agent } from "./worker/agent.ts";
import type { FunctionRegistry } from "./worker/functions.ts";

/** What an embedded Octopus is made of; put together in `root/node.ts`. */
export interface OctopusParts {
  engine: Engine;
  agent: Agent;
  functions: FunctionRegistry;
  /** The folder that is watched for plugins. */
  plugins?: { close(): Promise<void> } | undefined;
  closeStore(): void;
}

/** An Octopus in this process; `Octopus.open` makes one. */
export class EmbeddedOctopus extends OctopusBase {
  readonly #parts: OctopusParts;
  readonly #worker: LocalWorker;
  #closing: Promise<void> | undefined;

  constructor(parts: OctopusParts) {
    super(createEngineBackend(parts.engine), parts.functions);
    this.#parts = parts;
    this.#worker = new LocalWorker((port) => parts.engine.connectWorker(port, { local: true }), parts.agent);
  }

  /** The engine underneath, for what has no method here. */
  get engine(): EngineApi {
    return this.#parts.engine;
  }

  protected override functionsChanged(): void {
    this.#worker.refresh();
  }

  /** Accepts one task durably. Throws an `OctopusError` that names the field when it is refused. */
  async submit(task: TaskSubmission): Promise<TaskHandle> {
    const [accepted] = await this.#parts.engine.submit([parseTask(task)]);
    return new TaskHandle(this.#parts.engine, accepted!.id);
  }

  /** Accepts many tasks, all or none, and answers their ids in order. */
  async submitMany(tasks: readonly TaskSubmission[]): Promise<string[]> {
    const accepted = await this.#parts.engine.submit(tasks.map((task, i) => parseTask(task, `tasks[${i}]`)));
    return accepted.map(({ id }) => id);
  }

  task(id: string): TaskDetail | undefined {
    return this.#parts.engine.task(id);
  }

  tasks(filter: TaskFilter = {}): Page<TaskView> {
    return this.#parts.engine.tasks(filter);
  }

  /** Cancels a task that has not ended. */
  cancel(id: string, reason?: string): Promise<TaskView> {
    return this.#parts.engine.cancelTask(id, reason);
  }

  /** Gives an ended task another try, with another input if one is given. */
  retry(id: string, change?: { input?: Json }): Promise<TaskView> {
    return this.#parts.engine.retryTask(id, change);
  }

  /** Why a task is not running. */
  explain(id: string): Explanation | undefined {
    return this.#parts.engine.explain(id);
  }

  status(): StatusView {
    return this.#parts.engine.status();
  }

  /** Registers an arm, or changes it: the same as `octopus.arms.set`. */
  configureArm(name: string, change: ArmSubmission): Promise<ArmView> {
    return this.arms.set(name, change);
  }

  /** Calls back for each event from now on; the answer stops it. */
  subscribe(listener: (event: FeedEvent) => void): () => void {
    return this.#parts.engine.subscribe(undefined, (entries) => {
      for (const { event } of entries) listener(event);
    });
  }

  /** Ends: running tasks get `graceMs` to finish, what is left goes back to the queue. */
  close(graceMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const { engine, plugins, closeStore } = this.#parts;
    this.release();
    await this.#worker.stop(graceMs);
    await plugins?.close();
    await engine.close();
    closeStore();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A task that was submitted. */
export class TaskHandle {
  readonly id: string;
  readonly #engine: EngineApi;

  constructor(engine: EngineApi, id: string) {
    this.#engine = engine;
    this.id = id;
  }

  /** The task as it is now. */
  get(): TaskDetail {
    const task = this.#engine.task(this.id);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${this.id} any more`);
    return task;
  }

  /** Resolves when the task has ended; throws `timeout` when that takes longer than `timeoutMs`. */
  async wait(timeoutMs = Infinity): Promise<TaskDetail> {
    const task = await this.#engine.waitTask(this.id, timeoutMs);
    if (task === undefined) throw new OctopusError("not_found", `there is no task ${this.id} any more`);
    if (!isEnded(task.state))
      throw new OctopusError("timeout", `task ${this.id} is still ${task.state} after ${timeoutMs} ms`);
    return task;
  }

  /** What the task returned; throws `failed` with its error when it did not succeed. */
  async result(timeoutMs = Infinity): Promise<Json | undefined> {
    const task = await this.wait(timeoutMs);
    if (task.state !== "succeeded" && task.state !== "skipped") {
      throw new OctopusError(
        "failed",
        `task ${this.id} is ${task.state}: ${task.error?.message ?? task.reason ?? "no reason was given"}`,
      );
    }
    const text = this.#engine.resultText(this.id);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  }

  cancel(reason?: string): Promise<TaskView> {
    return this.#engine.cancelTask(this.id, reason);
  }
}
