/**
 * What is durable of runs and their tasks, for the rules that judge workflows: kept from the events alone, apart from core.
 * Tasks stay in it when they are deleted, because others have counted on how they ended.
 */
import { isEnded, type Role, type RunState, type TaskState } from "../../src/base/words.ts";
import type { Event } from "../../src/core/event.ts";
import type { TaskDefinition } from "../../src/core/task-events.ts";
import type { RunGroup } from "../../src/core/graph/rule.ts";

export interface GraphTask {
  readonly seq: number;
  readonly run: number;
  definition: TaskDefinition;
  /** What its file says, as JSON text, where there is more than its work. */
  spec: string | undefined;
  work: string;
  state: TaskState;
  allowed: boolean;
  /** How it ended, in the words of core. */
  reason: string;
  said: "rejected" | "marked" | undefined;
  /** JSON text of its result. */
  result: string | undefined;
  /** Its place among all ends; 0 = it has not ended. */
  endedAs: number;
  /** Ends as `succeeded` so far, and the place of the newest. */
  succeededAs: number;
  attempting: boolean;
  /** It left `blocked` since it was last opened. */
  released: boolean;
  prepared: boolean;
  approved: boolean;
  askedUntil: number | undefined;
  /** Members that it holds, once it has begun. */
  total: number | undefined;
  made: number;
  /** It was opened again at least once. */
  again: boolean;
  /** Of its needs and what it undoes, those that were deleted before it was opened again: they say nothing against it. */
  gone: ReadonlySet<number>;
  /** Attempts that have succeeded since it was last opened. */
  successes: number;
}

export interface GraphRun {
  readonly seq: number;
  readonly parent: number | undefined;
  readonly group: RunGroup | undefined;
  readonly maxParallel: number | undefined;
  readonly planner: boolean;
  readonly params: Record<string, unknown>;
  readonly tasks: Set<GraphTask>;
  sealed: boolean;
  paused: boolean;
  admitted: boolean;
  cancelled: boolean;
  timedOut: boolean;
  phase: string | undefined;
  outcome: RunState | undefined;
  planned: RunState | undefined;
  ended: RunState | undefined;
}

const NONE: ReadonlySet<number> = new Set();

export class GraphBook {
  readonly tasks = new Map<number, GraphTask>();
  readonly runs = new Map<number, GraphRun>();
  readonly members = new Map<number, Set<GraphTask>>();
  /** Tasks by those that they need. */
  readonly children = new Map<number, GraphTask[]>();
  /** Attempts that run. */
  readonly live = new Set<GraphTask>();
  readonly #deleted = new Set<GraphTask>();
  #ends = 0;

  roleOf({ definition: { node, inside } }: GraphTask): Role | undefined {
    if (node?.role !== undefined || inside === undefined) return node?.role;
    const holder = this.tasks.get(inside);
    return holder === undefined ? undefined : this.roleOf(holder);
  }

  /** The run and those around it, the innermost first. */
  *around(run: number): Generator<GraphRun> {
    for (let at = this.runs.get(run); at !== undefined;) {
      yield at;
      const holder: GraphTask | undefined = at.parent === undefined ? undefined : this.tasks.get(at.parent);
      at = holder === undefined ? undefined : this.runs.get(holder.run);
    }
  }

  membersOf(seq: number): Set<GraphTask> {
    let members = this.members.get(seq);
    if (members === undefined) this.members.set(seq, (members = new Set()));
    return members;
  }

  /** Tasks of its main part that are not in a list. */
  *main({ tasks }: GraphRun): Generator<GraphTask> {
    for (const task of tasks) {
      if (task.definition.inside === undefined && task.definition.node?.role === undefined) yield task;
    }
  }

  named(run: number, name: string): GraphTask | undefined {
    for (const task of this.runs.get(run)?.tasks ?? []) if (task.definition.name === name) return task;
    return undefined;
  }

