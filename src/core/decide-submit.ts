/** Accepting tasks: all of a command, or none. */
import { isEnded, type TaskState } from "../base/words.ts";
import { askCache } from "./flow/decide-cache.ts";
import { armRefusal } from "./limits/decide-limits.ts";
import { settleUnique, uniqueConflict } from "./flow/decide-unique.ts";
import type { NewTask } from "./command.ts";
import type { TaskSubmitted } from "./task-events.ts";
import { reasonOf } from "./follow.ts";
import { nodeOf } from "./graph/retry.ts";
import type { NodeRule, Tally } from "./graph/rule.ts";
import { type Ended, endOf as endedAs, noTally, tallyUp, usual, verdict } from "./graph/trigger.ts";
import { type AcceptedTask, type Reply, refuse } from "./reply.ts";
import type { Run } from "./run.ts";
import type { Turn } from "./turn.ts";

/** Accepts `tasks` in order. A key that is known answers the task that has it, when the submission is the same. */
export function submitTasks(turn: Turn, tasks: readonly NewTask[]): Reply {
  const conflict = findConflict(turn, tasks) ?? uniqueConflict(turn, tasks, false);
  if (conflict !== undefined) return conflict;
  const refusal = armRefusal(turn.state, tasks, (task) => known(turn, task) === undefined);
  if (refusal !== undefined) return refuse(refusal);
  const accepted: AcceptedTask[] = [];
  const earlier = ofCommand(accepted);
  for (const task of tasks) {
    accepted.push(known(turn, task) ?? settleUnique(turn, task) ?? accept(turn, task, earlier, undefined));
  }
  return { ok: true, tasks: accepted };
}

/** Accepts one task that nobody waits for an answer about; undefined when its unique key is taken. */
export function submitTask(turn: Turn, task: NewTask): AcceptedTask | undefined {
  if (uniqueConflict(turn, [task], false) !== undefined) return undefined;
  return settleUnique(turn, task) ?? accept(turn, task, ofCommand([]), undefined);
}

/**
 * Accepts tasks of a run whose unique keys are free, or which replace those who have them. Earlier tasks are those of the
 * same command; of a run that is submitted in several, those of the whole run.
 */
export function acceptInRun(turn: Turn, tasks: readonly NewTask[], run: Run): AcceptedTask[] {
  const accepted: AcceptedTask[] = [];
  const { made } = run;
  const earlier =
    made === undefined ? ofCommand(accepted) : (index: number) => ({ task: made[index]!, ...endOf(run, made[index]!) });
  for (const task of tasks) {
    settleUnique(turn, task);
    accepted.push(accept(turn, task, earlier, run.seq));
  }
  return accepted;
}

/** Accepts one task, of a run or of none, that is asked for by its number alone. */
export function acceptOne(turn: Turn, task: NewTask, run: number | undefined): AcceptedTask {
  settleUnique(turn, task);
  return accept(turn, task, ofCommand([]), run);
}

/** How a task has ended that is not in memory any more. */
function endOf({ early }: Run, seq: number): Ended {
  return early?.get(seq) ?? { state: "succeeded" };
}

/** Finds an earlier task by its index. */
type Earlier = (index: number) => Ended & { task: number };

function ofCommand(accepted: readonly AcceptedTask[]): Earlier {
  return (index) => accepted[index]!;
}

function findConflict(turn: Turn, tasks: readonly NewTask[]): Reply | undefined {
  const batch = new Map<string, string>();
  for (const [index, task] of tasks.entries()) {
    const { key, hash = "" } = task;
    if (key === undefined) continue;
    const live = turn.state.keys.get(key);
    const prior = live === undefined ? task.prior : { task: live.task.seq, hash: live.hash };
    const other = prior?.hash ?? batch.get(key);
    if (other !== undefined && other !== hash)
      return refuse({ type: "KeyConflict", index, key, task: prior?.task ?? 0 });
    batch.set(key, hash);
  }
  return undefined;
}

/** The task that this submission made when it came before. */
function known(turn: Turn, task: NewTask): AcceptedTask | undefined {
  if (task.key === undefined) return undefined;
  const live = turn.state.keys.get(task.key)?.task;
  if (live !== undefined) return { task: live.seq, key: live.key, state: live.state, existed: true };
  if (task.prior === undefined) return undefined;
  return { task: task.prior.task, key: task.key, state: task.prior.state, existed: true };
}

