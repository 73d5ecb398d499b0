/** Workflows as the engine has them: what evaluates them, what is done for tasks that core holds, what people ask of them. */
import type { Event } from "../../core/event.ts";
import { boxAround } from "../../core/graph/node.ts";
import type { State } from "../../core/state.ts";
import type { Task } from "../../core/task.ts";
import type { CacheKeys } from "../cache.ts";
import type { People } from "../people.ts";
import type { Schedules } from "../schedules.ts";
import type { Turns } from "../turns.ts";
import type { Evaluation } from "./evaluation.ts";
import { Nodes } from "./nodes.ts";
import type { GraphOptions } from "./options.ts";
import { RunPeople } from "./run-people.ts";
import { Workflows } from "./workflows.ts";

export interface GraphParts {
  turns: Turns;
  evaluation: Evaluation;
  people: People;
  schedules: Schedules;
  cacheKeys: CacheKeys;
}

export class Graph {
  readonly nodes: Nodes;
  readonly people: RunPeople;
  readonly workflows: Workflows;
  readonly #cacheKeys: CacheKeys;

  constructor(options: GraphOptions, { turns, evaluation, people, schedules, cacheKeys }: GraphParts) {
    this.nodes = new Nodes(options, turns, evaluation);
    this.people = new RunPeople({ ...options, evaluation }, people);
    this.workflows = new Workflows({ ...options, schedules, policy: options.preparation.policy }, turns);
    this.#cacheKeys = cacheKeys;
  }

  /** An event is durable: core may hold a task now for something that is done here. */
  follow(event: Event, state: State): void {
    this.nodes.follow(event);
    switch (event.type) {
      case "TaskSubmitted":
        if (event.asks !== undefined || event.node !== undefined || event.run !== undefined)
          this.#held(state, event.task);
        return;
      case "TaskReopened":
      case "TaskReady":
      case "TaskPrepared":
      case "TaskApproved":
        return this.#held(state, event.task);
      case "RunSealed":
      case "RunAdmitted":
      case "RunPaused":
        for (const [task, why] of state.flow.held) this.#take(task, why);
        return;
      case "AttemptEnded":
        return this.#leftKey(state, event.task);
      case "TaskEnded":
        this.#leftKey(state, event.task);
        return this.#leftRoom(state, event.task);
      default:
    }
  }

  /** A container has ended in an `each` that limits how many of them go on: the next one may be on its way. */
  #leftRoom(state: State, seq: number): void {
    const task = state.tasks.get(seq);
    const room = task === undefined ? undefined : boxAround(state, task)?.room;
    for (const { seq: next } of room?.inside ?? []) this.#held(state, next);
  }

  /** A task has ended that another one replaces under its unique key: that one may have to be looked at now. */
  #leftKey(state: State, seq: number): void {
    const { held, uniques } = state.flow;
    if (held.size === 0 || uniques.size === 0) return;
    const unique = state.tasks.get(seq)?.asks?.unique;
    const next = unique === undefined ? undefined : uniques.get(unique.key)?.holder;
    if (next !== undefined) this.#held(state, next.seq);
  }

  #held({ flow, tasks }: State, seq: number): void {
    if (flow.held.size === 0) return;
    const task = tasks.get(seq);
    if (task === undefined) return;
    const why = flow.held.get(task);
    if (why !== undefined) this.#take(task, why);
  }

  #take(task: Task, why: string): void {
    if (why === "key") this.#cacheKeys.ready(task.seq);
    else if (why === "prepare") this.nodes.ready(task);
  }
}
