/**
 * Workflows built in TypeScript: the same model as a workflow file, with the names of tasks, their outputs and the params known
 * to the type checker. A builder collects; what comes out is a plain document, compiled like every other.
 *
 * WB1  A builder holds plain JSON: what a function of the caller makes of references is asked for once, at the call.
 * WB2  Adding a task costs the same however many there are.
 */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { WORK_FIELDS } from "../protocol/task.ts";
import { type Expression, type None, plainOf, refTo, type ValueOf } from "./workflow-refs.ts";
import { conditionOf, Step } from "./workflow-steps.ts";
import type {
  AboveOf,
  FlowScope,
  From,
  Moment,
  Node,
  Nodes,
  ParamsGiven,
  ParamSpecs,
  ParamsOf,
  TaskRefs,
  TaskSettings,
  WorkflowSettings,
} from "./workflow-types.ts";
import { yamlText } from "./yaml-text.ts";

declare const PARAMS: unique symbol;
declare const OUTPUTS: unique symbol;

type Mapping = Record<string, Json>;

/** What a handler gets: every task by name, as each has ended. */
type AllRefs<T extends Nodes> = TaskRefs<T, keyof T>;

/** What `outputs` reads: for each name an expression. */
type OutputsFrom<T extends Nodes, P> = Record<string, From<Expression<unknown> | Json, AllRefs<T>, P>>;
type OutputValue<F> = ValueOf<F extends (...given: never[]) => infer E ? E : F>;

const SCOPE = Object.fromEntries(
  ["params", "env", "workflow", "run", "schedule"].map((root) => [root, refTo(root)]),
) as unknown as FlowScope<never>;
const TASKS = refTo("tasks") as never;

/** By these a file tells one handler from several with names. */
const TASK_KEYS = new Set<string>([...WORK_FIELDS, "workflow", "pipeline", "type", "each", "matrix"]);

/** A workflow in the making; `workflow(…)` begins one. */
export class Workflow<P = None, T extends Nodes = None, O = None> {
  declare readonly [PARAMS]: P;
  declare readonly [OUTPUTS]: O;
  readonly name: string;
  readonly #head: Mapping;
  readonly #tasks = new Map<string, Mapping>();
  readonly #handlers = new Map<Moment, Map<string, Mapping>>();
  #outputs: Mapping | undefined;

  constructor(name: string, settings: WorkflowSettings) {
    this.name = name;
    this.#head = plainOf(settings, `workflow ${name}`) as Mapping;
  }

  /**
   * Adds a task. `step` says what it does, or makes that of the tasks above it: `({ extract }) => call(load, extract.result)`.
   * `needs` may only name tasks that were added before, and expressions only those and what stands above them.
   */
  task<const Id extends string, R, O2, const N extends keyof T & string = never>(
    id: Id extends keyof T ? never : Id,
    step: From<Step<R, O2>, TaskRefs<T, AboveOf<T, N>>, P>,
    settings: TaskSettings<T, P, N, R, O2, T & Record<Id, Node<R, O2>>> = {},
  ): Workflow<P, T & Record<Id, Node<R, O2, AboveOf<T, N>>>, O> {
    this.#put(this.#tasks, id, keysOf(id, step, settings));
    return this as never;
  }

  /**
   * Adds a task whose name only the running program knows, as in a loop: a step or the keys of a task in a workflow file, and
   * more keys. Nothing here is known to the type checker; the compiler of the workflow checks it all.
   */
  add(id: string, step: Step<unknown, unknown> | Record<string, unknown>, more: Record<string, unknown> = {}): this {
    const keys = step instanceof Step ? step.keys : (plainOf(step, `task ${id}`) as Mapping);
    this.#put(this.#tasks, id, { ...keys, ...(plainOf(more, `task ${id}`) as Mapping) });
    return this;
  }

  /** Adds what runs when the rest has ended: on `success`, `failure` or `cancel`, and on `exit` whatever became of it. */
  on(
    moment: Moment,
    id: string,
    step: From<Step<unknown, unknown>, AllRefs<T>, P>,
    settings: Omit<TaskSettings<T, P, keyof T & string, unknown, unknown, T>, "needs" | "trigger" | "compensate"> = {},
  ): this {
    if (TASK_KEYS.has(id)) {
      throw new OctopusError(
        "invalid",
        `a handler must not be named ${id}, which is a key of tasks: give it another name`,
      );
    }
    let handlers = this.#handlers.get(moment);
    if (handlers === undefined) this.#handlers.set(moment, (handlers = new Map()));
    this.#put(handlers, id, keysOf(id, step, settings));
    return this;
  }

  /** What the run leaves, and a workflow that holds it reads: for each name a value, or what makes it of all tasks. */
  outputs<const F extends OutputsFrom<T, P>>(outputs: F): Workflow<P, T, { [K in keyof F]: OutputValue<F[K]> }> {
    const made = Object.entries(outputs).map(([name, from]) => [name, valueOf(from)]);
    this.#outputs = { ...this.#outputs, ...(plainOf(Object.fromEntries(made), "outputs") as Mapping) };
    return this as never;
  }

