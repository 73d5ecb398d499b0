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
import type { EngineApi, TaskFilter } from "./engine/api.ts";
import type { FeedEvent } from "./protocol/feed.ts";
import { parseTask } from "./protocol/task-fast.ts";
import type { TaskSubmission } from "./protocol/task.ts";
import type { ArmView, Explanation, Page, RunDetail, StatusView, TaskDetail, TaskView } from "./protocol/views.ts";
import type { Agent } from "./worker/agent.ts";
import type { FunctionRegistry, RegisteredFunction } from "./worker/functions.ts";

/** What an embedded Octopus is made of; put together in `node.ts`. */
export interface OctopusParts {
  engine: Engine;
  agent: Agent;
  functions: FunctionRegistry;
  closeStore(): void;
}

/** An Octopus in this process; `Octopus.open` makes one. */
export class EmbeddedOctopus {
  readonly #parts: OctopusParts;
  #closing: Promise<void> | undefined;
  /** A new hello is on its way. */
  #refreshing = false;

  constructor(parts: OctopusParts) {
    this.#parts = parts;
    this.#connect();
  }

  /** The engine underneath, for what has no method here. */
  get engine(): EngineApi {
    return this.#parts.engine;
  }

  /** Registers a function that `call` tasks may name. May be called at any time. */
  register(name: string, run: RegisteredFunction): void {
    this.#parts.functions.register(name, run);
    // The engine learns of it by a new hello; several registrations share one.
    if (this.#refreshing) return;
    this.#refreshing = true;
    queueMicrotask(() => {
      this.#refreshing = false;
      this.#connect();
    });
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

  /** Starts a workflow from the text of its file. */
  async run(
    definition: string,
    options: { params?: Record<string, Json>; source?: string; cwd?: string } = {},
  ): Promise<RunHandle> {
    const { compileWorkflow } = await import("./workflow/mod.ts");
    const { id } = await this.#parts.engine.submitRun(compileWorkflow(definition, options));
    return new RunHandle(this.#parts.engine, id);
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

  /** Gives an ended task another try. */
  retry(id: string): Promise<TaskView> {
    return this.#parts.engine.retryTask(id);
  }

  /** Why a task is not running. */
  explain(id: string): Explanation | undefined {
    return this.#parts.engine.explain(id);
  }

  status(): StatusView {
    return this.#parts.engine.status();
  }

  /** Sets the limit of an arm, or turns it off and on. */
  configureArm(name: string, change: { enabled?: boolean; maxParallel?: number | null }): Promise<ArmView> {
    return this.#parts.engine.configureArm(name, change);
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
    const { engine, agent, closeStore } = this.#parts;
    await agent.stop(graceMs);
    await engine.close();
    closeStore();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Links engine and worker by plain calls; again when the engine cut the link to start afresh. */
  #connect(): void {
    const { engine, agent } = this.#parts;
    let open = true;
    const session = engine.connectWorker(
      {
        send: (messages) => queueMicrotask(() => open && agent.receive(messages)),
        close: () => {
          if (!open) return;
          open = false;
          agent.disconnected();
          if (this.#closing === undefined)
            setTimeout(() => this.#closing === undefined && this.#connect(), 200).unref();
        },
      },
      true,
    );
    this.#unlink?.();
    this.#unlink = () => {
      if (!open) return;
      open = false;
      agent.disconnected();
      session.closed();
    };
    agent.connected({
      send: (messages) => open && session.receive(messages),
      close: () => this.#unlink?.(),
    });
  }
  #unlink: (() => void) | undefined;
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

/** A run that was started. */
export class RunHandle {
  readonly id: string;
  readonly #engine: EngineApi;

  constructor(engine: EngineApi, id: string) {
    this.#engine = engine;
    this.id = id;
  }

  /** Resolves when every task of the run has ended. */
  async wait(timeoutMs = Infinity): Promise<RunDetail> {
    const run = await this.#engine.waitRun(this.id, timeoutMs);
    if (run === undefined) throw new OctopusError("not_found", `there is no run ${this.id}`);
    if (run.endedAt === undefined)
      throw new OctopusError("timeout", `run ${this.id} is still ${run.state} after ${timeoutMs} ms`);
    return run;
  }
}
