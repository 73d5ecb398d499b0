/**
 * V19  What becomes of a task that needs others is what the table of triggers says of how these ended: it starts to wait for
 *      its turn when its trigger is met, it ends with the first end that says so, and until then it stays blocked. `when`
 *      and `repeat` are kept as they stand in the file.
 */
import { isEnded, type TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { NodeSpec } from "../../../src/protocol/node.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";
import { type May, mayNow } from "./trigger-table.ts";

type Said<T extends Event["type"]> = Extract<Event, { type: T }>;

export class TriggerRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;
  /** Blocked tasks that are to be looked at when the batch is whole. */
  readonly #touched = new Set<GraphTask>();

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event, _at: number, before: TaskState | undefined): void {
    const task = "task" in event && typeof event.task === "number" ? this.#graph.tasks.get(event.task) : undefined;
    switch (event.type) {
      case "TaskReady":
      case "TaskScheduled":
        if (task !== undefined && before === "blocked") this.#starts(task);
        return;
      case "TaskPrepared":
        if (task !== undefined) this.#when(task, true);
        return;
      case "TaskEnded":
        if (task === undefined) return;
        if (before === "blocked") this.#endsBlocked(task, event);
        if (event.reason?.startsWith("when is false") === true) this.#when(task, false);
        return this.#ends(task);
      case "AttemptEnded":
        if (task === undefined) return;
        this.#repeats(task, event);
        if (isEnded(event.next)) this.#ends(task);
        return;
      default:
    }
  }

  whole(): void {
    for (const task of this.#touched) {
      if (task.state !== "blocked" || this.#graph.tasks.get(task.seq) !== task) continue;
      const may = mayNow(this.#graph, task);
      const waits = may.has("wait") || (may.has("start") && this.#graph.roleOf(task) !== undefined);
      this.#world.demand(waits, () => `V19: ${this.#words(task)} is still blocked and may ${[...may].join(" or ")}`);
    }
    this.#touched.clear();
  }

  #ends({ seq }: GraphTask): void {
    for (const child of this.#graph.children.get(seq) ?? []) this.#touched.add(child);
  }

  #starts(task: GraphTask): void {
    this.#world.demand(mayNow(this.#graph, task).has("start"), () => `V19: ${this.#words(task)} starts`);
  }

  #endsBlocked(task: GraphTask, { state, reason = "", said }: Said<"TaskEnded">): void {
    if (state === "cancelled" || state === "expired" || said === "marked" || reason === "the list is shorter now")
      return;
    // Whoever follows the main part is skipped by the phases; a run that holds it may be given up with its container.
    if (this.#graph.roleOf(task) !== undefined && state === "skipped") return;
    const may = mayNow(this.#graph, task);
    this.#world.demand(may.has(state as May), () => `V19: ${this.#words(task)} ends as ${state} (${reason})`);
  }

  #words({ seq, definition, run }: GraphTask): string {
    const needs = (definition.needs ?? []).map((need) => {
      const found = this.#graph.tasks.get(need);
      return `t${need} ${found?.state ?? "gone"}${found?.allowed === true ? "+" : ""}`;
    });
    return `t${seq} of r${run}, with ${definition.node?.trigger ?? "all_succeeded"} over ${needs.join(", ")},`;
  }

  /** `when`, in the few forms that the people of the simulation know. */
  #when(task: GraphTask, runs: boolean): void {
    const { when } = nodeOf(task);
    if (when === undefined) return;
    const about = /^tasks\.(\w+)\.state == "succeeded"$/.exec(when)?.[1];
    const run = this.#graph.runs.get(task.run)!;
    const go = /^params\.go == (\d)$/.exec(when)?.[1];
    // It was looked at before it was opened again.
    if (about !== undefined && this.#graph.named(task.run, about)?.again === true) return;
    const is =
      about !== undefined
        ? this.#graph.named(task.run, about)?.state === "succeeded"
        : go !== undefined
          ? String(run.params["go"]) === go
          : when === "true" || (when !== "false" && runs);
    this.#world.demand(is === runs, () => `V19: t${task.seq} ${runs ? "runs" : "is skipped"}, and when is ${when}`);
  }

  /** The book stands before this end. */
  #repeats(task: GraphTask, { outcome, next }: Said<"AttemptEnded">): void {
    const { repeat } = nodeOf(task);
    if (repeat === undefined || outcome !== "succeeded") return;
    const { limit, until } = repeat;
    const times = task.successes + 1;
    const wanted = Number(/>= (\d+)/.exec(until ?? "")?.[1] ?? limit);
    const right = times >= Math.min(wanted, limit) ? isEnded(next) : !isEnded(next);
    // One that is being cancelled, or skips itself, is not done again.
    const fits = right || next === "cancelled" || next === "skipped";
    this.#world.demand(
      fits,
      () => `V19: t${task.seq} goes to ${next} after ${times} of ${limit} times, until ${until}`,
    );
  }
}

function nodeOf({ spec }: GraphTask): NodeSpec {
  return spec === undefined ? {} : ((JSON.parse(spec) as { node?: NodeSpec }).node ?? {});
}
