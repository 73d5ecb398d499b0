/**
 * V22  A run ends as the ends of its tasks say. What follows its main part begins when all of that has ended: then each task
 *      that succeeded is undone once, the newest end first, when the run has failed or was cancelled; then the handlers that
 *      fit run, and the others are skipped; then those of every end.
 */
import { isEnded, type RunState, type TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphRun, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";

type Said<T extends Event["type"]> = Extract<Event, { type: T }>;

/** What is known of a run whose main part is over. */
interface Coming {
  /** How it will end, unless what follows fails. */
  outcome: RunState;
  /** How it stood when its handlers were chosen. */
  handled: RunState | undefined;
}

const isGood = (state: RunState): boolean => state === "succeeded" || state === "partial";

export class PhaseRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;
  readonly #coming = new Map<GraphRun, Coming>();
  /** When tasks have ended. */
  readonly #times = new Map<number, number>();
  /** For each compensation, the success that it has undone last. */
  readonly #undone = new Map<number, number>();

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event, at: number, before: TaskState | undefined): void {
    switch (event.type) {
      case "RunTurned":
        return this.#turns(this.#graph.runs.get(event.run)!, event);
      case "RunEnded":
        return this.#ended(this.#graph.runs.get(event.run)!, event);
      case "RunReopened": {
        const run = this.#graph.runs.get(event.run);
        if (run !== undefined) this.#coming.delete(run);
        return;
      }
      case "TaskReady":
      case "TaskScheduled": {
        const task = this.#graph.tasks.get(event.task);
        if (before === "blocked" && task?.definition.node?.role !== undefined) this.#starts(task);
        return;
      }
      case "TaskEnded":
        this.#times.set(event.task, at);
        // A person has the last word on what was undone: marked otherwise, it may be undone once more.
        if (event.said === "marked") this.#undone.delete(event.task);
        return this.#follows(event.task, event.state, event.allowed === true);
      case "AttemptEnded":
        if (!isEnded(event.next)) return;
        this.#times.set(event.task, at);
        return this.#follows(event.task, event.next, event.allowed === true);
      default:
    }
  }

  #turns(run: GraphRun, { phase, state }: Said<"RunTurned">): void {
    const { demand } = this.#world;
    const coming = this.#comes(run);
    demand(
      state === coming.outcome,
      () => `V22: r${run.seq} will end as ${coming.outcome}, and is said to as ${state}`,
    );
    if (phase !== "compensate") coming.handled ??= state;
  }

  /** What is to come of a run; made when its main part is over. */
  #comes(run: GraphRun): Coming {
    let coming = this.#coming.get(run);
    if (coming === undefined) {
      const open = [...run.tasks].find((task) => !isEnded(task.state) && this.#graph.roleOf(task) === undefined);
      this.#world.demand(open === undefined && run.sealed, () => `V22: r${run.seq} is over while t${open?.seq} lives`);
      this.#coming.set(run, (coming = { outcome: this.#outcome(run), handled: undefined }));
    }
    return coming;
  }

  /** How its main part has ended. */
  #outcome(run: GraphRun): RunState {
    if (run.planner) return run.planned ?? "failed";
    if (run.timedOut) return "failed";
    if (run.cancelled) return "cancelled";
    const main = [...this.#graph.main(run)];
    const has = (...states: TaskState[]) => main.some(({ state, allowed }) => !allowed && states.includes(state));
    if (has("failed", "upstream_failed", "expired")) return "failed";
    if (has("cancelled")) return "cancelled";
    return main.some(({ allowed }) => allowed) ? "partial" : "succeeded";
  }

  /** A task with a role has ended, which may change how its run will end. The book does not know yet. */
  #follows(seq: number, state: TaskState, allowed: boolean): void {
    const task = this.#graph.tasks.get(seq);
    const role = task?.definition.node?.role;
    const run = task === undefined ? undefined : this.#graph.runs.get(task.run);
    const coming = run === undefined ? undefined : this.#coming.get(run);
    if (role === undefined || coming === undefined) return;
    if (role === "compensate" && state === "succeeded") {
      this.#undone.set(seq, this.#graph.tasks.get(task!.definition.of!)?.succeededAs ?? 0);
    }
    const { outcome } = coming;
    if (allowed) coming.outcome = outcome === "succeeded" ? "partial" : outcome;
    else if (state === "succeeded" || state === "skipped") return;
    else if (isGood(outcome)) coming.outcome = state === "cancelled" ? "cancelled" : "failed";
    else if (role === "compensate" && state !== "cancelled") coming.outcome = "failed";
  }

  /** A task with a role leaves the line. */
  #starts(task: GraphTask): void {
    const { demand } = this.#world;
    const { seq, definition } = task;
    const run = this.#graph.runs.get(task.run)!;
    const coming = this.#coming.get(run);
    const role = definition.node!.role!;
    demand(coming !== undefined, () => `V22: t${seq} (${role}) starts in the main part of r${run.seq}`);
    const { outcome, handled = outcome } = coming!;
    if (role === "compensate") return this.#undoes(task, run, outcome);
    const phase = role === "exit" ? "exit" : "handlers";
    demand(run.phase === phase, () => `V22: t${seq} (${role}) starts in the phase ${run.phase} of r${run.seq}`);
    demand(fits(role, handled), () => `V22: t${seq} (${role}) starts, and r${run.seq} is ${handled}`);
  }

  #undoes({ seq, definition: { of } }: GraphTask, run: GraphRun, outcome: RunState): void {
    const { demand } = this.#world;
    demand(
      !isGood(outcome) && run.phase === "compensate",
      () => `V22: t${seq} undoes t${of} in a run that is ${outcome}`,
    );
    const done = this.#graph.tasks.get(of!);
    demand(done?.state === "succeeded", () => `V22: t${seq} undoes t${of}, which is ${done?.state}`);
    const last = this.#undone.get(seq);
    demand(last !== done?.succeededAs, () => `V22: t${seq} undoes one success of t${of} twice`);
    for (const other of run.tasks) {
      if (other.definition.node?.role !== "compensate" || other.seq === seq || isEnded(other.state)) continue;
      demand(other.state === "blocked", () => `V22: t${seq} undoes while t${other.seq} does`);
      const theirs = this.#graph.tasks.get(other.definition.of!);
      if (theirs?.state !== "succeeded" || done === undefined) continue;
      // Ends in one batch have one time: the higher number is undone first.
      const later = this.#times.get(theirs.seq) ?? 0;
      const mine = this.#times.get(done.seq) ?? 0;
      const right = mine > later || (mine === later && done.seq > theirs.seq);
      demand(right, () => `V22: t${seq} undoes t${of} before t${other.seq} undoes t${theirs.seq}, which ended later`);
    }
  }

  #ended(run: GraphRun, { state }: Said<"RunEnded">): void {
    const { demand } = this.#world;
    const { outcome, handled = outcome } = this.#comes(run);
    const isPlanned = run.planned !== undefined && !run.planner;
    const right = state === outcome || (isPlanned && isGood(outcome) && state === run.planned);
    demand(right, () => `V22: r${run.seq} ends as ${state} instead of ${outcome}`);
    for (const task of run.tasks) {
      const { seq, definition, said, released, reason } = task;
      const role = definition.node?.role;
      if (role === undefined || said === "marked" || task.state === "cancelled") continue;
      if (role === "compensate") {
        const done = this.#graph.tasks.get(definition.of!);
        const isDone = done?.state === "succeeded" && !task.gone.has(done.seq);
        const must = !isGood(handled) && isDone && this.#undone.get(seq) !== done.succeededAs;
        demand(!must || released, () => `V22: r${run.seq} is ${state}, and t${seq} has not undone t${definition.of}`);
      } else {
        const must = fits(role, handled);
        const has = released ? must : !must;
        demand(has, () => `V22: r${run.seq} is ${state}, and t${seq} (${role}) is ${task.state}: ${reason}`);
      }
    }
  }
}

function fits(role: string, outcome: RunState): boolean {
  if (role === "exit") return true;
  if (role === "success") return isGood(outcome);
  return role === "failure" ? outcome === "failed" : outcome === "cancelled";
}
