/**
 * What a task of a workflow does, as a program writes it: `shell(…)`, `http(…)`, `call(…)`, `each(…)`, `subworkflow(…)` and so
 * on. A step is a few keys of a task in a workflow file, and the types of what others may read of it. It does nothing.
 */
import type { Json } from "../base/words.ts";
import { OctopusError } from "../base/errors.ts";
import type { PipelineResult, PipelineSubmission } from "../protocol/pipeline.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { Jsonified } from "./jsonified.ts";
import type { TypedTask } from "./typed-task.ts";
import {
  type AnyRef,
  celOf,
  type Expression,
  isExpression,
  type None,
  plainOf,
  type Ref,
  refTo,
  unwrapped,
  type ValueOf,
} from "./workflow-refs.ts";
import type { StepOptions } from "./workflow-types.ts";

declare const RESULT: unique symbol;
declare const OUTPUTS: unique symbol;

/** What an output may be read from. */
interface ResultScope<R> {
  readonly result: Ref<R>;
  readonly exitCode: Ref<number>;
}

/** Outputs that are read from a result: for each name an expression over it. */
type Computed<R> = Record<string, (scope: ResultScope<R>) => Expression<unknown> | string>;

type ComputedOutputs<C> = { [K in keyof C]: C[K] extends (...given: never[]) => infer E ? ValueOf<E> : Json };

/** One thing to do; `Result` is what it leaves, `Outputs` what expressions read under `outputs`. */
export class Step<Result = Json, Outputs = Record<string, Json>> {
  declare readonly [RESULT]: Result;
  declare readonly [OUTPUTS]: Outputs;
  /** Keys of the task in the workflow file. */
  readonly keys: Readonly<Record<string, Json>>;

  constructor(keys: Record<string, unknown>) {
    this.keys = plainOf(keys, "the task") as Record<string, Json>;
  }

  /** The same step with more said of it: where a step stands alone (in `each`, in `compensate`, in a handler). */
  with(options: StepOptions): Step<Result, Outputs> {
    return new Step({ ...this.keys, ...options });
  }

  /** The same step with outputs that are read from its result: `({ result }) => result.body.count`. */
  outputs<const C extends Computed<Result>>(outputs: C): Step<Result, ComputedOutputs<C>> {
    const scope = { result: refTo("result"), exitCode: refTo("exitCode") } as unknown as ResultScope<Result>;
    const made = Object.entries(outputs).map(([name, read]) => [name, read(scope)]);
    return new Step({ ...this.keys, outputs: Object.fromEntries(made) });
  }
}

/** A value of that type, or a reference to one; in texts and lists and mappings at every place. */
export type Given<T> = unknown extends T
  ? unknown
  :
      | T
      | Expression<T>
      | (T extends string ? string : never)
      | (T extends readonly (infer I)[]
          ? readonly Given<I>[]
          : T extends object
            ? { readonly [K in keyof T]: Given<T[K]> }
            : never);

interface Words {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  array: Json[];
  object: Record<string, Json>;
}
type Word = keyof Words;

/** What a command leaves under one name: a type, or where it comes from. */
export type ShellOutputSpec =
  | Word
  | { from?: "file" | "stdout"; type?: Word; max?: string | number; required?: boolean };

/** What such a declaration leaves. */
export type ShellOutputs<D> = {
  [K in keyof D]: D[K] extends Word ? Words[D[K]] : D[K] extends { type: infer W extends Word } ? Words[W] : string;
};

type ShellForm = Omit<Exclude<TaskSubmission["shell"], string | undefined>, "outputs" | "command" | "env" | "cwd">;

/** How a command runs, beside its outputs. */
export interface ShellOptions<D> extends ShellForm {
  /** What it leaves in `$OCTOPUS_OUTPUT`, by name, or on its standard output. */
  outputs?: D;
}

/**
 * A command for a shell. Values come to it as environment variables: by `env`, and each param as `$OCTOPUS_PARAM_name`. Without
 * `outputs` every line `key=value` of `$OCTOPUS_OUTPUT` is one, as text.
 */
export function shell(command: string): Step<Record<string, string>, Record<string, string>>;
export function shell<const D extends Record<string, ShellOutputSpec>>(
  command: string,
  options: ShellOptions<D> & { outputs: D },
): Step<ShellOutputs<D>, ShellOutputs<D>>;
export function shell(
  command: string,
  options: ShellOptions<never>,
): Step<Record<string, string>, Record<string, string>>;
export function shell(
  command: string,
  options: ShellOptions<Record<string, ShellOutputSpec>> = {},
): Step<never, never> {
  const { outputs, ...form } = options;
  const plain = Object.values(form).every((value) => value === undefined);
  return new Step({ shell: plain ? command : { command, ...form }, outputs });
}

