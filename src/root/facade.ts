/**
 * Octopus Executor: the calls of its document (`init`, `enqueue`, `run`, `status`) on the real engine. Tasks are accepted
 * durably as they come and run in cycles: `run(context)` connects a worker, which does what is queued, and resolves when
 * nothing is left to do.
 *
 * O1  Handlers run only within a cycle, so each has the context of a `run`.
 * O2  `enqueue` throws at once for a task that is wrong. What goes wrong later (a full disk) is told by the next `run`, by
 *     `status().problems` and by the audit.
 * O3  A cycle ends when nothing runs and nothing waits in an arm that is enabled; it never rejects for what a handler did.
 */
import { canonicalJson } from "../base/json.ts";
import { OctopusError } from "../base/errors.ts";
import { isEnded, type Json } from "../base/words.ts";
import { openEngine, type OpenEngine } from "./embedded.ts";
import type { AdapterSettings } from "./plugin-door.ts";
import type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
import { parseTask } from "../protocol/task-fast.ts";
import type { ArmView } from "../protocol/views.ts";
import { ExecutorAudit } from "../sdk/executor-audit.ts";
import { checkArmId, isTaskType, readExecutorTask } from "../sdk/executor-check.ts";
import { endOf, EXECUTOR_FUNCTION, keyOf } from "../sdk/executor-end.ts";
import { ExecutorHooks } from "../sdk/executor-hooks.ts";
import {
  ARM_OF_TYPE,
  DEFAULT_ARMS,
  type OctopusAdapter,
  type OctopusArmConfig,
  type OctopusArmId,
  type OctopusAuditEntry,
  type OctopusContext,
  type OctopusHandler,
  type OctopusRuntimeStatus,
  type OctopusTask,
  type OctopusTaskType,
} from "../sdk/executor-types.ts";
import { FatalError, type FunctionContext } from "../worker/function-context.ts";
import { FunctionRegistry } from "../worker/functions.ts";

export interface OctopusExecutorSettings {
  /** Folder of the database; with one, what was enqueued survives the program. Default `:memory:`. */
  dataDir?: string;
  /** Tasks at once over all arms. Default 32. */
  slots?: number;
  /** Time that running tasks get when `close` is called, in milliseconds. Default 10 s. */
  graceMs?: number;
  /** Adapters for handlers, as `tools.adapters`; their plugins come with Octopus, or lie in the folder `plugins`. */
  adapters?: Readonly<Record<string, AdapterSettings>>;
  /** Default, where there are adapters: `plugins` in `dataDir`. */
  plugins?: string;
}

const PROBLEMS_MAX = 100;

