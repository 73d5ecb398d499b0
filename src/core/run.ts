/** A live run: one instance of a workflow, with the number of its tasks in each state. */
import type { RunState, TaskState } from "../base/words.ts";
import type { Origin } from "./asks.ts";

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

  constructor(seq: number, workflow: string) {
    this.seq = seq;
    this.workflow = workflow;
  }

  count(state: TaskState): number {
    return this.counts.get(state) ?? 0;
  }

  /** Nothing of it is left to do, and nothing will be added. */
  get over(): boolean {
    return this.open === 0 && !this.planning;
  }

  /** Its planner may add tasks. */
  get planning(): boolean {
    return this.planner !== undefined && this.planned === undefined;
  }
}
