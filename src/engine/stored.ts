/** What the library answers of what was kept: rows as the engine reads them, beside the views that people get. */
import type { Json, RunState, TaskKind, TaskState } from "../base/words.ts";
import type { Origin } from "../core/asks.ts";
import type { NodeRule } from "../core/graph/rule.ts";
import type { BulkView } from "../protocol/views.ts";
import type { TickView } from "../protocol/schedule-views.ts";
import type { RunScope } from "../protocol/workflow.ts";

/** What is kept of a task of a workflow. */
export interface StoredNode {
  task: number;
  id: string;
  name?: string | undefined;
  run: number;
  kind: TaskKind;
  state: TaskState;
  attempt: number;
  exitCode?: number | undefined;
  error?: { message: string; kind?: string | undefined } | undefined;
  /** JSON text of its `TaskSpec` as compiled; absent when it said nothing that has to be evaluated. */
  spec?: string | undefined;
  inside?: number | undefined;
  total?: number | undefined;
  /** The only worker that may run it. */
  worker?: string | undefined;
  /** An `each` with a member for each worker. */
  onWorkers?: true | undefined;
  /** Number of its newest attempt when it was last opened again; absent = it never was. */
  reopenedAt?: number | undefined;
}

/** A task of a run as a retry chooses among them: there may be 100,000. What it is in full is read when it is chosen. */
export interface RetryNode {
  task: number;
  name: string;
  run: number;
  kind: TaskKind;
  state: TaskState;
  needs: readonly number[];
  /** It has ended with leave. */
  allowed?: true | undefined;
  /** What it is in the graph, where that is not the usual. */
  rule?: NodeRule | undefined;
  inside?: number | undefined;
  of?: number | undefined;
  /** For a container that had begun: how many members it has. */
  total?: number | undefined;
  /** For a container: the run that it holds. */
  subRun?: number | undefined;
}

export interface StoredRunScope {
  run: number;
  workflow: string;
  createdAt: number;
  params: Record<string, Json>;
  scope: RunScope;
  state: RunState;
  outcome?: RunState | undefined;
  origin?: Origin | undefined;
  depth: number;
  definition?: string | undefined;
  definitionHash?: string | undefined;
  files: Record<string, string>;
}

export interface StoredWorkflow {
  name: string;
  description?: string | undefined;
  hash: string;
  definition: string;
  files: Record<string, string>;
  createdAt: number;
  updatedAt: number;
  lastRun?: { id: string; state: RunState } | undefined;
}

export interface StoredSchedule {
  name: string;
  /** JSON text that `SetSchedule` was given. */
  target: string;
  createdAt: number;
  lastTick?: TickView | undefined;
}

export interface StoredBulk extends BulkView {
  number: number;
  /** The last task that was looked at. */
  cursor: number;
}