/** An executor of its own. `createOctopusExecutor` makes one; `OctopusExecutor` is the one that a program shares. */
export class OctopusExecutorInstance {
  readonly #handlers = new Map<OctopusArmId | OctopusTaskType, OctopusHandler>();
  readonly #hooks = new ExecutorHooks((adapter, hook, words) => {
    this.#audit.add("adapter_failed", adapter, `${hook}: ${words}`);
    this.#problem(`adapter ${adapter} failed in ${hook}: ${words}`);
  });
  #audit = new ExecutorAudit(undefined, () => undefined);
  #open: OpenEngine | undefined;
  #settings: Required<Omit<OctopusExecutorSettings, "plugins" | "adapters">> = {
    dataDir: ":memory:",
    slots: 32,
    graceMs: 10_000,
  };
  /** Tasks whose acceptance is under way; and all that live, with what they are. */
  readonly #submitting = new Set<string>();
  readonly #live = new Map<string, string>();
  /** By the engine's id, the ids of live tasks. */
  readonly #ids = new Map<string, string>();
  #problems: string[] = [];
  /** Acceptances that failed since the last cycle. */
  #failures: OctopusError[] = [];
  #context: OctopusContext | undefined;
  #cycles: Promise<void> = Promise.resolve();
  #stir: () => void = () => undefined;
  #unsubscribe: () => void = () => undefined;

  /** Opens the engine. Calling it again does nothing. Throws `storage_locked` when another process has the data directory. */
  async init({ plugins, adapters, ...settings }: OctopusExecutorSettings = {}): Promise<void> {
    if (this.#open !== undefined) return;
    this.#settings = { ...this.#settings, ...settings };
    const { dataDir } = this.#settings;
    const open = openEngine({ dataDir, ...(plugins && { plugins }), ...(adapters && { adapters }) });
    this.#open = open;
    this.#audit = new ExecutorAudit(dataDir === ":memory:" ? undefined : dataDir, (words) => this.#problem(words));
    this.#audit.add("init", dataDir);
    this.#unsubscribe = open.engine.subscribe(undefined, (entries) => this.#follow(entries));
  }

  /** Takes in a task. Throws `invalid` at once, with the fields; a task that is accepted is on disk before a cycle takes it. */
  enqueue(task: OctopusTask): void {
    const { engine } = this.#mustBeOpen("enqueue");
    let read: OctopusTask;
    try {
      read = readExecutorTask(task);
    } catch (error) {
      if (error instanceof OctopusError)
        this.#audit.add("refuse", String((task as OctopusTask | null)?.id), error.message);
      throw error;
    }
    const content = canonicalJson(read);
    const before = this.#live.get(read.id);
    if (before === content) return;
    if (before !== undefined) {
      const message = `task ${read.id} was enqueued already, and is another one; give this one an id of its own`;
      this.#audit.add("refuse", read.id, message);
      throw new OctopusError("conflict", message);
    }
    const arm = ARM_OF_TYPE[read.type];
    const priority = Math.round((read.priority ?? 0.5) * 10);
    const key = keyOf(read.id);
    const spec = parseTask({
      ...{ id: key, name: read.id, type: read.type, call: EXECUTOR_FUNCTION, priority },
      ...(arm !== undefined && { arm }),
      input: read as unknown as Json,
    });
    this.#submitting.add(read.id);
    // Before the engine is asked: the word of its end must find it.
    this.#live.set(read.id, content);
    this.#ids.set(key, read.id);
    this.#audit.add("enqueue", read.id, read.type);
    this.#hooks.tell("onEnqueue", this.#context !== undefined, (adapter) => adapter.onEnqueue?.(read));
    engine.submit([spec]).then(
      ([accepted]) => {
        this.#submitting.delete(read.id);
        // It was there already, and has ended: nothing will be told of it again.
        if (accepted!.existed === true && isEnded(accepted!.state)) this.#forget(key, read.id);
        this.#stir();
      },
      (error: unknown) => {
        this.#submitting.delete(read.id);
        this.#forget(key, read.id);
        this.#refused(read.id, error);
        this.#stir();
      },
    );
  }

  /**
   * One cycle: runs what is queued, each task by the handler of its type or else of its arm, with `context` in hand, and resolves
   * when nothing is left that may run. Cycles never overlap: a second one waits for the first. Rejects when tasks could not be accepted.
   */
  run(context: OctopusContext = {}): Promise<void> {
    this.#mustBeOpen("run");
    const cycle = this.#cycles.then(() => this.#cycle(context));
    this.#cycles = cycle.catch(() => undefined);
    return cycle;
  }

  /** How it stands, without waiting for anything. */
  status(): OctopusRuntimeStatus {
    const views = new Map<string, ArmView>((this.#open?.engine.arms() ?? []).map((arm) => [arm.name, arm]));
    const queued = [...views.values()].reduce((sum, arm) => sum + arm.queued + arm.waiting, 0);
    const generic = views.get("default");
    return {
      queuedTasks: queued + this.#submitting.size,
      arms: DEFAULT_ARMS.map(({ id, enabled }) => {
        const view = views.get(id);
        return {
          id,
          enabled: view?.enabled ?? enabled,
          activeTasks: view?.active ?? 0,
          processedCount: view?.processed ?? 0,
          ...(view?.lastRunAt !== undefined && { lastRunAt: Date.parse(view.lastRunAt) }),
        };
      }),
      generic: { activeTasks: generic?.active ?? 0, processedCount: generic?.processed ?? 0 },
      running: this.#context !== undefined,
      problems: [...this.#problems],
    };
  }

  /** Sets an arm, and the handler of its tasks if one is given. */
  async registerArm(config: OctopusArmConfig, handler?: OctopusHandler): Promise<void> {
    const { id, enabled, maxParallel } = config;
    await this.configureArm(id, { enabled, maxParallel: maxParallel ?? null });
    if (handler !== undefined) this.registerHandler(id, handler);
  }

  /** Changes an arm: what is absent stays as it is; `maxParallel: null` is no limit. */
  async configureArm(id: OctopusArmId, change: { enabled?: boolean; maxParallel?: number | null }): Promise<void> {
    checkArmId(id);
    const { engine } = this.#mustBeOpen("configureArm");
    await engine.configureArm(id, change);
    this.#audit.add("arm", id, JSON.stringify(change));
    this.#stir();
  }

  /** The function for the tasks of an arm, or of one type, which wins over its arm's. A second one takes the place of the first. */
  registerHandler(of: OctopusArmId | OctopusTaskType, handler: OctopusHandler): void {
    if (!isTaskType(of)) checkArmId(of);
    if (typeof handler !== "function")
      throw new OctopusError("invalid", `the handler of ${of} must be a function, not a ${typeof handler}`);
    this.#handlers.set(of, handler);
    this.#audit.add("handler", of);
  }

  /** Connects an adapter. What it throws is a problem in `status`, never a failed task. */
  use(adapter: OctopusAdapter): void {
    if (typeof adapter.name !== "string") throw new OctopusError("invalid", "an adapter must have a name");
    this.#hooks.add(adapter);
    this.#audit.add("adapter", adapter.name);
  }

  /** What was done, newest last: the last 1000 entries. With a data directory all of them are in its `executor-audit.jsonl`. */
  audit(): OctopusAuditEntry[] {
    return this.#audit.list();
  }

  /** Ends: a cycle under way gets the grace, what is left stays queued (and kept, where there is a data directory). */
  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#stir();
    await this.#cycles;
    this.#unsubscribe();
    await open.close();
    this.#live.clear();
    this.#ids.clear();
    this.#audit.add("close", this.#settings.dataDir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #cycle(context: OctopusContext): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const { slots, graceMs } = this.#settings;
    this.#context = context;
    this.#audit.add("cycle_begin", "cycle");
    const functions = new FunctionRegistry();
    functions.register(EXECUTOR_FUNCTION, (task: OctopusTask, tools: FunctionContext) =>
      this.#handle(task, context, tools),
    );
    const worker = await open.startWorker(functions, slots);
    while (this.#open !== undefined && this.#hasWork(open)) {
      await new Promise<void>((resolve) => {
        this.#stir = resolve;
      });
    }
    await worker.stop(graceMs);
    // The word of a task's end may still be on its way to the adapters.
    await this.#hooks.settled();
    this.#context = undefined;
    this.#audit.add("cycle_end", "cycle");
    this.#hooks.tell("onCycleEnd", this.#context !== undefined, (adapter) =>
      adapter.onCycleEnd?.(this.status(), context),
    );
    await this.#hooks.settled();
    const failures = this.#failures.splice(0);
    if (failures.length > 0) {
      const message = `${failures.length} of the tasks could not be accepted: ${failures[0]!.message}`;
      throw new OctopusError(failures[0]!.code, message, { cause: failures[0], retryable: failures[0]!.retryable });
    }
  }

  #hasWork(open: OpenEngine): boolean {
    if (this.#submitting.size > 0) return true;
    return open.engine
      .arms()
      .some(({ active, queued, waiting, enabled }) => active > 0 || (enabled && queued + waiting > 0));
  }

  async #handle(task: OctopusTask, context: OctopusContext, tools: FunctionContext): Promise<unknown> {
    const arm = ARM_OF_TYPE[task.type];
    const handler = this.#handlers.get(task.type) ?? (arm === undefined ? undefined : this.#handlers.get(arm));
    if (handler === undefined) {
      // There will be none at the next try either.
      throw new FatalError(`nothing handles ${task.type}: call registerHandler(${JSON.stringify(task.type)}, …) first`);
    }
    this.#audit.add("start", task.id, arm ?? "generic");
    this.#hooks.tell("onTaskStart", this.#context !== undefined, (adapter) => adapter.onTaskStart?.(task, context));
    const { signal, log, progress, adapters } = tools;
    return handler(task, context, { signal, log, progress, adapters, armId: arm, attempt: tools.task.attempt });
  }

  /** The feed: tasks that have ended, and the moment to look whether the cycle is over. */
  #follow(entries: readonly FeedEntry[]): void {
    for (const { event } of entries) {
      if (event.type === "task" && isEnded(event.state)) this.#ended(event);
    }
    this.#stir();
  }

  #ended(event: Extract<FeedEvent, { type: "task" }>): void {
    const id = this.#ids.get(event.id);
    this.#ids.delete(event.id);
    if (id !== undefined) this.#live.delete(id);
    if (id !== undefined && !this.#hooks.has("onTaskEnd")) {
      this.#audit.add("end", id, event.reason === undefined ? event.state : `${event.state}: ${event.reason}`);
      return;
    }
    // Reading the whole task is dear: it is done for those who want to know, and for tasks of an earlier process.
    const task = this.#open?.engine.task(event.id);
    const end = task === undefined ? undefined : endOf(task);
    if (end === undefined) return;
    this.#audit.add("end", end.task.id, end.error === undefined ? end.state : `${end.state}: ${end.error}`);
    const context = this.#context ?? {};
    this.#hooks.tell("onTaskEnd", this.#context !== undefined, (adapter) => adapter.onTaskEnd?.(end, context));
  }

  #forget(key: string, id: string): void {
    this.#live.delete(id);
    this.#ids.delete(key);
  }

  #refused(id: string, error: unknown): void {
    const failure =
      error instanceof OctopusError ? error : new OctopusError("internal", String(error), { cause: error });
    this.#audit.add("refuse", id, failure.message);
    this.#problem(`task ${id} could not be accepted: ${failure.message}`);
    this.#failures.push(failure);
  }

  #problem(text: string): void {
    this.#problems.push(text);
    if (this.#problems.length > PROBLEMS_MAX) this.#problems.shift();
  }

  #mustBeOpen(call: string): OpenEngine {
    if (this.#open === undefined)
      throw new OctopusError("not_ready", `the executor is not open: await init() before ${call}`);
    return this.#open;
  }
}

/** The executor that a program shares, as the document has it: `await OctopusExecutor.init()`. */
export const OctopusExecutor: OctopusExecutorInstance = new OctopusExecutorInstance();

/** An executor beside the shared one, with an engine of its own. */
export function createOctopusExecutor(): OctopusExecutorInstance {
  return new OctopusExecutorInstance();
}
