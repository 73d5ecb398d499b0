/** Runs, registered workflows, and the words of people about tasks. */
import type { RunState } from "../base/words.ts";
import type { PipelineSubmission } from "../protocol/pipeline.ts";
import type { RunDetail, RunExplanation, RunView, WorkflowDetail, WorkflowView } from "../protocol/run-views.ts";
import type { WorkflowGrid, WorkflowVersionDetail, WorkflowVersions } from "../protocol/workflow-views.ts";
import type { Page, TaskView } from "../protocol/views.ts";
import type {
  RunAccepted,
  RunRetry,
  RunSubmission,
  TaskMark,
  Verdict,
  WorkflowCheck,
  WorkflowSubmission,
} from "../protocol/workflow.ts";
import { BulkCalls } from "./bulk-calls.ts";
import type { RunQuery, WaitOptions } from "./options.ts";
import { type QueryValue, segment, waitText, withQuery } from "./query.ts";

const RUN_ENDED: ReadonlySet<RunState> = new Set(["succeeded", "failed", "cancelled", "partial"]);

/** True for a state that a run does not leave by itself. */
export function isRunEnded(state: RunState): boolean {
  return RUN_ENDED.has(state);
}

export class RunCalls extends BulkCalls {
  /** Runs the text of a workflow file, or a registered workflow. */
  submitRun(run: RunSubmission): Promise<RunAccepted> {
    return this.send("POST", "/runs", run);
  }

  /** Runs a registered workflow: whoever may only submit may do so. */
  runWorkflow(
    name: string,
    options: Omit<RunSubmission, "definition" | "workflow" | "files" | "source"> = {},
  ): Promise<RunAccepted> {
    return this.send("POST", `/workflows/${segment(name)}/runs`, options);
  }

  /** Starts a pipeline; its models are functions of connected workers, or URLs. */
  submitPipeline(pipeline: PipelineSubmission): Promise<{ id: string }> {
    return this.send("POST", "/pipelines", pipeline);
  }

  runs(query: RunQuery = {}): Promise<Page<RunView>> {
    return this.get(withQuery("/runs", query as Record<string, QueryValue>));
  }

  /** `isBrief`: without the text that it was made from, which does not change. */
  run(
    id: string,
    options: { waitMs?: number; isBrief?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<RunDetail> {
    const brief = options.isBrief === true ? true : undefined;
    return this.get(withQuery(run(id), { wait: waitText(options.waitMs), brief }), options.signal);
  }

  /** The run once it has ended, or as it is when the time is up. Outlives a server that restarts. */
  waitRun(id: string, options: WaitOptions = {}): Promise<RunDetail> {
    return this.wait(
      (waitMs) => this.run(id, { waitMs, signal: options.signal }),
      ({ state }) => isRunEnded(state),
      options,
    );
  }

  cancelRun(id: string, reason?: string): Promise<RunView> {
    return this.send("POST", `${run(id)}/cancel`, bodyOf(reason));
  }

  /** Nothing more of it starts, or it goes on. */
  pauseRun(id: string, paused: boolean, reason?: string): Promise<RunView> {
    return this.send("POST", `${run(id)}/${paused ? "pause" : "resume"}`, bodyOf(reason));
  }

  /** Does it again: what has failed, all of it, one task, or one task and what needs it. */
  retryRun(id: string, retry: RunRetry = {}): Promise<RunView> {
    return this.send("POST", `${run(id)}/retry`, retry);
  }

  /** Why its tasks wait, did not run or failed. */
  explainRun(id: string): Promise<RunExplanation> {
    return this.get(`${run(id)}/explain`);
  }

  /** Answers a task that waits for a person. */
  approveTask(id: string, approve: boolean, verdict: Verdict = {}): Promise<TaskView> {
    return this.send("POST", `/tasks/${segment(id)}/${approve ? "approve" : "reject"}`, verdict);
  }

  /** Says how a task has ended, whatever it did. */
  markTask(id: string, mark: TaskMark): Promise<TaskView> {
    return this.send("POST", `/tasks/${segment(id)}/mark`, mark);
  }

  /** `recent`: with so many of their newest runs. */
  workflows({ recent }: { recent?: number } = {}): Promise<WorkflowView[]> {
    return this.items(withQuery("/workflows", { recent }));
  }

  workflow(name: string): Promise<WorkflowDetail> {
    return this.get(`/workflows/${segment(name)}`);
  }

  /**
   * Registers a workflow under the name that its file gives, with the schedules that it asks for. `only`: refused unless
   * its definition has this hash now; null: unless there is none.
   */
  setWorkflow(workflow: WorkflowSubmission, { only }: { only?: string | null } = {}): Promise<WorkflowDetail> {
    return this.send("PUT", withQuery("/workflows", { only: only === null ? "none" : only }), workflow);
  }

  /** The definitions that it has had, the newest first. */
  workflowVersions(name: string): Promise<WorkflowVersions> {
    return this.get(`/workflows/${segment(name)}/versions`);
  }

  workflowVersion(name: string, hash: string): Promise<WorkflowVersionDetail> {
    return this.get(`/workflows/${segment(name)}/versions/${segment(hash)}`);
  }

  /** Its newest runs against its tasks; `before`: the `next` of the page before. */
  workflowGrid(name: string, page: { runs?: number; before?: string | undefined } = {}): Promise<WorkflowGrid> {
    return this.get(withQuery(`/workflows/${segment(name)}/grid`, page));
  }

  /** Removes it with its schedules; its runs stay. */
  removeWorkflow(name: string): Promise<void> {
    return this.remove(`/workflows/${segment(name)}`);
  }

  /** Everything that is wrong or odd about a workflow file. */
  checkWorkflow(workflow: WorkflowSubmission, { plan }: { plan?: boolean } = {}): Promise<WorkflowCheck> {
    return this.send("POST", withQuery("/workflows/validate", { plan }), workflow);
  }
}

function run(id: string): string {
  return `/runs/${segment(id)}`;
}

function bodyOf(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
