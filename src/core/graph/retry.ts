/**
 * Doing again what has ended. The engine chooses the tasks, each after all that it needs, a container before its members;
 * what each of them waits for is found here.
 *
 * RT1  A reopened task waits for those of its needs that live (again); what had counted on it and is blocked waits for it.
 * RT2  While what comes after the main part of a run is at work, nothing of that run is opened again. One that only waits
 *      for its outputs goes back to its main part: it will be decided anew how it ends.
 */
import { isEnded, type Json, type TaskState } from "../../base/words.ts";
import { retakeConflict, settleUnique } from "../flow/decide-unique.ts";
import type { Command, EndedRun, EndedTask, NewTask, Reopening } from "../command.ts";
import type { TaskDefinition } from "../task-events.ts";
import { settle } from "../follow.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Run } from "../run.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import type { Tally } from "./rule.ts";
import { endOf, tallyUp, verdict } from "./trigger.ts";

export interface Again {
  runs: readonly EndedRun[];
  tasks: readonly Reopening[];
  /** What one of the runs is given from now on. */
  params?: { run: number; values: Record<string, Json> } | undefined;
}

export function retryRun(turn: Turn, command: Extract<Command, { type: "RetryRun" }>): Reply {
  const { runs, params } = command;
  const tasks = withChildren(command.tasks, command.children);
  const refusal =
    liveRefusal(turn, tasks) ??
    retakeConflict(
      turn,
      tasks.filter(({ barred }) => barred === undefined).map(({ task }) => task),
    );
  if (refusal !== undefined) return refusal;
  if (turn.state.runs.get(command.run) === undefined && runs.every(({ run }) => run !== command.run)) {
    return refuse({ type: "RunNotFound", run: command.run });
  }
  const queue: Task[] = [];
  const touched = reopenAll(turn, { runs, tasks, params: params && { run: command.run, values: params } }, queue);
  settle(turn, queue, touched);
  return DONE;
}

/** Children that are named for the whole command are those of its only task. */
export function withChildren(tasks: readonly Reopening[], children: readonly number[]): readonly Reopening[] {
  if (children.length === 0 || tasks.length !== 1) return tasks;
  return [{ ...tasks[0]!, children: [...children] }];
}

/** What lives cannot be done again before it has ended, nor what belongs to a run of which handlers are at work. */
export function liveRefusal(turn: Turn, tasks: readonly Reopening[]): Reply | undefined {
  for (const { task } of tasks) {
    const live = turn.state.tasks.get(task.task);
    if (live !== undefined && !isEnded(live.state)) {
      return refuse({ type: "TaskNotEnded", task: task.task, state: live.state });
    }
    const run = turn.state.runs.get(task.definition.run ?? 0);
    if (run === undefined || run.done || run.phase === undefined) continue;
    for (const { seq, state } of run.roles) {
      if (state !== "blocked") return refuse({ type: "TaskNotEnded", task: seq, state });
    }
  }
  return undefined;
}

/** Opens the tasks, and the runs that they are in. Answers the runs that are touched; `queue`: what has ended again. */
export function reopenAll(turn: Turn, { runs, tasks, params }: Again, queue: Task[]): Set<Run> {
  const touched = new Set<Run>();
  for (const run of runs) {
    reopenRun(turn, run, params?.run === run.run ? params.values : undefined);
    const live = turn.state.runs.get(run.run);
    if (live !== undefined) touched.add(live);
  }
  for (const { task } of tasks) backToMain(turn, turn.state.runs.get(task.definition.run ?? 0));
  for (const each of tasks) reopen(turn, each);
  for (const { task, barred } of tasks) {
    if (barred === undefined) continue;
    turn.emit({ type: "TaskEnded", task: task.task, ...barred });
    queue.push(turn.state.tasks.get(task.task)!);
  }
  return touched;
}

function reopenRun(turn: Turn, ended: EndedRun, params: Record<string, Json> | undefined): void {
  const live = turn.state.runs.get(ended.run);
  if (live !== undefined && !live.done) return;
  const { run, state: from, ...rest } = ended;
  turn.emit({ type: "RunReopened", ...rest, run, from, params });
}

/** A task is opened while only the outputs of its run are missing. */
function backToMain(turn: Turn, run: Run | undefined): void {
  if (run?.phase === undefined || run.done) return;
  const { workflow, planner, origin, group, maxParallel, depth, outputs } = run;
  const counts = Object.fromEntries(run.counts);
  const parent = run.parent === 0 ? undefined : run.parent;
  const more = { planner, origin, group, maxParallel, depth, parent, outputs: outputs ? (true as const) : undefined };
  turn.emit({ type: "RunReopened", run: run.seq, from: "running", workflow, counts, ...more });
}

