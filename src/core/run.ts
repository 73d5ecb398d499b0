/** A live run: one instance of a workflow, with the number of its tasks in each state. */
import type { RunState, TaskState } from "../base/words.ts";
import type { Origin } from "./asks.ts";
import type { RunTurned } from "./runs/events.ts";
import type { TaskNode } from "./graph/node.ts";
import type { Ended } from "./graph/trigger.ts";
import type { RunGroup } from "./graph/rule.ts";
import type { Task } from "./task.ts";

export class Run {
  readonly seq: number;
  readonly workflow: string;
  readonly counts = new Map<TaskState, number>();
  /** Tasks that have not ended. */
  open = 0;
  started = false;
  /** A person asked to cancel it. */
  cancelled = false;
  /** Epoch milliseconds at which what is left of it is cancelled; 0 = never. */
  deadlineAt = 0;
  /** That time has come. */
  timedOut = false;
  /** Who adds tasks as others end. */
  planner: string | undefined = undefined;
  /** How its planner said that it ends; no tasks are added any more. */
  planned: RunState | undefined = undefined;
  /** Where it came from when no person submitted it. */
  origin: Origin | undefined = undefined;
  /** All of its tasks are there. Until then nothing of it starts. */
  sealed = true;
  /** A person stopped it from starting more. */
  paused = false;
  /** It has a place in its group, or needs none. */
  admitted = true;
  group: RunGroup | undefined = undefined;
  /** Number of the task that holds it; 0 = none. */
  parent = 0;
  /** How many runs are around it. */
  depth = 0;
  /** Most of its tasks that run at once. */
  maxParallel: number | undefined = undefined;
  /** Where its ranked tasks stand among others of their priority: number of its first task, or of the run around it. */
  place = 0;
  /** Queued tasks that wait until the run may go on, in their order; others may be among them that wait no longer. */
  readonly held: Task[] = [];
  /** While it is being submitted: numbers of its tasks, and how those ended that have already. */
  made: number[] | undefined = undefined;
  early: Map<number, Ended> | undefined = undefined;
  /** Live tasks of it with a role: they wait for the end of its main part, or run after it. */
  readonly roles = new Set<Task>();
  /** By the number of a task, the nodes of the live ones that undo it. */
  undoes: Map<number, Set<TaskNode>> | undefined = undefined;
  /** Number of its tasks by state that say nothing of its outcome: members, tasks with a role, failures with leave. */
  readonly aside = new Map<TaskState, number>();
  /** How many of its tasks, members and those with a role aside, have ended with leave. */
  allowed = 0;
  /** What has begun after its main part, and how it ends unless that fails. */
  phase: RunTurned["phase"] | undefined = undefined;
  outcome: RunState | undefined = undefined;
  /** The engine is asked for its outputs when it has come to its end. */
  outputs = false;
  /** Its result (JSON text), for the task that holds it; only until that has ended. */
  result: string | undefined = undefined;
  /** It has ended, in this turn. */
  done = false;

  constructor(seq: number, workflow: string) {
    this.seq = seq;
    this.workflow = workflow;
  }

  count(state: TaskState): number {
    return this.counts.get(state) ?? 0;
  }

  /** How many of its tasks have ended in this state, of those that make its outcome. */
  ends(state: TaskState): number {
    return this.count(state) - (this.aside.get(state) ?? 0);
  }

  /** Nothing of it is left to do, and nothing will be added. */
  get over(): boolean {
    return this.open === 0 && this.sealed && !this.planning && !this.closing;
  }

  /** Nothing of it is left to do but its outputs, which the engine makes. */
  get closing(): boolean {
    return this.phase === "outputs" && this.planned === undefined;
  }

  /** Its planner may add tasks. */
  get planning(): boolean {
    return this.planner !== undefined && this.planned === undefined;
  }
}
