/**
 * Registered workflows, and the schedules that their files ask for. Such a schedule is named after its workflow, is made
 * with it, replaced with it and removed with it; one that a person made under that name is never touched.
 */
import type { Command } from "../../core/command.ts";
import type { ScheduleSpec } from "../../protocol/schedule.ts";
import { OctopusError } from "../../base/errors.ts";
import type { WorkflowDetail, WorkflowView } from "../../protocol/run-views.ts";
import type { WorkflowGrid, WorkflowVersionDetail, WorkflowVersions } from "../../protocol/workflow-views.ts";
import type { RunSpec, WorkflowSubmission } from "../../protocol/workflow.ts";
import { DEFAULT_ARM_NAME } from "../../core/limits/arms.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import { LOCAL_CALLER, type Looked, type PolicyCaller, type PolicyJudge } from "../policy.ts";
import type { OnlyIf } from "../api.ts";
import { definitionHash } from "../new-run.ts";
import type { Library, Outside } from "../ports.ts";
import type { StoredWorkflow } from "../stored.ts";
import { allOrInPart, rejected } from "../refusals.ts";
import type { Schedules } from "../schedules.ts";
import type { Turns } from "../turns.ts";

/** Recent runs that a list of all workflows shows. */
const RECENT_MAX = 5000;

export interface WorkflowsOptions {
  library: Library;
  outside: Outside;
  schedules: Schedules;
  policy?: PolicyJudge | undefined;
}

export class Workflows {
  readonly #options: WorkflowsOptions;
  readonly #turns: Turns;
  /** What was odd about the definition that was compiled last, by its hash. */
  readonly #warnings = new Map<string, RunSpec["warnings"]>();
  /** The last change of each that is under way. */
  readonly #changes = new Map<string, Promise<void>>();

  constructor(options: WorkflowsOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  async set(
    { definition, source, files = {} }: WorkflowSubmission,
    by: PolicyCaller = LOCAL_CALLER,
    only?: OnlyIf,
  ): Promise<WorkflowDetail> {
    const { outside, schedules, policy } = this.#options;
    const target = { definition, files, check: true, ...(source !== undefined && { source }) };
    const run = await outside.compile(target);
    const looked: Looked = { by, warnings: [] };
    if (policy !== undefined) for (const [index, task] of run.tasks.entries()) this.#look(task, index, policy, looked);
    const seen = looked.warnings!.map(({ task, message }) => ({ path: run.tasks[task]!.id ?? "", message }));
    const { workflow, description } = run;
    const warnings = [...(run.warnings ?? []), ...seen];
    const hash = definitionHash(definition, files, (text) => outside.digest(text));
    const asked = schedulesOf(run, { definition, files, ...(source !== undefined && { source }) });
    const kept = Object.keys(files).length > 0 ? files : undefined;
    await this.#alone(workflow, async () => {
      if (only !== undefined) this.#expect(workflow, only);
      const commands = await schedules.ofWorkflow(workflow, asked, by);
      await this.#ask({ type: "SetWorkflow", workflow, description, hash, definition, files: kept }, commands);
    });
    this.#warnings.clear();
    this.#warnings.set(hash, warnings);
    return this.one(workflow)!;
  }

  /** Changes of one workflow follow each other: what one of them expects is what the one before has left. */
  async #alone(workflow: string, change: () => Promise<void>): Promise<void> {
    const before = this.#changes.get(workflow);
    const mine = before === undefined ? change() : before.then(change, change);
    this.#changes.set(workflow, mine);
    try {
      await mine;
    } finally {
      if (this.#changes.get(workflow) === mine) this.#changes.delete(workflow);
    }
  }

  #expect(workflow: string, only: OnlyIf): void {
    const now = this.#options.library.workflow(workflow)?.hash;
    if (now === (only ?? undefined)) return;
    const name = JSON.stringify(workflow);
    const message =
      now === undefined
        ? `the workflow ${name} was removed meanwhile; save it as a new one if it is to be there again`
        : only === null
          ? `there is a workflow ${name} already; give the new one another name, or change that one`
          : `the workflow ${name} was changed meanwhile: it is ${short(now)} now and was ${short(only)}; look at both before you save`;
    throw new OctopusError("conflict", message);
  }

  /** What no run of it could do is refused now. An arm that is not there yet has no rules of its own. */
  #look(task: TaskSpec, index: number, policy: PolicyJudge, looked: Looked): void {
    const { routes } = this.#turns.state.limits;
    const armOf = ({ arm, type }: TaskSpec): string => arm ?? routes.get(type) ?? DEFAULT_ARM_NAME;
    policy.look(task, { arm: armOf(task), path: `tasks.${task.id ?? index}`, index, armOf }, looked);
  }

  async remove(name: string): Promise<void> {
    const { schedules } = this.#options;
    await this.#alone(name, async () => {
      const commands = await schedules.ofWorkflow(name, [], LOCAL_CALLER);
      await this.#ask({ type: "RemoveWorkflow", workflow: name }, commands);
    });
  }

  /** Without a pause between them: they are decided in one turn, or in two that follow each other. */
  async #ask(first: Command, then: readonly Command[]): Promise<void> {
    const replies = await allOrInPart([first, ...then].map((command) => this.#turns.ask(() => command)));
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

  all(recent = 0): WorkflowView[] {
    const { library } = this.#options;
    const stored = library.workflows();
    const each = Math.min(recent, Math.ceil(RECENT_MAX / Math.max(1, stored.length)));
    return stored.map((one) => ({
      ...this.#view(one),
      ...(each > 0 && { recent: library.recentRuns(one.name, each) }),
    }));
  }

  versions(name: string): WorkflowVersions {
    return this.#options.library.workflowVersions(name);
  }

  version(name: string, hash: string): WorkflowVersionDetail | undefined {
    return this.#options.library.workflowVersion(name, hash);
  }

  grid(name: string, page: { limit: number; before?: number | undefined }): WorkflowGrid {
    return this.#options.library.workflowGrid(name, page);
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

/** Enough of a hash for people to tell two of them apart. */
function short(hash: string): string {
  return hash.slice(0, 8);
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
