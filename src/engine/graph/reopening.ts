/**
 * Which tasks of a run are done again when somebody asks for it, and in which runs: those that were asked for, those that
 * ended because of them, and around a run that is inside another one the tasks that hold it.
 *
 * RO1  The list is in the order of numbers: each task after all that it needs, a container before what it holds.
 * RO2  A container that keeps what it holds (`holds`) goes on with it; one that does not is evaluated anew.
 * RO3  What undoes a task runs again only after a new success of that task.
 */
import { OctopusError } from "../../base/errors.ts";
import { isEnded, type TaskState } from "../../base/words.ts";
import type { EndedRun, EndedTask, Reopening } from "../../core/command.ts";
import { reasonOf } from "../../core/follow.ts";
import { usual } from "../../core/graph/trigger.ts";
import type { State } from "../../core/state.ts";
import type { Library } from "../ports.ts";
import type { RetryNode } from "../stored.ts";

export interface Reopenings {
  tasks: Reopening[];
  /** Live blocked tasks that need one of them. */
  children: number[];
  runs: EndedRun[];
}

/** JSON texts, as `Reopening` has them. */
export type Change = Pick<Reopening, "work" | "spec">;

const FAILING: ReadonlySet<TaskState> = new Set(["failed", "upstream_failed", "cancelled", "expired"]);

/** One run with everything that is known of its tasks. */
interface Graph {
  run: number;
  isOver: boolean;
  nodes: RetryNode[];
  bySeq: Map<number, RetryNode>;
}

export class Reopener {
  readonly #state: State;
  readonly #library: Library;
  readonly #chosen = new Map<number, { node: RetryNode; holds: boolean }>();
  readonly #graphs = new Map<number, Graph>();
  /** The task that somebody asked for by name. */
  #asked = 0;
  /** Tasks and runs that `result` has answered already. */
  readonly #told = new Set<number>();
  readonly #toldRuns = new Set<number>();
  /** Says of a container whether it may keep what it holds. */
  readonly #keeps: (node: RetryNode) => boolean;

  constructor(state: State, library: Library, keeps: (node: RetryNode) => boolean = () => true) {
    this.#state = state;
    this.#library = library;
    this.#keeps = keeps;
  }

  graph(run: number): Graph {
    let graph = this.#graphs.get(run);
    if (graph === undefined) {
      const nodes = this.#library.retryNodes(run);
      const isOver = this.#state.runs.get(run)?.over ?? true;
      graph = { run, isOver, nodes, bySeq: new Map(nodes.map((node) => [node.task, node])) };
      this.#graphs.set(run, graph);
    }
    return graph;
  }

  /** A task of the run; one inside an `each`, too. */
  node(run: number, task: number): RetryNode | undefined {
    return this.graph(run).bySeq.get(task) ?? this.#library.retryNode(task);
  }

  named(run: number, name: string): RetryNode | undefined {
    const task = this.#library.taskOfRun(run, name);
    return task === undefined ? undefined : this.node(run, task);
  }

  /** Everything of the run. */
  all(run: number): void {
    for (const node of this.graph(run).nodes) {
      this.#choose(node, false);
    }
    this.#around(run);
  }

  /** What has failed, what could not run for that, and what was undone since. */
  failed(run: number): void {
    this.#failed(run);
    this.#around(run);
  }

