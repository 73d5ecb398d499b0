/**
 * Tasks that wait for a person's word.
 *
 * AP1  Since when a person is asked, and until when, stands in an event of the same batch in which that began.
 */
import { isEnded } from "../../base/words.ts";
import type { Command } from "../command.ts";
import { settle } from "../follow.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { approvalOf, hasLeave } from "./node.ts";

/** Says of tasks that have come to this point that a person is asked from now on. */
export function askApprovals(turn: Turn): void {
  const { graph, flow } = turn.state;
  for (const task of graph.asking.splice(0)) {
    if (flow.held.get(task) !== "approval" || task.node!.asked) continue;
    const timeoutMs = approvalOf(task)!.timeoutMs ?? 0;
    const until = timeoutMs > 0 ? turn.now + timeoutMs : undefined;
    turn.emit({ type: "ApprovalAsked", task: task.seq, until });
  }
}

export function approveTask(turn: Turn, command: Extract<Command, { type: "ApproveTask" }>): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined) return refuse({ type: "TaskNotFound", task: command.task });
  if (isEnded(task.state)) return refuse({ type: "TaskHasEnded", task: task.seq, state: task.state });
  if (turn.state.flow.held.get(task) !== "approval") {
    return refuse({ type: "NotAwaited", task: task.seq, state: task.state });
  }
  const { by, note } = command;
  if (command.approve) approve(turn, task, by, note);
  else reject(turn, task, sentence("rejected", by, note), by, note);
  return DONE;
}

/** Nobody has answered in time. */
export function approvalDue(turn: Turn, task: Task): void {
  if (turn.state.flow.held.get(task) !== "approval") return;
  const words = "nobody answered in time";
  if (approvalOf(task)!.onTimeout === "approve") approve(turn, task, undefined, words);
  else reject(turn, task, words, undefined, undefined);
}

function approve(turn: Turn, task: Task, by: string | undefined, note: string | undefined): void {
  turn.emit({ type: "TaskApproved", task: task.seq, by, note });
  if (task.lane.requires.kind !== "approval") return;
  const result = JSON.stringify({ approved: true, by, note });
  turn.emit({ type: "TaskEnded", task: task.seq, state: "succeeded", by, note, result });
  settle(turn, [task]);
}

function reject(turn: Turn, task: Task, reason: string, by: string | undefined, note: string | undefined): void {
  turn.emit({
    type: "TaskEnded",
    task: task.seq,
    state: "failed",
    reason,
    said: "rejected",
    by,
    note,
    allowed: hasLeave(task),
  });
  settle(turn, [task]);
}

/** "rejected by Ada: too late" */
export function sentence(what: string, by: string | undefined, note: string | undefined): string {
  return `${what}${by === undefined ? "" : ` by ${by}`}${note === undefined || note === "" ? "" : `: ${note}`}`;
}
