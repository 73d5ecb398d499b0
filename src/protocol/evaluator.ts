/**
 * What evaluates the expressions of a workflow while it runs: the engine asks, `workflow/evaluator.ts` answers. Both layers
 * know these types and not each other.
 */
import type { Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { NodeSpec } from "./node.ts";
import type { TaskSpec, Work } from "./task.ts";
import type { RunScope, RunSpec } from "./workflow.ts";

/** What expressions may look at. Pure: what it reads does not change while a task is being prepared. */
export interface ScopeSource {
  run: {
    id: string;
    workflow: string;
    createdAt: number;
    params: Record<string, Json>;
    scope: RunScope;
    /** How its main part ended; for handlers. */
    state?: RunState | undefined;
    schedule?: { name: string; tick: number } | undefined;
    depth: number;
    files: Record<string, string>;
  };
  /** The task of the run with that name; `each`: with its members. Undefined when there is none. */
  task(name: string): ScopeTask | undefined;
  /** A registered workflow. */
  workflow(name: string): { definition: string; files: Record<string, string> } | undefined;
}

/** A task as an expression sees it. */
export interface ScopeTask {
  id: string;
  state: TaskState;
  kind: TaskKind;
  attempt: number;
  result?: Json | undefined;
  exitCode?: number | undefined;
  error?: { message: string; kind?: string | undefined } | undefined;
  /** What its file says of its outputs. */
  spec?: NodeSpec | undefined;
  /** An `each` with a member for each worker: what its members leave goes by the names of these. */
  onWorkers?: true | undefined;
  /** The only worker that may run it. */
  worker?: string | undefined;
  /** For an `each`: its members in order. Throws `too_large` when their results together are more than may be read. */
  members?(): ScopeTask[];
  /** Paths of the files that it left. */
  artifacts?(): string[];
}

/** What becomes of a task once its needs are met. */
export type Prepared =
  /** It runs, with this work. `message`, here and below: what the person is asked who has to agree first. */
  | { type: "run"; work: Work; cache?: TaskSpec | undefined; message?: string | undefined }
  | { type: "skip"; reason: string }
  | { type: "fail"; reason: string }
  /** An `each`: so many members, each made when it is asked for. Names and values are in their places. */
  | { type: "each"; total: number; member(index: number): TaskSpec; message?: string | undefined }
  /** A `workflow`: the run that it holds. */
  | { type: "workflow"; run: RunSpec; message?: string | undefined };

export interface Evaluator {
  /** `spec`: the task as its file says it. Never throws for what a file says: that is `fail`, with words. */
  prepare(spec: TaskSpec, source: ScopeSource): Prepared;
  /**
   * After an attempt that has succeeded: whether it is done again (`repeat`), and whether its outputs can be read. `attempt`:
   * how often it has succeeded so far, this one included.
   */
  ended(
    spec: NodeSpec,
    end: { result?: Json | undefined; exitCode?: number | undefined; attempt: number },
  ): { type: "done" } | { type: "again"; afterMs: number } | { type: "fail"; reason: string };
  /** What expressions read as the outputs of a task. */
  outputs(task: ScopeTask): Record<string, Json>;
  /** The outputs of a run; throws `invalid` with words. */
  runOutputs(scope: RunScope, source: ScopeSource): Record<string, Json>;
}