  /** The document: what a workflow file holds, as plain JSON. */
  toDocument(): Record<string, Json> {
    const document: Mapping = { name: this.name, ...this.#head, tasks: mappingOf(this.#tasks) };
    if (this.#handlers.size > 0)
      document["on"] = Object.fromEntries([...this.#handlers].map(([moment, tasks]) => [moment, mappingOf(tasks)]));
    if (this.#outputs !== undefined) document["outputs"] = this.#outputs;
    return document;
  }

  /** The text of a workflow file, as JSON. */
  toText(): string {
    return JSON.stringify(this.toDocument());
  }

  /** The text of a workflow file, as a person would write it. */
  toYaml(): string {
    return yamlText(this.toDocument());
  }

  #put(tasks: Map<string, Mapping>, id: string, keys: Mapping): void {
    if (typeof id !== "string" || id === "")
      throw new OctopusError("invalid", `a task of workflow ${this.name} must have a name, not ${JSON.stringify(id)}`);
    if (tasks.has(id)) throw new OctopusError("conflict", `workflow ${this.name} has two tasks named ${id}`);
    tasks.set(id, keys);
  }
}

/** A workflow that was built, as those see it who run it: whatever its tasks are. */
export interface BuiltWorkflow<P = unknown, O = unknown> {
  readonly [PARAMS]: P;
  readonly [OUTPUTS]: O;
  readonly name: string;
  toDocument(): Record<string, Json>;
  toText(): string;
}

/** Begins a workflow: its name, and what holds for it as a whole. `params` are the values that a run is given. */
export function workflow<const P extends ParamSpecs = None>(
  name: string,
  settings: WorkflowSettings<P> = {},
): Workflow<P> {
  return new Workflow<P>(name, settings);
}

/** A workflow as a task of another one: built here, by the path of its file, or by the name of a registered one. */
export function subworkflow<P, O>(
  flow: BuiltWorkflow<P, O>,
  ...given: None extends ParamsOf<P> ? [params?: ParamsGiven<P>] : [params: ParamsGiven<P>]
): Step<O, O>;
export function subworkflow<O = Record<string, Json>>(flow: string, params?: Record<string, unknown>): Step<O, O>;
export function subworkflow(flow: string | BuiltWorkflow, params?: unknown): Step<never, never> {
  return new Step({ workflow: typeof flow === "string" ? flow : flow.toDocument(), params });
}

/** What a value becomes: asked for when it is made of references. */
function valueOf(from: unknown): unknown {
  return typeof from === "function" ? (from as (tasks: never, scope: unknown) => unknown)(TASKS, SCOPE) : from;
}

function keysOf(id: string, step: unknown, settings: object): Mapping {
  const made = valueOf(step);
  if (!(made instanceof Step)) {
    throw new OctopusError(
      "invalid",
      `task ${id} must say what it does by shell(…), http(…), call(…), each(…), subworkflow(…), … and not by ${typeof made}`,
    );
  }
  const { when, env, cwd, approval, compensate, repeat, ...rest } = settings as TaskSettings<
    Nodes,
    unknown,
    string,
    unknown,
    unknown,
    Nodes
  >;
  const more: Record<string, unknown> = { ...rest, cwd: valueOf(cwd), approval: valueOf(approval) };
  if (when !== undefined) more["when"] = conditionOf(valueOf(when));
  if (env !== undefined)
    more["env"] = Object.fromEntries(Object.entries(env).map(([name, from]) => [name, valueOf(from)]));
  if (compensate !== undefined) more["compensate"] = (valueOf(compensate) as Step).keys;
  if (repeat !== undefined) more["repeat"] = repeatOf(repeat);
  const keys = plainOf(more, `task ${id}`) as Mapping;
  // Both may set variables of the environment.
  if (made.keys["env"] !== undefined && keys["env"] !== undefined)
    keys["env"] = { ...(made.keys["env"] as Mapping), ...(keys["env"] as Mapping) };
  return { ...made.keys, ...keys };
}

const REPEAT_SCOPE = Object.fromEntries(
  ["result", "outputs", "exitCode", "attempt"].map((root) => [root, refTo(root)]),
) as never;

function repeatOf(
  repeat: NonNullable<TaskSettings<Nodes, unknown, string, unknown, unknown, Nodes>["repeat"]>,
): object {
  const condition = (from: unknown): string | undefined =>
    from === undefined
      ? undefined
      : conditionOf(typeof from === "function" ? (from as (scope: never) => unknown)(REPEAT_SCOPE) : from);
  return { ...repeat, while: condition(repeat.while), until: condition(repeat.until) };
}

function mappingOf(tasks: ReadonlyMap<string, Mapping>): Mapping {
  return Object.fromEntries(tasks);
}