  take(event: Event): void {
    switch (event.type) {
      case "TaskSubmitted":
        return this.#submitted(event);
      case "TaskReady":
      case "TaskScheduled":
        return this.#with(event.task, (task) => {
          task.released = true;
          task.state = event.type === "TaskReady" ? "queued" : "scheduled";
        });
      case "AttemptStarted":
        return this.#with(event.task, (task) => {
          task.state = "running";
          task.attempting = true;
          this.live.add(task);
        });
      case "AttemptEnded":
        return this.#with(event.task, (task) => {
          task.attempting = false;
          this.live.delete(task);
          if (event.outcome === "succeeded") task.successes++;
          task.state = event.next;
          task.result = event.result;
          if (isEnded(event.next)) this.#end(task, event.allowed === true, event.reason);
        });
      case "TaskEnded":
        return this.#with(event.task, (task) => {
          task.state = event.state;
          task.said = event.said;
          if (event.result !== undefined) task.result = event.result;
          this.#end(task, event.allowed === true, event.reason);
        });
      case "TaskReopened":
        return this.#reopened(event);
      case "TaskPrepared":
        return this.#with(event.task, (task) => {
          task.prepared = true;
        });
      case "ApprovalAsked":
        return this.#with(event.task, (task) => {
          task.askedUntil = event.until ?? Infinity;
        });
      case "TaskApproved":
        return this.#with(event.task, (task) => {
          task.approved = true;
          task.askedUntil = undefined;
        });
      case "TaskOpened":
        return this.#with(event.task, (task) => {
          task.state = "running";
          task.total = event.total;
          task.made = 0;
        });
      case "TaskExpanded":
        return this.#with(event.task, (task) => {
          task.made = event.made;
        });
      case "TasksDeleted":
        for (const task of event.tasks) this.#with(task, (gone) => this.#deleted.add(gone));
        return;
      default:
        this.#takeRun(event);
    }
  }

  #with(seq: number, change: (task: GraphTask) => void): void {
    const task = this.tasks.get(seq);
    if (task !== undefined) change(task);
  }

  #submitted(event: Extract<Event, { type: "TaskSubmitted" }>): void {
    const { run: seq, task, state, needs = [], inside, spec, work } = event;
    const run = seq === undefined ? undefined : this.runs.get(seq);
    if (run === undefined) return;
    const made: GraphTask = {
      ...{ seq: task, run: run.seq, definition: event, spec, work, state, allowed: false, reason: "", said: undefined },
      ...{ result: undefined, endedAs: 0, succeededAs: 0, attempting: false, released: state !== "blocked" },
      ...{
        prepared: false,
        approved: false,
        askedUntil: undefined,
        total: undefined,
        made: 0,
        again: false,
        successes: 0,
        gone: NONE,
      },
    };
    this.tasks.set(task, made);
    run.tasks.add(made);
    if (inside !== undefined) this.membersOf(inside).add(made);
    for (const need of needs) {
      const children = this.children.get(need);
      if (children === undefined) this.children.set(need, [made]);
      else children.push(made);
    }
    if (isEnded(state)) this.#end(made, false, event.reason);
  }

  #end(task: GraphTask, allowed: boolean, reason = ""): void {
    task.allowed = allowed;
    task.reason = reason;
    task.endedAs = ++this.#ends;
    task.askedUntil = undefined;
    if (task.state === "succeeded") task.succeededAs = task.endedAs;
  }

  #reopened(event: Extract<Event, { type: "TaskReopened" }>): void {
    this.#with(event.task, (task) => {
      const { state, holds, work, spec } = event;
      Object.assign(task, { definition: event, state, allowed: false, reason: "", said: undefined, endedAs: 0 });
      Object.assign(task, { released: state !== "blocked", again: true, successes: 0, askedUntil: undefined });
      const isKept = holds !== undefined;
      task.gone = new Set(
        [...(event.needs ?? []), event.of ?? 0].filter((need) => this.#deleted.has(this.tasks.get(need)!)),
      );
      Object.assign(task, { prepared: isKept, approved: isKept, total: holds?.total, made: holds?.made ?? 0 });
      if (work !== undefined) task.work = work;
      if (spec !== undefined) task.spec = spec;
    });
  }

  #takeRun(event: Event): void {
    const run = "run" in event && typeof event.run === "number" ? this.runs.get(event.run) : undefined;
    if (event.type === "RunCreated") {
      const { run: seq, parent, group, maxParallel, planner, params = {}, open } = event;
      this.runs.set(seq, {
        ...{ seq, parent, group, maxParallel, planner: planner !== undefined, params, tasks: new Set() },
        ...{ sealed: open !== true, paused: false, admitted: group === undefined, cancelled: false, timedOut: false },
        ...{ phase: undefined, outcome: undefined, planned: undefined, ended: undefined },
      });
      return;
    }
    if (run === undefined) return;
    if (event.type === "RunDropped") this.#dropRun(run);
    else if (event.type === "RunReopened") this.#reopenRun(run, event);
    else if (event.type === "RunSealed") run.sealed = true;
    else if (event.type === "RunPaused") run.paused = event.paused;
    else if (event.type === "RunAdmitted") run.admitted = true;
    else if (event.type === "RunCancelRequested") run.cancelled = true;
    else if (event.type === "RunTimedOut") run.timedOut = true;
    else if (event.type === "RunPlanned") run.planned = event.state;
    else if (event.type === "RunEnded") run.ended = event.state;
    else if (event.type === "RunTurned") {
      run.phase = event.phase;
      run.outcome = event.state;
    }
  }

  #dropRun(run: GraphRun): void {
    for (const task of run.tasks) {
      this.tasks.delete(task.seq);
      this.live.delete(task);
      if (task.definition.inside !== undefined) this.membersOf(task.definition.inside).delete(task);
    }
    this.runs.delete(run.seq);
  }

  #reopenRun(run: GraphRun, { params }: Extract<Event, { type: "RunReopened" }>): void {
    if (run.ended !== undefined) Object.assign(run, { admitted: run.group === undefined, paused: false });
    // Nobody knows any more how these have ended.
    for (const task of run.tasks) if (this.#deleted.has(task)) run.tasks.delete(task);
    Object.assign(run, { cancelled: false, timedOut: false, phase: undefined, outcome: undefined });
    Object.assign(run, { planned: undefined, ended: undefined });
    if (params !== undefined) Object.assign(run, { params });
  }
}
