/**
 * What a task of a workflow says beyond its work, as the compiler leaves it: expressions still to be evaluated, lists still to
 * be spread, who has to agree. Values in milliseconds; `${{ … }}` stands where a value is known only when its turn has come.
 */
import type { Json, Role, Trigger } from "../base/words.ts";
import type { TaskSpec } from "./task.ts";

export interface NodeSpec {
  trigger?: Trigger | undefined;
  /** CEL; it runs when this is true, and is skipped otherwise. */
  when?: string | undefined;
  /** Its work holds `${{ }}`, or it has `when`: it is evaluated when its needs are met. */
  dynamic?: true | undefined;
  approval?: ApprovalSpec | undefined;
  /** Failures that count as passed: all, or those with these exit codes. */
  allow?: true | number[] | undefined;
  allowSkip?: true | undefined;
  role?: Role | undefined;
  /** For `compensate`: the task that it undoes. */
  of?: string | undefined;
  repeat?: RepeatSpec | undefined;
  /** By name; those that are read from `result` by an expression. What a command writes stands in `ShellWork.outputs`. */
  outputs?: Record<string, ComputedOutput> | undefined;
  /** Files of other tasks that it finds in `$OCTOPUS_INPUTS`. */
  inputs?: InputSpec[] | undefined;
  /** How long it will take, by somebody's word; what earlier runs took is better. */
  estimateMs?: number | undefined;
}

export interface ApprovalSpec {
  /** What is asked of the person; may hold `${{ }}`. */
  message?: string | undefined;
  timeoutMs?: number | undefined;
  onTimeout?: "reject" | "approve" | undefined;
}

export interface RepeatSpec {
  /** CEL over `result`, `outputs`, `exitCode`, `attempt`: again while it is true, or until it is. Neither: `limit` times. */
  while?: string | undefined;
  until?: string | undefined;
  intervalMs: number;
  /** Times in all. */
  limit: number;
}

/** CEL over `result`, `stdout`, `exitCode`; the value must be of `type` where one is said. */
export interface ComputedOutput {
  value: string;
  type?: OutputType | undefined;
}

export const OUTPUT_TYPES = ["string", "number", "integer", "boolean", "array", "object"] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

/** Files that `from` left in `$OCTOPUS_ARTIFACTS`: those that the pattern fits, under `to` (default: the task's name). */
export interface InputSpec {
  from: string;
  /** Glob over the paths; absent = all of them. */
  path?: string | undefined;
  to?: string | undefined;
}

/** A task for each item of a list. */
export interface EachWork {
  /** A list, or `${{ }}` that stands for one. */
  items?: Json | undefined;
  /** By name the values; every combination is an item. Lists, or `${{ }}` that stand for one. */
  matrix?: Record<string, Json> | undefined;
  /** Combinations left out, and others beside them. */
  exclude?: Record<string, Json>[] | undefined;
  include?: Record<string, Json>[] | undefined;
  maxParallel?: number | undefined;
  failFast?: boolean | undefined;
  /** What is done for each: `${{ item }}`, `${{ index }}`, `${{ matrix.x }}` stand for its values. */
  task: TaskSpec;
  /** In place of a list: one for each worker that is online and fits when its turn comes, and on it. */
  workers?: true | undefined;
}

/** A run inside a run. */
export interface WorkflowWork {
  /** Path or name of the workflow, as the file says; looked up in the run's files, then among the registered ones. */
  use?: string | undefined;
  /** Or its definition right here, as a workflow file in JSON. */
  definition?: Json | undefined;
  /** Or a pipeline. */
  pipeline?: Json | undefined;
  params?: Record<string, Json> | undefined;
}

export interface ApprovalWork {
  message?: string | undefined;
}