function reopen(turn: Turn, { task, work, spec, holds, children, barred, brief }: Reopening): void {
  const { attempt, allowed, members, total = 0 } = task;
  const tally = tallyNow(turn, task);
  const state = holds === true ? "running" : barred !== undefined ? "blocked" : stateOf(turn, task, tally);
  const ofEnded = isLive(turn.state.tasks.get(task.definition.of ?? 0)) ? undefined : task.ofEnded;
  // Whoever asks for another try of this very task wants it to run.
  const isAsked = state === "queued" || task.state === "succeeded";
  const blocked = children?.filter((seq) => turn.state.tasks.get(seq)?.state === "blocked") ?? [];
  const made = task.definition.kind === "workflow" ? 1 : total;
  turn.emit({
    ...(isAsked ? uncached(task.definition) : task.definition),
    node: nodeOf(task.definition),
    // A person wants it now: the time after which nobody wanted it any more has lost its meaning.
    expiresAt: undefined,
    type: "TaskReopened",
    task: task.task,
    from: task.state,
    state,
    attempt,
    work,
    spec,
    allowed,
    tally,
    brief: barred === undefined ? brief : true,
    ofEnded,
    holds: holds === true ? { total, ...(members ?? { made, failed: 0, allowed: 0 }) } : undefined,
    children: blocked.length > 0 ? blocked : undefined,
  });
  (turn.reopened ??= new Map()).set(task.task, task);
}

/** How those of its needs have ended that are not live: without those that were opened again since the store was asked. */
function tallyNow(turn: Turn, { tally, definition }: EndedTask): Tally | undefined {
  if (tally === undefined || turn.reopened === undefined) return tally;
  const now = { ...tally };
  for (const seq of definition.needs ?? []) {
    const need = turn.reopened.get(seq);
    if (need === undefined) continue;
    const { state, allowed, definition: of } = need;
    tallyUp(now, { state, allowed, allowSkip: of.node?.allowSkip }, -1);
    const ended = turn.state.tasks.get(seq);
    if (ended !== undefined && isEnded(ended.state)) tallyUp(now, endOf(ended), 1);
  }
  return now;
}

/** What it is in the graph; core wants to know of every container, member and compensation, whatever they say. */
export function nodeOf(task: TaskDefinition | NewTask): TaskDefinition["node"] {
  const { node, inside, kind } = task;
  if (node !== undefined) return node;
  const undoes = (task as TaskDefinition).of ?? (task as NewTask).ofEarlier;
  if (inside !== undefined || undoes !== undefined) return {};
  return kind === "each" || kind === "workflow" || kind === "approval" ? {} : undefined;
}

/** Whether it can go on at once or waits: for its needs, or for the end of its run's main part. */
function stateOf(turn: Turn, { definition }: EndedTask, tally: Tally | undefined): TaskState {
  const { node, needs = [], run } = definition;
  if (node?.role !== undefined && run !== undefined) return "blocked";
  let waiting = 0;
  for (const seq of needs) if (isLive(turn.state.tasks.get(seq))) waiting++;
  if (node?.trigger === undefined || tally === undefined) return waiting > 0 ? "blocked" : "queued";
  return verdict(node, tally, waiting, undefined) === "ready" || waiting === 0 ? "queued" : "blocked";
}

function isLive(task: Task | undefined): boolean {
  return task !== undefined && !isEnded(task.state);
}

/** A member of an `each` that is spread anew: it takes the place of that index with what it does now. */
export function reopenMember(turn: Turn, ended: EndedTask, member: NewTask, inside: number): void {
  if (isLive(turn.state.tasks.get(ended.task))) return;
  const { work, spec, tags: _tags, callbacks: _callbacks, ...definition } = member;
  const { task, state: from, attempt, allowed } = ended;
  const { run } = ended.definition;
  const node = definition.node ?? {};
  settleUnique(turn, member, ended.task);
  turn.emit({
    ...uncached({ ...plain(definition), run, inside, node }),
    ...{ type: "TaskReopened", task, from, state: "queued", attempt, allowed, work, spec, anew: true },
  });
}

/** A new task without what is only said at its submission. */
function plain(task: Omit<NewTask, "work">): TaskDefinition {
  const { runAt: _runAt, delayMs: _delayMs, needs: _needs, needsEarlier: _earlier, ...rest } = task;
  const { ofEarlier: _of, spec: _spec, prior: _prior, cacheHit: _hit, ...definition } = rest;
  return definition;
}

/** The same task, which no longer takes its result from the cache, but gives it there. */
function uncached(definition: TaskDefinition): TaskDefinition {
  const { asks } = definition;
  if (asks?.cache === undefined) return definition;
  return { ...definition, asks: { ...asks, cache: { ...asks.cache, refresh: true } } };
}
