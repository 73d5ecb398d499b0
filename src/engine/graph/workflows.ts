/**
 * Registered workflows, and the schedules that their files ask for. Such a schedule is named after its workflow, is made
 * with it, replaced with it and removed with it; one that a person made under that name is never touched.
 */
import type { Command } from "../../core/command.ts";
import type { ScheduleSpec } from "../../protocol/schedule.ts";
import type { WorkflowDetail, WorkflowView } from "../../protocol/run-views.ts";
import type { RunSpec, WorkflowSubmission } from "../../protocol/workflow.ts";
import { definitionHash } from "../new-run.ts";
import type { Library, Outside } from "../ports.ts";
import type { StoredWorkflow } from "../stored.ts";
import { rejected } from "../refusals.ts";
import type { Schedules } from "../schedules.ts";
import type { Turns } from "../turns.ts";

export interface WorkflowsOptions {
  library: Library;
  outside: Outside;
  schedules: Schedules;
}

export class Workflows {
  readonly #options: WorkflowsOptions;
  readonly #turns: Turns;
  /** What was odd about the definition that was compiled last, by its hash. */
  readonly #warnings = new Map<string, RunSpec["warnings"]>();

  constructor(options: WorkflowsOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  async set({ definition, source, files = {} }: WorkflowSubmission): Promise<WorkflowDetail> {
    const { outside, schedules } = this.#options;
    const target = { definition, files, check: true, ...(source !== undefined && { source }) };
    const run = await outside.compile(target);
    const { workflow, description, warnings = [] } = run;
    const hash = definitionHash(definition, files, (text) => outside.digest(text));
    const asked = schedulesOf(run, { definition, files, ...(source !== undefined && { source }) });
    const commands = await schedules.ofWorkflow(workflow, asked);
    const kept = Object.keys(files).length > 0 ? files : undefined;
    await this.#ask({ type: "SetWorkflow", workflow, description, hash, definition, files: kept }, commands);
    this.#warnings.clear();
    this.#warnings.set(hash, warnings);
    return this.one(workflow)!;
  }

  async remove(name: string): Promise<void> {
    const { schedules } = this.#options;
    const commands = await schedules.ofWorkflow(name, []);
    await this.#ask({ type: "RemoveWorkflow", workflow: name }, commands);
  }

  /** Without a pause between them: they are decided in one turn, or in two that follow each other. */
  async #ask(first: Command, then: readonly Command[]): Promise<void> {
    const replies = await Promise.all([first, ...then].map((command) => this.#turns.ask(() => command)));
    for (const [index, reply] of replies.entries()) {
      // A schedule that somebody has removed meanwhile is gone, as it was to be.
      if (!reply.ok && !(index > 0 && reply.rejection.type === "ScheduleNotFound")) throw rejected(reply.rejection);
    }
  }

  one(name: string): WorkflowDetail | undefined {
    const stored = this.#options.library.workflow(name);
    if (stored === undefined) return undefined;
    const { definition, files, hash } = stored;
    const detail: WorkflowDetail = { ...this.#view(stored), definition, warnings: [] };
    if (Object.keys(files).length > 0) detail.files = files;
    for (const { path, message } of this.#warnings.get(hash) ?? []) detail.warnings.push({ path, message });
    return detail;
  }

  all(): WorkflowView[] {
    return this.#options.library.workflows().map((stored) => this.#view(stored));
  }

  #view({ name, description, hash, createdAt, updatedAt, lastRun }: StoredWorkflow): WorkflowView {
    const view: WorkflowView = {
      name,
      definitionHash: hash,
      createdAt: new Date(createdAt).toISOString(),
      updatedAt: new Date(updatedAt).toISOString(),
      schedules: this.#options.schedules.namesOf(name),
    };
    if (description !== undefined) view.description = description;
    if (lastRun !== undefined) view.lastRun = lastRun;
    return view;
  }
}

/** The schedules that the file asks for: the first is named like the workflow, the others are numbered. */
function schedulesOf(
  { workflow, schedules = [] }: RunSpec,
  target: { definition: string; source?: string; files: Record<string, string> },
): ScheduleSpec[] {
  const { files, ...rest } = target;
  const used = { ...rest, ...(Object.keys(files).length > 0 && { files }) };
  return schedules.map((schedule, index) => ({
    ...schedule,
    name: index === 0 ? workflow : `${workflow}-${index + 1}`,
    target: { workflow: used },
  }));
}