/** The answer of a request. */
export interface HttpResult {
  status: number;
  headers: Record<string, string>;
  /** JSON as the value that it is, anything else as text. */
  body: Json;
}

type HttpForm = Omit<Exclude<TaskSubmission["http"], string | undefined>, "url" | "headers" | "body"> & {
  url: Given<string>;
  headers?: Record<string, Given<string>>;
  body?: unknown;
};

/** An HTTP request: `METHOD URL [BODY]` in one line, or its parts. */
export function http(request: string | HttpForm): Step<HttpResult, None> {
  return new Step({ http: request });
}

type CallArguments<Input> = undefined extends Input ? [input?: Given<Input>] : [input: Given<Input>];

/** What expressions read as the outputs of a function: the fields of its result. */
export type Fields<R> = unknown extends R
  ? Record<string, Json>
  : R extends readonly unknown[]
    ? None
    : R extends object
      ? R
      : None;

/**
 * A function: a typed task of this program, whose input and result are known, or the name of one that workers have. The
 * defaults of a typed task (arm, retries, timeout, …) go with it.
 */
export function call<Input, Result>(
  task: TypedTask<Input, Result>,
  ...given: CallArguments<Input>
): Step<Jsonified<Awaited<Result>>, Fields<Jsonified<Awaited<Result>>>>;
export function call<Result = Json>(name: string, input?: unknown): Step<Result, Fields<Result>>;
export function call(
  what: string | Pick<TypedTask<never, unknown>, "name" | "defaults">,
  input?: unknown,
): Step<never, never> {
  const [name, defaults] = typeof what === "string" ? [what, {}] : [what.name, what.defaults];
  return new Step({ ...defaults, call: name, input });
}

/** A person must agree before the workflow goes on. */
export function approval(
  message?: string,
  options: { timeout?: string; onTimeout?: "reject" | "approve" } = {},
): Step<{ approved: boolean; by?: string; note?: string }, None> {
  const plain = Object.keys(options).length === 0;
  return new Step({ approval: plain ? (message ?? true) : { message, ...options } });
}

/** How the members of a list run. */
export interface EachOptions {
  /** Most that run at once. */
  maxParallel?: number;
  /** The first that fails ends the others. */
  failFast?: boolean;
  /** Longest time for all of them together; `timeout` is that of each attempt. */
  runTimeout?: string;
}

type Members<R> = (R | null)[];

/** The same for each item of a list: the list may be the result of a task. Its result is the list of theirs. */
export function each<T, R, O>(
  items: readonly T[] | Expression<readonly T[]>,
  member: Step<R, O> | ((scope: { item: Ref<T>; index: Ref<number> }) => Step<R, O>),
  options: EachOptions = {},
): Step<Members<R>, Members<O>> {
  const scope = { item: refTo("item") as unknown as Ref<T>, index: refTo("index") as unknown as Ref<number> };
  const step = typeof member === "function" ? member(scope) : member;
  return memberStep("each", items, step, options);
}

type Axes = Record<string, readonly unknown[] | Expression<readonly unknown[]>>;
type AxisRefs<A extends Axes> = {
  readonly [K in keyof A]: A[K] extends Expression<readonly (infer T)[]>
    ? Ref<T>
    : A[K] extends readonly (infer T)[]
      ? Ref<T>
      : AnyRef;
};

/** The same for every combination of values. */
export function matrix<const A extends Axes, R, O>(
  axes: A,
  member: Step<R, O> | ((scope: { matrix: AxisRefs<A>; index: Ref<number> }) => Step<R, O>),
  options: EachOptions & { include?: Record<string, Json>[]; exclude?: Record<string, Json>[] } = {},
): Step<Members<R>, Members<O>> {
  const { include, exclude, ...rest } = options;
  const scope = {
    matrix: refTo("matrix") as unknown as AxisRefs<A>,
    index: refTo("index") as unknown as Ref<number>,
  };
  const step = typeof member === "function" ? member(scope) : member;
  return memberStep("matrix", { ...axes, include, exclude }, step, rest);
}

function memberStep<R, O>(key: string, value: unknown, member: Step<R, O>, options: EachOptions): Step<never, never> {
  for (const inner of ["each", "matrix"]) {
    if (!(inner in member.keys)) continue;
    throw new OctopusError(
      "invalid",
      `a member of ${key} must not be ${inner} itself: put the inner one into a workflow of its own and use subworkflow`,
    );
  }
  return new Step({ ...member.keys, [key]: value, ...options });
}

/** Stages over models, as `octopus.pipeline` takes them. */
export function pipeline(submission: PipelineSubmission): Step<PipelineResult, None> {
  return new Step({ pipeline: submission });
}

/** A condition as the file holds it: CEL without `${{ }}`. */
export function conditionOf(value: unknown): string {
  return isExpression(value) ? celOf(value) : unwrapped(String(value));
}