function accept(turn: Turn, task: NewTask, earlier: Earlier, run: number | undefined): AcceptedTask {
  const seq = turn.state.lastTask + 1;
  const needs = needsOf(turn, task, earlier);
  const first = firstState(turn, task, needs, run !== undefined);
  // What it will do is known later, when it may start: it is looked up then.
  const isReady = first.state === "queued" && task.node?.prepare !== true && task.node?.approval === undefined;
  const cached = isReady && task.asks?.cache !== undefined ? askCache(turn, task) : undefined;
  if (cached?.cachedFrom !== undefined) first.state = "succeeded";
  const event: TaskSubmitted = {
    type: "TaskSubmitted",
    task: seq,
    state: first.state,
    dueAt: first.dueAt,
    reason: first.reason,
    key: task.key,
    hash: task.hash,
    run,
    name: task.name,
    taskType: task.taskType,
    kind: task.kind,
    handler: task.handler,
    worker: task.worker,
    arm: task.arm,
    priority: task.priority,
    policy: task.policy,
    expiresAt: task.expiresAt,
    needs: needs?.map((need) => need.seq),
    asks: task.asks,
    rank: task.rank ?? rankAround(turn, task.inside),
    work: task.work,
    tags: task.tags,
    callbacks: task.callbacks,
    cachedFrom: cached?.cachedFrom,
    cacheKey: cached?.cacheKey,
  };
  const node = nodeOf(task);
  // Most tasks have none of this, and the event of a plain one is made a million times.
  if (node !== undefined) {
    event.node = node;
    event.inside = task.inside;
    event.of = task.ofEarlier === undefined ? undefined : earlier(task.ofEarlier).task;
    event.tally = first.tally;
  }
  if (task.spec !== undefined) event.spec = task.spec;
  turn.emit(event);
  return { task: seq, key: task.key, state: first.state, existed: false };
}

/** A member stands among the tasks of the run where the task stands that holds it. */
function rankAround({ state }: Turn, inside: number | undefined): number | undefined {
  const rank = inside === undefined ? 0 : (state.tasks.get(inside)?.rank ?? 0);
  return rank === 0 ? undefined : rank;
}

/** In which state a task would be now that depends on nothing of its own command, and what it needs. */
export function findFirst(turn: Turn, task: NewTask): { first: First; needs: number[] | undefined } {
  const needs = needsOf(turn, task, ofCommand([]));
  return { first: firstState(turn, task, needs, false), needs: needs?.map(({ seq }) => seq) };
}

interface Need extends Ended {
  seq: number;
  key?: string | undefined;
  name?: string | undefined;
}

function needsOf(turn: Turn, task: NewTask, earlier: Earlier): Need[] | undefined {
  if (task.needs === undefined && task.needsEarlier === undefined) return undefined;
  const needs: Need[] = [];
  const seen = new Set<number>();
  const add = (seq: number, ended: Ended): void => {
    if (seen.has(seq)) return;
    seen.add(seq);
    const live = turn.state.tasks.get(seq);
    if (live === undefined) needs.push({ seq, ...ended });
    else needs.push(live.node === undefined ? live : { seq, key: live.key, name: live.name, ...endedAs(live) });
  };
  for (const { task: need, ended: state = "succeeded", leave } of task.needs ?? []) {
    add(need, leave === true ? { state, allowed: true, allowSkip: true } : { state });
  }
  for (const index of task.needsEarlier ?? []) {
    const { task: need, ...ended } = earlier(index);
    add(need, ended);
  }
  return needs;
}

interface First {
  state: TaskState;
  dueAt?: number | undefined;
  reason?: string;
  tally?: Tally | undefined;
}

function firstState(turn: Turn, task: NewTask, needs: readonly Need[] | undefined, inRun: boolean): First {
  if (needs !== undefined) {
    const first = task.node?.trigger === undefined ? byNeeds(needs) : byTrigger(task.node, needs);
    if (first !== undefined) return { dueAt: task.runAt, ...first };
  }
  if (inRun && task.node?.role !== undefined) return { state: "blocked", dueAt: task.runAt };
  const delayMs = task.delayMs ?? task.policy?.startDelayMs ?? 0;
  const dueAt = Math.max(task.runAt ?? 0, delayed(turn, delayMs));
  return dueAt > turn.now ? { state: "scheduled", dueAt } : { state: "queued" };
}

/** Where its needs leave a task with the usual trigger; undefined = it may go on. */
function byNeeds(needs: readonly Need[]): First | undefined {
  let waits = false;
  for (const need of needs) {
    const one = usual(need);
    if (one !== "passes") return { state: one, reason: reasonOf(need), dueAt: undefined };
    waits ||= !isEnded(need.state);
  }
  return waits ? { state: "blocked" } : undefined;
}

function byTrigger(rule: NodeRule, needs: readonly Need[]): First | undefined {
  const tally = noTally();
  let waiting = needs.length;
  for (const need of needs) {
    if (!isEnded(need.state)) continue;
    waiting--;
    tallyUp(tally, need, 1);
    const next = verdict(rule, tally, waiting, need);
    if (next === "skipped" || next === "upstream_failed")
      return { state: next, reason: reasonOf(need, rule.trigger), dueAt: undefined };
  }
  if (needs.length > 0 && verdict(rule, tally, waiting, undefined) === "waits") {
    return { state: "blocked", tally: waiting < needs.length ? tally : undefined };
  }
  return undefined;
}

function delayed(turn: Turn, delayMs: number): number {
  return delayMs > 0 ? turn.now + delayMs : 0;
}
