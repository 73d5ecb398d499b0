/** A live run: one instance of a workflow, with the number of its tasks in each state. */
import type { TaskState } from "../base/words.ts";

export class Run {
  readonly seq: number;
  readonly workflow: string;
  readonly counts = new Map<TaskState, number>();
  /** Tasks that have not ended. */
  open = 0;
  started = false;
  /** A person asked to cancel it. */
  cancelled = false;

  constructor(seq: number, workflow: string) {
    this.seq = seq;
    this.workflow = workflow;
  }

  count(state: TaskState): number {
    return this.counts.get(state) ?? 0;
  }
}
