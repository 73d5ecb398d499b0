/**
 * The end of containers. An `each` ends with its last member, a `workflow` with its run.
 *
 * BX1  At the end of a turn no live container is complete.
 * BX2  With `failFast`, the first failure without leave cancels the other members, and no more are made.
 */
import { isEnded, type RunState } from "../../base/words.ts";
import type { Run } from "../run.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { type Box, hasLeave } from "./node.ts";

/** Why a container is stopped whose time is over; it has failed then. */
export const RAN_OUT = "ran out of time";

/** No more members are made. */
export function isStopped(task: Task): boolean {
  const { box, rule } = task.node!;
  return box!.cancel !== undefined || (rule.failFast === true && box!.failed > 0);
}

/** Ends an `each` all of whose members have ended. */
export function settleBox(turn: Turn, task: Task, queue: Task[]): void {
  const box = task.node?.box;
  if (box === undefined || isEnded(task.state) || box.live > 0) return;
  const isEach = task.lane.requires.kind === "each";
  if (isEach && box.made < box.total && !isStopped(task)) return;
  // A run says how it ends; without one there was none yet, or it is gone.
  if (!isEach && box.cancel === undefined) return;
  const { cancel } = box;
  const isWhole = isEach && box.made === box.total && box.failed === 0;
  if (cancel !== undefined && !isWhole) {
    return end(turn, task, { state: ranOut(turn, task) ? "failed" : "cancelled", reason: cancel }, queue);
  }
  if (box.failed > 0) return end(turn, task, { state: "failed", reason: failure(box) }, queue);
  end(turn, task, { state: "succeeded", excused: box.allowed > 0 }, queue);
}

/** It was stopped because its time was over, and not by a person. */
function ranOut(turn: Turn, task: Task): boolean {
  const { cancel, openedAt } = task.node!.box!;
  const { timeoutMs } = task.policy;
  return cancel === RAN_OUT && timeoutMs > 0 && openedAt + timeoutMs <= turn.now;
}

function failure({ failed, total, names }: Box): string {
  const list = names.join(", ") + (failed > names.length ? ", …" : "");
  return `${failed} of ${total} failed${names.length === 0 ? "" : `: ${list}`}`;
}

/** The run has ended that the task holds. */
export function settleHolder(turn: Turn, task: Task, run: Run, state: RunState, queue: Task[]): void {
  const box = task.node?.box;
  if (box === undefined || isEnded(task.state) || task.node!.run !== run.seq) return;
  const { cancel } = box;
  if (state === "succeeded" || state === "partial") {
    return end(turn, task, { state: "succeeded", excused: state === "partial", result: run.result }, queue);
  }
  if (cancel !== undefined && ranOut(turn, task)) return end(turn, task, { state: "failed", reason: cancel }, queue);
  if (state === "cancelled" && cancel !== undefined) {
    return end(turn, task, { state: "cancelled", reason: cancel }, queue);
  }
  const reason = `its run r${run.seq} ${state === "failed" ? "failed" : "was cancelled"}`;
  end(turn, task, { state: "failed", reason }, queue);
}

interface End {
  state: "succeeded" | "failed" | "cancelled";
  reason?: string;
  /** It has succeeded, though something in it has not. */
  excused?: boolean;
  result?: string | undefined;
}

function end(turn: Turn, task: Task, { state, reason, excused, result }: End, queue: Task[]): void {
  const allowed = state === "failed" ? hasLeave(task) : excused === true ? true : undefined;
  turn.emit({ type: "TaskEnded", task: task.seq, state, reason, allowed, result });
  queue.push(task);
}