  #failed(run: number): void {
    const { nodes, bySeq } = this.graph(run);
    for (const { of, state } of nodes) {
      const undone = of === undefined || state !== "succeeded" ? undefined : bySeq.get(of);
      if (undone !== undefined) this.#choose(undone, false);
    }
    for (const node of nodes) {
      if (roleOf(node) !== undefined) continue;
      if (!this.#chosen.has(node.task) && hasFailed(node)) this.#choose(node, this.#keep(node));
      if (node.state === "skipped" && this.#needsChosen(node) && !this.#isAgain(node)) this.#choose(node, false);
    }
    this.#roles(run);
  }

  /** A container that had begun goes on with what it holds, of which this chooses what has failed. */
  #keep(node: RetryNode): boolean {
    if (node.total === undefined || !this.#keeps(node)) return false;
    if (node.kind === "workflow") {
      const { subRun } = node;
      const ended = subRun === undefined ? undefined : this.#library.endedRun(subRun);
      if (ended === undefined || ended.state === "succeeded") return false;
      this.#failed(subRun!);
      return true;
    }
    if (node.kind !== "each") return false;
    for (const member of this.#library.retryMembers(node.task)) this.#choose(member, this.#keep(member));
    return true;
  }

  /** One task, and what ended because of it; `downstream`: everything that needs it. */
  one(run: number, node: RetryNode, downstream: boolean): void {
    const before = this.#chosen.size;
    this.#asked = node.task;
    try {
      this.#choose(node, false);
      this.#above(run, node);
      this.#follow(run, downstream);
      this.#roles(run);
      this.#around(run);
    } catch (error) {
      // All that belongs to it, or nothing.
      for (const task of [...this.#chosen.keys()].slice(before)) this.#chosen.delete(task);
      throw error;
    }
  }

  has(task: number): boolean {
    return this.#chosen.has(task);
  }

  /** It is done again with what was chosen: itself, or as a member of a list that is spread anew. */
  covers(run: number, task: number): boolean {
    for (let at = this.node(run, task); at !== undefined;) {
      const chosen = this.#chosen.get(at.task);
      if (chosen !== undefined) return at.task === task || !chosen.holds;
      at = at.inside === undefined ? undefined : this.node(run, at.inside);
    }
    return false;
  }

  /** The containers around a member go on with it. One that is to be evaluated anew makes its members itself. */
  #above(run: number, node: RetryNode): void {
    for (let { inside } = node; inside !== undefined;) {
      const container = this.node(run, inside);
      if (container === undefined) return;
      if (isEnded(container.state)) this.#choose(container, true);
      if (this.#isAnew(container)) {
        const message = `${node.name} cannot be done again: ${container.name}, which holds it, makes its members anew`;
        throw new OctopusError("conflict", `${message}; wait for them`);
      }
      inside = container.inside;
    }
  }

  /** A container that is done again without what it held, and has not begun. */
  #isAnew({ task }: RetryNode): boolean {
    const chosen = this.#chosen.get(task);
    if (chosen !== undefined) return !chosen.holds;
    const live = this.#state.tasks.get(task);
    return live !== undefined && live.node?.box === undefined;
  }

  /** The tasks of the run that depend on chosen ones: what ended because of them, or all of them. */
  #follow(run: number, downstream: boolean): void {
    for (const node of this.graph(run).nodes) {
      if (this.#chosen.has(node.task) || roleOf(node) !== undefined || !this.#needsChosen(node)) continue;
      if (this.#isAgain(node)) continue;
      const isTheirs = node.state === "upstream_failed" || node.state === "skipped";
      if (isTheirs && isEnded(node.state)) this.#choose(node, false);
      else if (downstream && node.state !== "blocked") this.#choose(node, false);
    }
  }

  /** Tasks that follow the end of the run's main part wait for it again. */
  #roles(run: number): void {
    const { nodes, isOver } = this.graph(run);
    if (!isOver) return;
    for (const node of nodes) {
      const role = roleOf(node);
      if (role === undefined) continue;
      const isUndone = role === "compensate" && node.state === "succeeded";
      if (!isUndone || this.#chosen.has(node.of!)) this.#choose(node, false);
    }
  }

  /** The task that holds this run, and what ended because of it; and so on outwards. */
  #around(run: number): void {
    if (!this.graph(run).isOver) return;
    const parent = this.#library.endedRun(run)?.parent;
    if (parent === undefined) return;
    const outer = this.#library.endedTask(parent)?.definition.run;
    const now = this.#library.subRun(parent);
    const isLive = this.#state.tasks.get(parent) !== undefined || this.#chosen.get(parent)?.holds === false;
    if (now !== run || isLive || outer === undefined) {
      let but = `t${parent}, which held it, is gone`;
      if (now !== run) but = `t${parent} holds r${now} since; retry that one`;
      else if (isLive) but = `t${parent}, which held it, is being done again; wait for the run that it makes`;
      throw new OctopusError("conflict", `r${run} cannot be done again: ${but}`);
    }
    const node = this.node(outer, parent)!;
    this.#choose(node, true);
    this.#above(outer, node);
    this.#follow(outer, false);
    this.#roles(outer);
    this.#around(outer);
  }

  /** It would only end as it has ended, for the sake of something else that it needs. */
  #isAgain(node: RetryNode): boolean {
    return this.#barred(node)?.state === node.state;
  }

  /** What it needs and is not done again may speak against it; whoever was asked for by name has been looked at before. */
  #barred(node: RetryNode): Reopening["barred"] {
    const { needs, rule, run, task } = node;
    const { trigger = "all_succeeded" } = rule ?? {};
    if (task === this.#asked || (trigger !== "all_succeeded" && trigger !== "none_failed")) return undefined;
    for (const seq of needs) {
      const need = this.#chosen.has(seq) ? undefined : this.graph(run).bySeq.get(seq);
      if (need === undefined || !isEnded(need.state)) continue;
      const state = usual({ state: need.state, allowed: need.allowed, allowSkip: need.rule?.allowSkip });
      if (state === "passes" || (state === "skipped" && trigger === "none_failed")) continue;
      return { state, reason: reasonOf({ seq, name: need.name, state: need.state }) };
    }
    return undefined;
  }

  #needsChosen({ needs }: RetryNode): boolean {
    return needs.some((need) => this.#chosen.has(need));
  }

  #choose(node: RetryNode, holds: boolean): void {
    const { task, state, name } = node;
    const live = this.#state.tasks.get(task);
    if (live !== undefined || !isEnded(state)) {
      const now = live?.state ?? state;
      throw new OctopusError(
        "conflict",
        `task ${name} (t${task}) cannot be retried: it is ${now}; cancel it first, or wait`,
      );
    }
    const known = this.#chosen.get(task);
    if (known === undefined) this.#chosen.set(task, { node, holds });
  }

