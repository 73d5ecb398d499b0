/**
 * What comes after the main part of a run: what was done is undone if it has failed or was cancelled, then the handlers of
 * its outcome run, then those of every outcome, then its outputs are made.
 *
 * PH1  The main part is over when only tasks with a role are open. Until then none of these starts.
 * PH2  Compensations run one at a time, in the reverse order of the ends of what they undo.
 * PH3  `outcome` of a run is how it will end, unless what still runs of it fails.
 * PH4  A run ends in the turn in which nothing of it is left to do.
 */
import { isEnded, type Role, type RunState } from "../../base/words.ts";
import type { Command } from "../command.ts";
import { DONE, type Reply } from "../reply.ts";
import type { Run } from "../run.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { settleHolder } from "./box.ts";
import { isFailure } from "./apply-graph.ts";
import { roleOf } from "./node.ts";
import { release } from "./release.ts";

/** Takes the run as far as it goes by itself. */
export function advance(turn: Turn, run: Run, queue: Task[]): void {
  if (run.done || !run.sealed || run.planning) return;
  if (run.phase === undefined && run.open > run.roles.size) return;
  const outcome = run.outcome ?? mainOutcome(run);
  if (run.roles.size > 0 && follows(turn, run, outcome, queue)) return;
  if (isGood(outcome) && run.outputs && run.planner === undefined && run.planned === undefined) {
    if (run.phase !== "outputs") turnTo(turn, run, "outputs", outcome);
    return;
  }
  endRun(turn, run, run.phase === "outputs" ? run.planned! : outcome, queue);
}

/** True while tasks with a role are at work, in the order of their phases. */
function follows(turn: Turn, run: Run, outcome: RunState, queue: Task[]): boolean {
  const { phase } = run;
  if (isAtWork(run)) return true;
  const mayUndo = phase === undefined || phase === "compensate";
  if (mayUndo && undoes(turn, run, outcome, queue)) return true;
  if ((mayUndo || phase === "handlers") && handles(turn, run, outcome, queue)) return true;
  return exits(turn, run, outcome, queue);
}

/** Something that follows the main part has started and not ended. Containers stand before what they hold. */
function isAtWork({ roles }: Run): boolean {
  for (const task of roles) if (!isWaiting(task)) return true;
  return false;
}

function isGood(state: RunState): boolean {
  return state === "succeeded" || state === "partial";
}

function turnTo(turn: Turn, run: Run, phase: NonNullable<Run["phase"]>, state: RunState): void {
  turn.emit({ type: "RunTurned", run: run.seq, phase, state });
}

/** How the main part has ended. */
export function mainOutcome(run: Run): RunState {
  if (run.planned !== undefined) return run.planned;
  if (run.timedOut) return "failed";
  if (run.cancelled) return "cancelled";
  if (run.ends("failed") + run.ends("upstream_failed") + run.ends("expired") > 0) return "failed";
  if (run.ends("cancelled") > 0) return "cancelled";
  return run.allowed > 0 ? "partial" : "succeeded";
}

/** Live tasks with one of these roles, by number. */
function withRole(run: Run, ...roles: Role[]): Task[] {
  const fits = (task: Task): boolean => roles.includes(roleOf(task)!);
  return [...run.roles].filter(fits).sort((a, b) => a.seq - b.seq);
}

function isWaiting(task: Task): boolean {
  return task.state === "blocked";
}

function skip(turn: Turn, task: Task, reason: string, queue: Task[]): void {
  turn.emit({ type: "TaskEnded", task: task.seq, state: "skipped", reason });
  queue.push(task);
}

/** Undoes the next of what has succeeded; false when there is nothing more. */
function undoes(turn: Turn, run: Run, outcome: RunState, queue: Task[]): boolean {
  const next = isGood(outcome) ? undefined : lastDone(run);
  if (next !== undefined) {
    if (run.phase === undefined) turnTo(turn, run, "compensate", outcome);
    release(turn, next);
    return true;
  }
  const why = isGood(outcome) ? `the run has ${outcome}: nothing is undone` : "what it undoes has not succeeded";
  for (const task of withRole(run, "compensate")) skip(turn, task, why, queue);
  return false;
}

