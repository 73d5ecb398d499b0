/**
 * Typed tasks: a name, a schema for the input, defaults for the submission, and the function that does the work. The same
 * definition runs in an embedded Octopus and against a server.
 *
 * Y1  What is submitted is the input as the caller gave it, once the schema has accepted it; what the handler gets is what the
 *     schema makes of it, checked again: between the two may lie a week and another version of the program.
 */
import { type Issue, OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { ScheduleView } from "../protocol/schedule-views.ts";
import { FatalError, type FunctionContext } from "../worker/function-context.ts";
import type { Backend } from "./backend.ts";
import { HandlerContext } from "./handler-context.ts";
import { TypedHandle } from "./handle.ts";
import { check, type InputOf, isStandardSchema, type OutputOf, type StandardSchema } from "./standard-schema.ts";

/** What the handler of a typed task gets. */
export interface TaskContext<Input = Json> extends FunctionContext {
  /** What the schema made of the input. */
  readonly input: Input;
}

/** Fields of a submission that a typed task may set for all its tasks, and a call for one of them. */
export type EnqueueOptions = Omit<TaskSubmission, "shell" | "http" | "call" | "input" | "type">;

/** Defaults of a typed task; `id` would make all its tasks one. */
export type TaskDefaults = Omit<EnqueueOptions, "id">;

/** When a schedule is due: a cron expression, a moment, or the fields of a schedule. */
export type When = string | Date | Omit<ScheduleSubmission, "name" | "task" | "workflow">;

export interface ScheduleOptions extends TaskDefaults {
  /** Name of the schedule. Default: the name of the task, so that scheduling it again replaces the schedule. */
  schedule?: string;
}

/** An input that may be left out makes the argument optional. */
type Arguments<Input, Options> = undefined extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];

/** Where a typed task is at home: whoever runs its handler or passes its tasks on. */
export interface TaskHome {
  readonly backend: Backend;
}

type Handler<Input, Result> = (context: TaskContext<Input>) => Result;

/** A typed task; `task(…)` makes one. */
export class TypedTask<Input, Result> {
  /** Name of the function that runs it, and type of its tasks. */
  readonly name: string;
  readonly defaults: TaskDefaults;
  readonly #schema: StandardSchema | undefined;
  readonly #handler: Handler<never, unknown> | undefined;
  readonly #homes = new Set<TaskHome>();

  constructor(
    name: string,
    defaults: TaskDefaults,
    schema: StandardSchema | undefined,
    handler: Handler<never, unknown> | undefined,
  ) {
    this.name = name;
    this.defaults = defaults;
    this.#schema = schema;
    this.#handler = handler;
  }

  /** False for a task that another program runs: here it can only be enqueued. */
  get isRunnable(): boolean {
    return this.#handler !== undefined;
  }

  /**
   * Submits one task to the Octopus that this definition was added to. Throws `invalid` with the fields when the schema refuses
   * the input, `not_ready` when it was added to none, or to several: then use `on(octopus)`.
   */
  enqueue(...given: Arguments<Input, EnqueueOptions>): Promise<TypedHandle<Result>> {
    return this.#enqueue(this.#home(), given[0], given[1]);
  }

  /** Makes or replaces a schedule that submits this task; `when` is a cron expression, a `Date`, or `{every}`, `{cron, zone}`, … */
  schedule(when: When, ...given: Arguments<Input, ScheduleOptions>): Promise<ScheduleView> {
    return this.#schedule(this.#home(), when, given[0], given[1]);
  }

  /** The same calls on one Octopus, where the definition belongs to several. */
  on(home: TaskHome): {
    enqueue: TypedTask<Input, Result>["enqueue"];
    schedule: TypedTask<Input, Result>["schedule"];
  } {
    return {
      enqueue: (...given) => this.#enqueue(home, given[0], given[1]),
      schedule: (when, ...given) => this.#schedule(home, when, given[0], given[1]),
    };
  }

  /** Called by the Octopus that it is added to, and again when that closes. */
  belongTo(home: TaskHome, isMember: boolean): void {
    if (isMember) this.#homes.add(home);
    else this.#homes.delete(home);
  }

