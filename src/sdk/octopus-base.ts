/**
 * What every Octopus in a program offers, embedded or connected: typed tasks, arms with handlers, models and pipelines, and
 * the calls by subject. Where the functions run is the business of those that extend it.
 */
import type { Json } from "../base/words.ts";
import type { ArmSubmission } from "../protocol/arm.ts";
import type { PipelineSubmission } from "../protocol/pipeline.ts";
import type { ArmView, TaskView } from "../protocol/views.ts";
import type { TaskMark } from "../protocol/workflow.ts";
import type { FunctionContext } from "../worker/function-context.ts";
import type { FunctionRegistry, RegisteredFunction } from "../worker/functions.ts";
import type { Backend } from "./backend.ts";
import { ArtifactFiles, Arms, Bulks, DeadLetters, Quotas, Schedules } from "./groups.ts";
import { Approvals, Runs, Workflows } from "./flow-groups.ts";
import { HandlerContext } from "./handler-context.ts";
import { FlowHandle, PipelineHandle, type RunHandle } from "./handle.ts";
import { Models } from "./models.ts";
import { type FlowArguments, type RunOptions, runSubmission } from "./run-options.ts";
import type { BuiltWorkflow } from "./workflow-builder.ts";
import type { TaskContext, TaskHome, TypedTask } from "./typed-task.ts";

/** Any typed task, whatever it takes and gives: what an Octopus needs of it. */
export type AnyTask = Pick<TypedTask<never, unknown>, "name" | "isRunnable" | "run" | "belongTo">;

/** The handler of an arm: runs its tasks that have only a type, whichever that is (`context.task.type`). */
export type ArmHandler = (context: TaskContext) => unknown;

export interface ArmOptions extends Omit<ArmSubmission, "handler"> {
  /** A function of this program, or the name of one that workers have. */
  handler?: ArmHandler | string | null;
}

export abstract class OctopusBase implements TaskHome {
  /** The way to the engine, for the calls below. */
  readonly backend: Backend;
  /** Schedules, their ticks, and calendars of days off. */
  readonly schedules: Schedules;
  /** Arms: settings, pause, drain, who holds each slot. */
  readonly arms: Arms;
  /** What owners may use. */
  readonly quotas: Quotas;
  /** Tasks that failed for good: list, retry with another input, dismiss. */
  readonly deadLetters: DeadLetters;
  /** One action on all tasks of a filter. */
  readonly bulks: Bulks;
  /** Files that tasks left behind. */
  readonly artifacts: ArtifactFiles;
  /** Runs of workflows: pause, resume, cancel, do again. */
  readonly runs: Runs;
  /** Registered workflows. */
  readonly workflows: Workflows;
  /** Tasks that wait for a person. */
  readonly approvals: Approvals;
  /** What pipelines are made of. */
  readonly models: Models;
  readonly #functions: FunctionRegistry;
  readonly #tasks = new Set<AnyTask>();

  protected constructor(backend: Backend, functions: FunctionRegistry) {
    this.backend = backend;
    this.#functions = functions;
    this.schedules = new Schedules(backend);
    this.arms = new Arms(backend);
    this.quotas = new Quotas(backend);
    this.deadLetters = new DeadLetters(backend);
    this.bulks = new Bulks(backend);
    this.artifacts = new ArtifactFiles(backend);
    this.runs = new Runs(backend);
    this.workflows = new Workflows(backend);
    this.approvals = new Approvals(backend);
    this.models = new Models((name, run) => this.register(name, run));
  }

  /** The set of functions has changed: workers elsewhere must hear of it. */
  protected abstract functionsChanged(): void;

  /** Registers a function that `call` tasks may name. May be called at any time; throws `conflict` for a name that is taken. */
  register(name: string, run: RegisteredFunction): void {
    this.#functions.register(name, run);
    this.functionsChanged();
  }

  /** Takes in typed tasks: their handlers run here, and their `enqueue` comes here. */
  add(...tasks: readonly AnyTask[]): void {
    for (const task of tasks) {
      if (this.#tasks.has(task)) continue;
      if (task.isRunnable)
        this.register(task.name, (input: Json, context: FunctionContext) => task.run(input, context));
      task.belongTo(this, true);
      this.#tasks.add(task);
    }
  }

  /** Registers an arm or changes it, with the function that runs its tasks. `octopus.arms` has the rest. */
  arm(name: string, options: ArmOptions = {}): Promise<ArmView> {
    const { handler, ...change } = options;
    if (typeof handler !== "function") {
      return this.backend.configureArm(name, { ...change, ...(handler !== undefined && { handler }) });
    }
    const run = (input: Json, context: FunctionContext): unknown => handler(new HandlerContext(input, context));
    this.#functions.replace(armFunction(name), run);
    this.functionsChanged();
    return this.backend.configureArm(name, { ...change, handler: armFunction(name) });
  }

  /** Says how a task has ended, whatever it did; what ended because of it waits again. */
  mark(task: string, mark: TaskMark): Promise<TaskView> {
    return this.backend.markTask(task, mark);
  }

  /** Starts a workflow: the text of its file, or one that was built by `workflow(…)`, whose outputs the handle knows. */
  run(definition: string, options?: RunOptions): Promise<RunHandle>;
  run<P, O>(flow: BuiltWorkflow<P, O>, ...given: FlowArguments<P>): Promise<FlowHandle<O>>;
  async run(what: string | BuiltWorkflow, options: object = {}): Promise<FlowHandle<unknown>> {
    const { id } = await this.backend.submitRun(runSubmission(what, options));
    return new FlowHandle(this.backend, id);
  }

  /**
   * Starts a pipeline over the registered models (and those in `models`): `stages`, a `strategy`, the hard budgets `maxTime` and
   * `maxCost`. Throws `invalid` with the field, also when the budget allows no beginning.
   */
  async pipeline(pipeline: PipelineSubmission): Promise<PipelineHandle> {
    const { id } = await this.backend.submitPipeline(this.models.complete(pipeline));
    return new PipelineHandle(this.backend, id);
  }

  /** Its typed tasks belong to nobody from here on. */
  protected release(): void {
    for (const task of this.#tasks) task.belongTo(this, false);
    this.#tasks.clear();
  }
}

function armFunction(arm: string): string {
  return `arm:${arm}`;
}