/** The compensation of the task that has succeeded last. */
function lastDone({ roles }: Run): Task | undefined {
  let last: Task | undefined;
  for (const task of roles) {
    if (roleOf(task) !== "compensate" || task.node!.undone?.state !== "succeeded") continue;
    if (last === undefined || isLater(task, last)) last = task;
  }
  return last;
}

/** What `a` undoes has ended after what `b` undoes. */
function isLater(a: Task, b: Task): boolean {
  const [x, y] = [a.node!, b.node!];
  return x.undone!.at - y.undone!.at > 0 || (x.undone!.at === y.undone!.at && (x.of - y.of || a.seq - b.seq) > 0);
}

const HANDLERS = ["success", "failure", "cancel"] as const;
const RUNS_WHEN = { success: "succeeded", failure: "failed", cancel: "was cancelled" } as const;

/** Lets the handlers of the outcome go; false when none is left. */
function handles(turn: Turn, run: Run, outcome: RunState, queue: Task[]): boolean {
  if (run.phase !== "handlers") {
    const role = isGood(outcome) ? "success" : outcome === "failed" ? "failure" : "cancel";
    for (const task of withRole(run, ...HANDLERS.filter((each) => each !== role))) {
      skip(
        turn,
        task,
        `it runs when the run ${RUNS_WHEN[roleOf(task) as "success"]}, and that has not happened`,
        queue,
      );
    }
    const tasks = withRole(run, role);
    if (tasks.length > 0) turnTo(turn, run, "handlers", outcome);
    start(turn, tasks);
    if (isAtWork(run)) return true;
  }
  for (const task of withRole(run, ...HANDLERS)) skip(turn, task, NEVER, queue);
  return false;
}

function exits(turn: Turn, run: Run, outcome: RunState, queue: Task[]): boolean {
  const tasks = withRole(run, "exit");
  if (run.phase !== "exit" && tasks.length > 0) {
    turnTo(turn, run, "exit", outcome);
    start(turn, tasks);
    if (isAtWork(run)) return true;
  }
  for (const task of withRole(run, "exit")) skip(turn, task, NEVER, queue);
  return false;
}

/** Why a handler is skipped that waits although nothing is at work. */
const NEVER = "it needs a task that runs only after it";

/** Lets those go that need no other. */
function start(turn: Turn, tasks: readonly Task[]): void {
  for (const task of tasks) if (isWaiting(task) && task.waiting === 0) release(turn, task);
}

/** True when tasks of this role may start. Compensations start one by one. */
export function isTurnOf(run: Run, role: Role): boolean {
  if (role === "exit") return run.phase === "exit";
  return role !== "compensate" && run.phase === "handlers";
}

/** The end of a task with a role may change how the run ends. */
export function judge(turn: Turn, run: Run, task: Task): void {
  const { phase, outcome } = run;
  if (phase === undefined || outcome === undefined) return;
  const next = outcomeAfter(task, outcome);
  if (next !== outcome) turnTo(turn, run, phase, next);
}

function outcomeAfter(task: Task, outcome: RunState): RunState {
  const { state, node } = task;
  if (node!.allowed) return outcome === "succeeded" ? "partial" : outcome;
  if (!isFailure(state)) return outcome;
  if (isGood(outcome)) return state === "cancelled" ? "cancelled" : "failed";
  return roleOf(task) === "compensate" && state !== "cancelled" ? "failed" : outcome;
}

function endRun(turn: Turn, run: Run, state: RunState, queue: Task[]): void {
  const counts = Object.fromEntries([...run.counts].filter(([, count]) => count > 0));
  turn.emit({ type: "RunEnded", run: run.seq, state, counts });
  const holder = run.parent === 0 ? undefined : turn.state.tasks.get(run.parent);
  if (holder !== undefined && !isEnded(holder.state)) settleHolder(turn, holder, run, state, queue);
}

/** The engine has made the outputs of a run, or could not. True when the run may end now. */
export function planOutputs(turn: Turn, command: Extract<Command, { type: "CloseRun" }>): Run | undefined {
  const run = turn.state.runs.get(command.run);
  if (run === undefined || !run.closing) return undefined;
  const { result, failed } = command;
  const state = failed === undefined ? run.outcome! : "failed";
  turn.emit({ type: "RunPlanned", run: run.seq, state, result, reason: failed });
  return run;
}

/** A reply to a command that came too late. */
export const IGNORED: Reply = Object.freeze({ ...DONE, ignored: true });
