/**
 * What people change of tasks that wait: when they are due, and what they are. What has started stays as it was submitted; so
 * does what a workflow made, which the next run would make again as it stands there.
 */
import { OctopusError } from "../base/errors.ts";
import { isEngineKind } from "../base/words.ts";
import type { NewTask } from "../core/command.ts";
import type { State } from "../core/state.ts";
import type { Task } from "../core/task.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { People } from "./people.ts";
import { LOCAL_CALLER, type PolicyCaller } from "./policy.ts";
import type { Library } from "./ports.ts";
import { routeTasks } from "./routing.ts";
import { linkTasks, type Preparation, prepareTasks } from "./submission.ts";

export interface EditsOptions {
  library: Library;
  preparation: Preparation;
}

export class Edits {
  readonly #options: EditsOptions;
  readonly #people: People;

  constructor(options: EditsOptions, people: People) {
    this.#options = options;
    this.#people = people;
  }

  /** `dueAt`: epoch milliseconds; what is past is now. */
  async reschedule(id: string, dueAt: number): Promise<void> {
    await this.#people.ask((state) => {
      const task = this.#waiting(state, id, "is due when it is due");
      if (task.state === "queued" && isBound(state, task))
        throw conflict(id, boundBy(state, task, "it cannot be put off"));
      return { type: "RescheduleTask", task: task.seq, dueAt };
    });
  }

  async replace(id: string, spec: TaskSpec, by: PolicyCaller = LOCAL_CALLER): Promise<void> {
    await this.#people.ask((state) => {
      const task = this.#waiting(state, id, "stays what it is");
      if (task.attempt > 0) throw conflict(id, `has had ${task.attempt} attempts; what has started stays what it is`);
      if (isBound(state, task)) throw conflict(id, boundBy(state, task, "it cannot become another"));
      const { library, preparation } = this.#options;
      const keyed: TaskSpec = { ...spec };
      delete keyed.id;
      if (spec.id !== undefined && spec.id !== task.key && spec.id !== `t${task.seq}`) {
        throw invalid("id", `is the id of another task: this one is ${task.key ?? `t${task.seq}`}, and keeps it`);
      }
      if (task.key !== undefined) keyed.id = task.key;
      const as = prepareTasks([keyed], preparation, false);
      linkTasks(as, [keyed], { state, library });
      routeTasks(as, [keyed], state, preparation, { by, from: 0 });
      this.#check(task, as[0]!);
      return { type: "ReplaceTask", task: task.seq, as: as[0]!, needed: this.#needsOf(task.seq) };
      // In a turn of its own: the library says what it needed before.
    }, true);
  }

  #needsOf(seq: number): number[] | undefined {
    const { library } = this.#options;
    const needs = library.task(seq)?.needs ?? [];
    const state = this.#people.state;
    const seqs = needs.map((need) => this.#people.find(state, need));
    return seqs.length === 0 ? undefined : seqs;
  }

  #check(task: Task, as: NewTask): void {
    if (isEngineKind(as.kind) || as.node !== undefined) {
      throw invalid(
        "",
        "is made of several tasks, which one that is there cannot become; submit it, and cancel this one",
      );
    }
    if (as.asks?.cache !== undefined) {
      throw invalid("cache", "cannot be asked for by a task that is there already; submit it, and cancel this one");
    }
    const before = JSON.stringify(task.asks?.unique ?? null);
    if (JSON.stringify(as.asks?.unique ?? null) !== before) {
      throw invalid(
        "uniqueKey",
        `must stay as it is (${before}); submit the task anew for another one, and cancel this one`,
      );
    }
    const later = as.needs?.findIndex(({ task: need }) => need >= task.seq) ?? -1;
    if (later >= 0) {
      throw invalid(`needs[${later}]`, "must have been submitted before this task, so that no two wait for each other");
    }
  }

  #waiting(state: State, id: string, rest: string): Task {
    const task = state.tasks.get(this.#people.findLive(state, id))!;
    if (task.state === "running") throw conflict(id, `is running; what has started ${rest}`);
    return task;
  }
}

/** Something else decides of it. */
function isBound({ flow }: State, task: Task): boolean {
  return task.run !== undefined || task.node !== undefined || task.asks?.cache !== undefined || flow.held.has(task);
}

function boundBy({ flow }: State, { run, asks }: Task, what: string): string {
  if (run !== undefined) return `belongs to the run r${run.seq}: ${what}; pause the run, or change the workflow`;
  if (asks?.cache !== undefined) return `has a cache: ${what}; cancel it, and submit it anew`;
  return `is ${flow.held.size > 0 ? "held back" : "part of another task"}: ${what}; cancel it, and submit it anew`;
}

function conflict(id: string, why: string): OctopusError {
  return new OctopusError("conflict", `task ${id} ${why}`);
}

function invalid(path: string, message: string): OctopusError {
  const at = path === "" ? "" : `tasks[0].${path}`;
  return new OctopusError("invalid", `${at} ${message}`.trim(), { issues: [{ path: at, message }] });
}
