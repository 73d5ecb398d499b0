/**
 * What the type checker knows of a workflow while it is built: its params, its tasks with what they leave, who stands above
 * whom. Types alone; `workflow-builder.ts` is what they describe.
 */
import type { Json, Role, RunState, TaskState, Trigger } from "../base/words.ts";
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { Expression, Ref } from "./workflow-refs.ts";
import type { Given, Step } from "./workflow-steps.ts";

// ---- params ----------------------------------------------------------------------------------------------------------

interface ParamWords {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  array: Json[];
  object: Record<string, Json>;
}

/** A param said at length, in the words of JSON Schema. */
export interface ParamDeclaration {
  type?: keyof ParamWords;
  default?: Json;
  description?: string;
  required?: boolean;
  enum?: readonly Json[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: { type: keyof ParamWords };
  examples?: readonly Json[];
}

/** A param by its default value, or by a declaration. */
export type ParamSpec = string | number | boolean | readonly Json[] | ParamDeclaration;
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

type Widened<V> = V extends string
  ? string
  : V extends number
    ? number
    : V extends boolean
      ? boolean
      : V extends readonly unknown[]
        ? Json[]
        : Json;

type ParamValue<D> = D extends { enum: readonly (infer E)[] }
  ? E
  : D extends { type: infer W extends keyof ParamWords }
    ? ParamWords[W]
    : D extends { default: infer V }
      ? Widened<V>
      : D extends ParamDeclaration
        ? Json
        : Widened<D>;

/** Names of params that a run must be given. */
type RequiredParams<P> = {
  [K in keyof P]: P[K] extends string | number | boolean | readonly unknown[]
    ? never
    : P[K] extends { default: unknown } | { required: false }
      ? never
      : K;
}[keyof P];

/** The values of params as a run is given them: those with a default may be left out. */
export type ParamsOf<P> = { [K in RequiredParams<P>]: ParamValue<P[K]> } & {
  [K in Exclude<keyof P, RequiredParams<P>>]?: ParamValue<P[K]> | undefined;
};

/** The same, where references stand for values. */
export type ParamsGiven<P> = { [K in keyof ParamsOf<P>]: Given<NonNullable<ParamsOf<P>[K]>> };

export type ParamRefs<P> = { readonly [K in keyof P]: Ref<ParamValue<P[K]>> };

// ---- tasks -----------------------------------------------------------------------------------------------------------

/** What is known of a task: what it leaves, and the names of all that stand above it. */
export interface Node<R = unknown, O = unknown, Above extends string = string> {
  result: R;
  outputs: O;
  above: Above;
}
export type Nodes = Record<string, Node>;

/** The tasks named and all above them. */
export type AboveOf<T extends Nodes, N extends keyof T> = (N | T[N]["above"]) & string;

/** A task as an expression sees it. */
export interface TaskRef<R = unknown, O = unknown> {
  readonly state: Ref<TaskState>;
  readonly outputs: Ref<O>;
  readonly result: Ref<R>;
  readonly exitCode: Ref<number>;
  readonly error: { readonly message: Ref<string> };
  readonly attempt: Ref<number>;
  /** Paths of the files that it left. */
  readonly artifacts: Ref<string[]>;
  /** Of an `each` or a `matrix`: its members, by index. */
  readonly members: MemberRefs<R, O>;
}

type Item<L> = L extends readonly (infer I)[] ? NonNullable<I> : unknown;
type MemberRefs<R, O> = Expression<Json[]> & { readonly [index: number]: TaskRef<Item<R>, Item<O>> };

export type TaskRefs<T extends Nodes, N extends keyof T> = {
  readonly [K in N]: TaskRef<T[K]["result"], T[K]["outputs"]>;
};

/** What expressions name beside tasks. */
export interface FlowScope<P> {
  readonly params: ParamRefs<P>;
  readonly env: { readonly [name: string]: Ref<string> };
  readonly workflow: { readonly name: Ref<string> };
  readonly run: {
    readonly id: Ref<string>;
    /** How the main part ended; for handlers. */
    readonly state: Ref<RunState>;
    readonly createdAt: Ref<string>;
    readonly depth: Ref<number>;
  };
  /** The schedule that made the run, and for which tick. */
  readonly schedule: { readonly name: Ref<string>; readonly tick: Ref<string> };
}

/** A value, or what makes it of the tasks above. */
export type From<V, Tasks, P> = V | ((tasks: Tasks, scope: FlowScope<P>) => V);

/** CEL: by the tag `cel`, a reference to something that is true or false, or as text. */
export type Condition = Expression | Expression<boolean> | string;

// ---- what is said of a task ------------------------------------------------------------------------------------------

type EnvValue = string | number | boolean | Expression<unknown>;

type Plain = Omit<
  TaskSubmission,
  "shell" | "http" | "call" | "input" | "id" | "needs" | "type" | "on" | "onFailure" | "finally" | "cache" | "retries"
>;

/** What may be said of any task beside what it does. */
export type StepOptions = { [K in keyof Plain]?: Given<NonNullable<Plain[K]>> | undefined } & {
  type?: string;
  on?: TaskSubmission["on"];
  onFailure?: TaskSubmission["onFailure"];
  finally?: TaskSubmission["finally"];
  cache?: TaskSubmission["cache"];
  retries?: TaskSubmission["retries"];
  env?: Record<string, EnvValue>;
  cwd?: Given<string>;
  /** Failures that count as passed: exit codes; `failed` for all, `skipped` for being skipped. */
  continueOn?: readonly number[] | { exitCodes?: readonly number[]; failed?: boolean; skipped?: boolean };
  allowFailure?: boolean;
  /** How long it takes, such as `5m`: what earlier runs took is better. */
  estimate?: string;
};

interface RepeatOptions<R, O> {
  while?: RepeatCondition<R, O>;
  until?: RepeatCondition<R, O>;
  interval?: string;
  /** Times in all. */
  limit?: number;
}
type RepeatCondition<R, O> = Condition | ((scope: RepeatScope<R, O>) => Condition);

interface RepeatScope<R, O> {
  readonly result: Ref<R>;
  readonly outputs: Ref<O>;
  readonly exitCode: Ref<number>;
  /** How often it has succeeded so far. */
  readonly attempt: Ref<number>;
}

type Files<N extends string> = N | { from: N; path?: string; to?: string };

/**
 * What may be said of a task of a workflow. `N`: the tasks that it needs; `Above`: those and all that they need, which its
 * expressions may name; `All`: every task so far and itself, for what undoes it.
 */
export interface TaskSettings<T extends Nodes, P, N extends keyof T & string, R, O, All extends Nodes> extends Omit<
  StepOptions,
  "env" | "cwd"
> {
  needs?: N | readonly N[];
  trigger?: Trigger;
  when?: From<Condition, TaskRefs<T, AboveOf<T, N>>, P>;
  env?: Record<string, From<EnvValue, TaskRefs<T, AboveOf<T, N>>, P>>;
  cwd?: From<Given<string>, TaskRefs<T, AboveOf<T, N>>, P>;
  repeat?: RepeatOptions<R, O>;
  approval?: From<
    true | string | { message?: Given<string>; timeout?: string; onTimeout?: "reject" | "approve" },
    TaskRefs<T, AboveOf<T, N>>,
    P
  >;
  /** What undoes it, when it has succeeded and the run fails or is cancelled. */
  compensate?: From<Step<unknown, unknown>, TaskRefs<All, keyof All>, P>;
  /** Files of tasks above that it finds in `$OCTOPUS_INPUTS`. */
  artifacts?: Files<AboveOf<T, NoInfer<N>>> | readonly Files<AboveOf<T, NoInfer<N>>>[];
}

/** What may be said of a workflow as a whole. */
export interface WorkflowSettings<P extends ParamSpecs = ParamSpecs> {
  description?: string;
  params?: P;
  env?: Record<string, string | number | boolean>;
  cwd?: string;
  schedule?: string | ScheduleLine | readonly (string | ScheduleLine)[];
  arm?: string;
  priority?: number;
  /** Longest time of an attempt of each task that says nothing else. */
  timeout?: string;
  /** Longest time of the whole run. */
  runTimeout?: string;
  retries?: TaskSubmission["retries"];
  /** Runs of one group: how many at once, and what becomes of one more. */
  concurrency?: string | { group: string; limit?: number; overlap?: "queue" | "skip" | "cancel_previous" };
  maxParallel?: number;
}
type ScheduleLine = Omit<ScheduleSubmission, "name" | "task" | "workflow">;

/** When a handler runs: every role but the one that undoes a single task. */
export type Moment = Exclude<Role, "compensate">;
