/**
 * Runs that are planned as they go: whenever a task of one has ended, its planner is asked what comes next. Planners are
 * pure, so asking once too often changes nothing; after a start all are asked again.
 */
import { isEnded, type Json, type TaskState } from "../base/words.ts";
import type { Command, NewTask } from "../core/command.ts";
import type { Event } from "../core/event.ts";
import type { State } from "../core/state.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { TaskView } from "../protocol/views.ts";
import type { Clock, Library, Log, Outside, PlannedTask } from "./ports.ts";
import { routeTasks } from "./routing.ts";
import { linkTasks, lookUpCache, type Preparation, prepareTasks } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface PlansOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  log: Log;
  preparation: Preparation;
}

type Advance = Extract<Command, { type: "AdvanceRun" }>;

export class Plans {
  readonly #options: PlansOptions;
  readonly #turns: Turns;
  /** Runs whose planner is about to be asked. */
  readonly #asking = new Set<number>();

  constructor(options: PlansOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  /** After a start or a recovery. */
  resume(): void {
    this.#asking.clear();
    for (const run of this.#turns.state.runs.values()) if (run.planning) this.#ask(run.seq);
  }

  /** What just became durable may be news to a planner. */
  follow(event: Event, state: State): void {
    switch (event.type) {
      case "RunCreated":
      case "RunTimedOut":
      case "RunCancelRequested":
      case "RunReopened":
        if (state.runs.get(event.run)?.planning === true) this.#ask(event.run);
        return;
      case "AttemptEnded":
        if (isEnded(event.next)) this.#ended(event.task, state);
        return;
      case "TaskSubmitted":
      case "TaskEnded":
        if (isEnded(event.state)) this.#ended(event.task, state);
        return;
      default:
    }
  }

  #ended(task: number, state: State): void {
    const run = state.tasks.get(task)?.run;
    if (run?.planning === true) this.#ask(run.seq);
  }

  /** In a turn of its own: the planner sees what is durable, and nothing else is decided beside it. */
  #ask(run: number): void {
    if (this.#asking.has(run)) return;
    this.#asking.add(run);
    this.#turns.push({
      alone: true,
      command: (state) => {
        this.#asking.delete(run);
        return this.#advance(state, run);
      },
      failed: () => this.#asking.delete(run),
    });
  }

  #advance(state: State, seq: number): Command | undefined {
    const run = state.runs.get(seq);
    if (run === undefined || !run.planning) return undefined;
    try {
      const command = this.#plan(state, seq);
      const isNothing = command.tasks.length === 0 && command.cancel?.length === 0 && command.end === undefined;
      return isNothing && run.open > 0 ? undefined : command;
    } catch (error) {
      const reason = `its planner failed: ${error instanceof Error ? error.message : String(error)}`;
      this.#options.log.warn({ run: seq, planner: run.planner }, reason);
      return {
        type: "AdvanceRun",
        run: seq,
        tasks: [],
        cancel: this.#rest(seq, reason),
        end: { state: "failed", reason },
      };
    }
  }

  #plan(state: State, seq: number): Advance {
    const { library, outside, clock, preparation } = this.#options;
    const run = state.runs.get(seq)!;
    const view = library.run(seq)!;
    const planner = outside.planners[run.planner!];
    if (planner === undefined) throw new Error(`there is no planner ${run.planner}`);
    const views = library.tasksOfRun(seq);
    const seqs = library.taskSeqsOfRun(seq);
    const plan = planner({
      definition: view.definition ?? "",
      params: view.params ?? {},
      createdAt: Date.parse(view.createdAt),
      now: clock.now(),
      timedOut: run.timedOut,
      cancelled: run.cancelled,
      tasks: views.map((task, index) => this.#planned(task, seqs[index]!)),
    });
    const there = new Map(views.map(({ id, name = id, state: has }, index) => [name, { task: seqs[index]!, has }]));
    const specs = (plan.submit ?? []).filter(({ id }) => id === undefined || !there.has(id));
    const tasks = prepareTasks(specs, preparation, true);
    linkInRun(tasks, specs, there);
    routeTasks(tasks, specs, state, preparation, { where: "submit" });
    lookUpCache(tasks, library, clock.now());
    const cancel = (plan.cancel ?? []).flatMap(({ name, reason }) => {
      const known = there.get(name);
      return known === undefined ? [] : [{ task: known.task, reason }];
    });
    const { end } = plan;
    const result = end?.result === undefined ? undefined : JSON.stringify(end.result);
    return {
      type: "AdvanceRun",
      run: seq,
      tasks,
      cancel,
      end: end && { state: end.state, result, reason: end.reason },
    };
  }

  #rest(run: number, reason: string): { task: number; reason: string }[] {
    return this.#options.library.taskSeqsOfRun(run).map((task) => ({ task, reason }));
  }

  #planned(view: TaskView, seq: number): PlannedTask {
    const { id, name = id, state, attempt, result, resultHref, error, startedAt, endedAt } = view;
    const planned: PlannedTask = { name, state, attempt };
    // A large result lies in a file of its own.
    const text = resultHref === undefined ? undefined : this.#options.library.resultText(seq);
    if (text !== undefined) planned.result = JSON.parse(text) as Json;
    else if (result !== undefined) planned.result = result;
    if (error !== undefined) planned.error = error;
    if (startedAt !== undefined) planned.startedAt = Date.parse(startedAt);
    if (endedAt !== undefined) planned.endedAt = Date.parse(endedAt);
    return planned;
  }
}

/** Needs of the run's next tasks: each other, and tasks that are there. */
function linkInRun(
  tasks: NewTask[],
  specs: readonly TaskSpec[],
  there: ReadonlyMap<string, { task: number; has: TaskState }>,
): void {
  linkTasks(
    tasks,
    specs.map((spec) => ({ ...spec, needs: spec.needs?.filter((need) => !there.has(need)) })),
    undefined,
  );
  for (const [index, { needs = [] }] of specs.entries()) {
    for (const need of needs) {
      const known = there.get(need);
      if (known === undefined) continue;
      const { task, has } = known;
      (tasks[index]!.needs ??= []).push({ task, ended: isEnded(has) ? has : undefined });
    }
  }
}
