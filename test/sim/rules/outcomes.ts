/**
 * V24  A task comes, and comes back, in the state that its needs say, and its failure has leave exactly when its rule says so.
 *      When a run ends, no task of it stands as ended for the sake of needs that say something else by now, nor as one that
 *      ran in spite of them; its outputs tell how its tasks have ended. A container is stopped when its time is over, and a
 *      newcomer that takes the place of others leaves no more of them uncancelled than there is room for.
 */
import { isEnded, type TaskState } from "../../../src/base/words.ts";
import type { Batch, Event } from "../../../src/core/event.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphRun, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";
import { mayNow } from "./trigger-table.ts";

type Said<T extends Event["type"]> = Extract<Event, { type: T }>;

const NONE: ReadonlySet<number> = new Set();
/** Reasons of those that ended for the sake of their needs. */
const FOR_NEEDS = /^(needs \S+, which|none of its needs has)/;

export class OutcomeRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;
  /** When the time of containers that are open is over. */
  readonly #deadlines = new Map<number, number>();
  /** By run: the name of the task that its output tells of. */
  readonly #told = new Map<number, string>();

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event, at: number, _before: TaskState | undefined): void {
    switch (event.type) {
      case "TaskSubmitted":
        return this.#submitted(event);
      case "TaskOpened":
        return this.#opens(event.task, at);
      case "TaskReopened":
        if (event.holds !== undefined) this.#opens(event.task, at);
        return;
      case "CancelRequested":
        this.#deadlines.delete(event.task);
        return;
      case "AttemptEnded":
        return this.#leave(event.task, event.next, event);
      case "TaskEnded":
        this.#deadlines.delete(event.task);
        return this.#leave(event.task, event.state, event);
      case "RunCreated":
        return this.#created(event);
      case "RunPlanned":
        return this.#outputs(event);
      case "RunEnded":
        return this.#ended(this.#graph.runs.get(event.run)!);
      default:
    }
  }

  whole({ events, at }: Batch): void {
    const { demand } = this.#world;
    for (const event of events) {
      if (event.type === "TaskReopened") this.#reopened(this.#graph.tasks.get(event.task));
      else if (event.type === "RunSealed" || event.type === "RunCreated") this.#overtakes(event.run);
    }
    for (const [seq, deadline] of this.#deadlines) {
      demand(at < deadline, () => `V24: the time of t${seq} has been over for ${at - deadline} ms, and it goes on`);
    }
  }

  #submitted(event: Said<"TaskSubmitted">): void {
    const { task, state, needs = [], node, run } = event;
    if (run === undefined || !needs.every((need) => this.#graph.tasks.has(need))) return;
    const may = mayNow(this.#graph, { definition: event, gone: NONE });
    const says = [...may].join(" or ");
    this.#world.demand(fits(state, may, node?.role !== undefined), () => `V24: t${task} comes ${state}, not ${says}`);
  }

  /** At the end of the batch in which it was. */
  #reopened(task: GraphTask | undefined): void {
    if (task === undefined || isEnded(task.state) || task.state === "running") return;
    const may = mayNow(this.#graph, task);
    if (mayInsist(task) && !may.has("wait") && task.state !== "blocked") return;
    const isRight = fits(task.state, may, this.#graph.roleOf(task) !== undefined);
    this.#world.demand(isRight, () => `V24: t${task.seq} comes back ${task.state}, not ${[...may].join(" or ")}`);
  }

  #opens(seq: number, at: number): void {
    const timeoutMs = this.#graph.tasks.get(seq)?.definition.policy?.timeoutMs ?? 0;
    if (timeoutMs > 0) this.#deadlines.set(seq, at + timeoutMs);
  }

  #leave(seq: number, state: TaskState, { allowed, dead, ...more }: Said<"AttemptEnded"> | Said<"TaskEnded">): void {
    if (state !== "failed") return;
    const allow = this.#graph.tasks.get(seq)?.definition.node?.allow;
    const exitCode = "exitCode" in more ? more.exitCode : undefined;
    const has = allow === true || (allow !== undefined && exitCode !== undefined && allow.includes(exitCode));
    const { demand } = this.#world;
    demand((allowed === true) === has, () => `V24: t${seq} failed ${allowed ? "with" : "without"} leave (${exitCode})`);
    demand(allowed !== true || dead !== true, () => `V24: t${seq} failed with leave, and is a dead letter`);
  }

  #created({ run, definition, planner }: Said<"RunCreated">): void {
    if (definition === undefined || planner !== undefined) return;
    const { outputs } = JSON.parse(definition) as { outputs?: { last?: string } };
    const name = /^\$\{\{ tasks\.(\w+)\.state \}\}$/.exec(outputs?.last ?? "")?.[1];
    if (name !== undefined) this.#told.set(run, name);
  }

  #outputs({ run, result }: Said<"RunPlanned">): void {
    const name = this.#told.get(run);
    if (name === undefined || result === undefined) return;
    const state = this.#graph.named(run, name)?.state;
    const { last } = JSON.parse(result) as { last?: string };
    this.#world.demand(last === state, () => `V24: the output of r${run} says that ${name} is ${last}, not ${state}`);
  }

  /** Whoever takes the place of the oldest, once all of it is there. */
  #overtakes(seq: number): void {
    const run = this.#graph.runs.get(seq);
    if (run?.group?.overlap !== "cancel_previous" || !run.sealed || run.cancelled || run.ended !== undefined) return;
    const { name, limit } = run.group;
    let others = 0;
    for (const each of this.#graph.runs.values()) {
      const isRival = each.seq < seq && each.group?.name === name && each.ended === undefined;
      if (isRival && !each.cancelled && !each.timedOut) others++;
    }
    this.#world.demand(others < limit, () => `V24: r${seq} takes its place in ${name}, and ${others} others go on`);
  }

  #ended(run: GraphRun): void {
    const { demand } = this.#world;
    for (const task of run.tasks) {
      const { state, reason, said, definition, released } = task;
      const needs = (definition.needs ?? []).map((need) => this.#graph.tasks.get(need));
      if (needs.length === 0 || said === "marked" || needs.includes(undefined)) continue;
      const may = mayNow(this.#graph, task);
      const words = (): string =>
        `t${task.seq} of r${run.seq} is ${state} (${reason}), and may ${[...may].join(" or ")}`;
      if (FOR_NEEDS.test(reason) && (state === "skipped" || state === "upstream_failed")) {
        // Done again, one need says nothing against it any more; another one may, in other words.
        demand(may.has(state) || !may.has("start"), () => `V24: ${words()}`);
      } else if (released && (state === "succeeded" || state === "failed")) {
        const wasLater = mayInsist(task) || needs.some((need) => need!.again || need!.endedAs > task.endedAs);
        demand(wasLater || may.has("start"), () => `V24: ${words()}`);
      }
    }
  }
}

/** It was asked for by name, and counts on what has not come: it runs all the same. */
function mayInsist({ again, definition }: GraphTask): boolean {
  return again && definition.node?.trigger?.startsWith("any_") === true;
}

function fits(state: TaskState, may: ReadonlySet<string>, hasRole: boolean): boolean {
  if (state === "blocked") return may.has("wait") || (may.has("start") && hasRole);
  if (state === "skipped" || state === "upstream_failed") return may.has(state);
  return may.has("start");
}