  chosen(): { node: RetryNode; holds: boolean }[] {
    return [...this.#chosen.values()].sort((a, b) => a.node.task - b.node.task);
  }

  /** Tasks of no run may need those of runs. They are many, or none at all, and the latter is known at once. */
  #waitingOutside(): ReturnType<Library["blockedOutside"]> {
    let inside = 0;
    for (const { counts } of this.#state.runs.values()) inside += counts.get("blocked") ?? 0;
    return this.#state.counts.blocked > inside ? this.#library.blockedOutside() : [];
  }

  /** What was chosen since the last time. `change`: what some of them do from now on. */
  result(change: (node: RetryNode) => Change | undefined = () => undefined): Reopenings {
    const children = new Map<number, number[]>();
    for (const { nodes } of this.#graphs.values()) {
      for (const { task, needs } of nodes) {
        if (this.#state.tasks.get(task)?.state !== "blocked") continue;
        for (const need of needs) if (this.#chosen.has(need) && !this.#told.has(need)) add(children, need, task);
      }
    }
    for (const { task, needs } of this.#waitingOutside()) {
      if (this.#state.tasks.get(task)?.state !== "blocked") continue;
      for (const need of needs) if (this.#chosen.has(need) && !this.#told.has(need)) add(children, need, task);
    }
    const fresh = this.chosen().filter(({ node: { task } }) => !this.#told.has(task));
    const tasks = fresh.map(({ node, holds }): Reopening => {
      this.#told.add(node.task);
      const task = this.#library.endedTask(node.task)!;
      const reopening: Reopening = { task, ...change(node) };
      if (holds) reopening.holds = true;
      const barred = holds ? undefined : this.#barred(node);
      if (barred !== undefined) reopening.barred = barred;
      const waiting = children.get(node.task);
      if (waiting !== undefined) reopening.children = waiting;
      return reopening;
    });
    const over = [...this.#graphs.values()].filter(({ isOver, run }) => isOver && !this.#toldRuns.has(run));
    for (const { run } of over) this.#toldRuns.add(run);
    const numbers = over.map(({ run }) => run);
    const runs = numbers.sort((a, b) => a - b).flatMap((run) => this.#library.endedRun(run) ?? []);
    return { tasks, children: [...new Set([...children.values()].flat())], runs };
  }
}

/** A retry of the task is more than the task and those that need it. */
export function isOfGraph(state: State, library: Library, { definition }: EndedTask): boolean {
  const { run: seq, node, inside, of } = definition;
  if (seq === undefined) return false;
  if (node !== undefined || inside !== undefined || of !== undefined) return true;
  const run = state.runs.get(seq);
  if (run !== undefined && !run.over) return run.parent > 0 || run.phase !== undefined;
  const ended = library.endedRun(seq);
  return ended?.parent !== undefined || Object.keys(ended?.aside ?? {}).length > 0;
}

/** Chooses one task of a run; refuses what would come to nothing. */
export function reopenOne(
  { state, reopener }: { state: State; reopener: Reopener },
  run: number,
  node: RetryNode,
  downstream: boolean,
): void {
  const phase = state.runs.get(run)?.phase;
  if (phase !== undefined) {
    throw new OctopusError("conflict", `r${run} is coming to its end (${phase}); retry ${node.name} when it has ended`);
  }
  check(reopener, run, node);
  reopener.one(run, node, downstream);
}

/** A task that would end again at once for what it needs, or do harm, is not what anybody wants. */
function check(reopener: Reopener, run: number, node: RetryNode): void {
  const { name, needs, rule, of, state } = node;
  const { bySeq } = reopener.graph(run);
  const undone = of === undefined ? undefined : bySeq.get(of);
  if (undone !== undefined && state === "succeeded") {
    const message = `${name} has undone ${undone.name} already; it may do so again when that has succeeded once more`;
    throw new OctopusError("conflict", message);
  }
  const { trigger = "all_succeeded" } = rule ?? {};
  if (trigger !== "all_succeeded" && trigger !== "none_failed") return;
  for (const seq of needs) {
    const need = bySeq.get(seq);
    if (need === undefined || !isEnded(need.state) || reopener.has(seq)) continue;
    const says = usual({ state: need.state, allowed: need.allowed, allowSkip: need.rule?.allowSkip });
    if (says === "passes" || (says === "skipped" && trigger === "none_failed")) continue;
    const message = `${name} needs ${need.name}, which is ${need.state}; retry that one, and this one follows`;
    throw new OctopusError("conflict", message);
  }
}

function add<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function roleOf({ rule }: RetryNode) {
  return rule?.role;
}

/** It failed, with leave or without, or something in it did. */
function hasFailed({ state, allowed }: RetryNode): boolean {
  return FAILING.has(state) || allowed === true;
}