  /** The function that a worker runs: checks the input, then calls the handler. */
  async run(input: Json, context: FunctionContext): Promise<unknown> {
    const handler = this.#handler!;
    const value = await this.#read(input);
    return handler(new HandlerContext(value as never, context));
  }

  async #read(input: Json): Promise<unknown> {
    if (this.#schema === undefined) return input;
    const checked = await check(this.#schema, input ?? undefined, "input");
    if ("value" in checked) return checked.value;
    throw new FatalError(`the input of ${this.name} is not what its schema takes: ${words(checked.issues)}`);
  }

  async #enqueue(home: TaskHome, input: unknown, options: EnqueueOptions = {}): Promise<TypedHandle<Result>> {
    const { backend } = home;
    const { id, existed = false } = await backend.submit(await this.#submission(input, options));
    return new TypedHandle<Result>(backend, id, existed);
  }

  async #schedule(home: TaskHome, when: When, input: unknown, options: ScheduleOptions = {}): Promise<ScheduleView> {
    const { schedule: name = this.name, ...rest } = options;
    const task = await this.#submission(input, rest);
    const due = typeof when === "string" ? { cron: when } : when instanceof Date ? { at: when.getTime() } : when;
    return home.backend.setSchedule({ ...due, name, task });
  }

  async #submission(input: unknown, options: EnqueueOptions): Promise<TaskSubmission> {
    if (this.#schema !== undefined) {
      const checked = await check(this.#schema, input, "input");
      if ("issues" in checked) {
        const { issues } = checked;
        throw new OctopusError("invalid", `the input of task ${this.name} is refused: ${words(issues)}`, { issues });
      }
    }
    const submission: TaskSubmission = { ...this.defaults, ...options, call: this.name };
    // Whether it is JSON is checked with the rest of the submission.
    if (input !== undefined) submission.input = input as Json;
    return submission;
  }

  #home(): TaskHome {
    const [home] = this.#homes;
    if (this.#homes.size === 1) return home!;
    const many = this.#homes.size > 1;
    throw new OctopusError(
      "not_ready",
      `task ${this.name} ${many ? "was added to several Octopuses" : "was added to no Octopus that is open"}: ` +
        (many
          ? "say which by task.on(octopus).enqueue(…)"
          : "pass it as tasks: [task] to Octopus.open or Octopus.connect"),
    );
  }
}

function words(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => `${path} ${message}`).join("; ");
}

/** Options of `task`: defaults for its tasks, and the schema of the input. */
export interface TaskOptions<S extends StandardSchema = StandardSchema> extends TaskDefaults {
  /** Any Standard Schema (Zod, Valibot, ArkType, …): checks the input when it is submitted and before the handler runs. */
  input?: S;
}

/**
 * Defines a task: `name` is its type and the function's name, `options` holds a schema for the input and defaults for any
 * field of a submission (arm, retries, timeout, …), `handler` does the work and returns what JSON can carry. Without a handler it
 * can be enqueued here and runs elsewhere. Throws `invalid` for a name that no function may have.
 */
export function task<S extends StandardSchema, Result = unknown>(
  name: string,
  options: TaskOptions<S> & { input: S },
  handler?: Handler<OutputOf<S>, Result>,
): TypedTask<InputOf<S>, Result>;
export function task<Input = Json | undefined, Result = unknown>(
  name: string,
  options: TaskDefaults,
  handler?: Handler<Input, Result>,
): TypedTask<Input, Result>;
export function task<Input = Json | undefined, Result = unknown>(
  name: string,
  handler: Handler<Input, Result>,
): TypedTask<Input, Result>;
export function task(
  name: string,
  options: TaskOptions | Handler<never, unknown>,
  handler?: Handler<never, unknown>,
): TypedTask<never, unknown> {
  if (typeof options === "function") return new TypedTask<never, unknown>(name, {}, undefined, options);
  const { input, ...defaults } = options ?? {};
  if (input !== undefined && !isStandardSchema(input)) {
    throw new OctopusError(
      "invalid",
      `the input of task ${name} must be a Standard Schema (such as z.object({…}) of zod 3.24 or later), not ${typeof input}`,
    );
  }
  if (handler !== undefined && typeof handler !== "function")
    throw new OctopusError("invalid", `the handler of task ${name} must be a function, not a ${typeof handler}`);
  return new TypedTask<never, unknown>(name, defaults, input, handler);
}
