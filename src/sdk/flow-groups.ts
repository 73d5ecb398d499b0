/** The calls of an Octopus about runs, registered workflows and approvals. Errors are those of `groups.ts`. */
import type { Json } from "../base/words.ts";
import type { RunFilter } from "../engine/filters.ts";
import type { Page, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunExplanation, RunView, WorkflowDetail, WorkflowView } from "../protocol/run-views.ts";
import type { RunRetry, RunSubmission, Verdict, WorkflowSubmission } from "../protocol/workflow.ts";
import type { Backend } from "./backend.ts";
import { FlowHandle } from "./handle.ts";

/** Runs: instances of workflows. */
export class Runs {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The run with its tasks, those inside an `each` left out. */
  get(id: string): Promise<RunDetail> {
    return this.#backend.run(id);
  }

  /** Newest first. */
  list(filter: RunFilter = {}): Promise<Page<RunView>> {
    return this.#backend.runs(filter);
  }

  /** Cancels what of it has not ended. */
  cancel(id: string, reason?: string): Promise<RunView> {
    return this.#backend.cancelRun(id, reason);
  }

  /** Nothing more of it starts; what runs goes on. */
  pause(id: string, reason?: string): Promise<RunView> {
    return this.#backend.pauseRun(id, true, reason);
  }

  resume(id: string): Promise<RunView> {
    return this.#backend.pauseRun(id, false);
  }

  /**
   * Does it again: what has failed and what could not run for that; or `{from: "all"}`; or `{task: "name"}`, with
   * `downstream: true` also everything that needs it. `params` are what the tasks done again see.
   */
  retry(id: string, retry: RunRetry = {}): Promise<RunView> {
    return this.#backend.retryRun(id, retry);
  }

  /** Why its tasks wait, did not run or failed: those with the same reason together. */
  explain(id: string): Promise<RunExplanation> {
    return this.#backend.explainRun(id);
  }
}

/** Registered workflows: kept under their names, run by them. */
export class Workflows {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Registers a workflow under the name that its file gives, with the schedules that it asks for, or replaces it. */
  set(definition: string, options: Omit<WorkflowSubmission, "definition"> = {}): Promise<WorkflowDetail> {
    return this.#backend.setWorkflow({ definition, ...options });
  }

  get(name: string): Promise<WorkflowDetail> {
    return this.#backend.workflow(name);
  }

  list(): Promise<WorkflowView[]> {
    return this.#backend.workflows();
  }

  /** Removes it with its schedules; its runs stay. */
  remove(name: string): Promise<void> {
    return this.#backend.removeWorkflow(name);
  }

  /** Runs it. */
  async run(
    name: string,
    options: Omit<RunSubmission, "definition" | "workflow" | "files" | "source"> = {},
  ): Promise<FlowHandle<Record<string, Json>>> {
    const { id } = await this.#backend.submitRun({ ...options, workflow: name });
    return new FlowHandle<Record<string, Json>>(this.#backend, id);
  }
}

/** Approvals: tasks that wait for a person. */
export class Approvals {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Those that wait now. */
  list(page: { run?: string; limit?: number; cursor?: string } = {}): Promise<Page<TaskView>> {
    return this.#backend.tasks({ ...page, awaiting: "approval" });
  }

  /** The task goes on. */
  approve(task: string, verdict: Verdict = {}): Promise<TaskView> {
    return this.#backend.approveTask(task, true, verdict);
  }

  /** The task fails, with the note as its reason. */
  reject(task: string, verdict: Verdict = {}): Promise<TaskView> {
    return this.#backend.approveTask(task, false, verdict);
  }
}
