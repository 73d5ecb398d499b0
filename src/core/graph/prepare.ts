/** What the engine has evaluated of a task: what it does, whether it runs at all, and what is to be made inside it. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import { armRefusal } from "../limits/decide-limits.ts";
import type { Command, EndedTask } from "../command.ts";
import { acceptOne } from "../decide-submit.ts";
import { settle } from "../follow.ts";
import { uniqueConflict } from "../flow/decide-unique.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Task } from "../task.ts";
import type { Turn } from "../turn.ts";
import { insideTask } from "./below.ts";
import { isStopped, settleBox } from "./box.ts";
import { approvalOf, hasLeave } from "./node.ts";
import { openContainer } from "./open.ts";
import { IGNORED } from "./phases.ts";
import { MEMBERS_MAX } from "./rule.ts";
import { nodeOf, reopenMember } from "./retry.ts";
import { giveUpInside } from "./stop.ts";

export function prepareTask(turn: Turn, command: Extract<Command, { type: "PrepareTask" }>): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined || isEnded(task.state)) return IGNORED;
  const { work, cacheHash, message, end } = command;
  const isOpened = task.node?.box !== undefined;
  if (turn.state.flow.held.get(task) !== "prepare" && !(isOpened && end !== undefined)) return IGNORED;
  if (end === undefined) turn.emit({ type: "TaskPrepared", task: task.seq, work, cacheHash, message });
  else endNow(turn, task, end.state, end.reason);
  return DONE;
}

/** Ends a task that has no attempt, with everything in it, as somebody has said. */
export function endNow(turn: Turn, task: Task, state: "skipped" | "failed", reason: string): void {
  const allowed = state === "failed" ? hasLeave(task) : undefined;
  const dead = state === "failed" && allowed === undefined ? true : undefined;
  const inside = insideTask(turn.state, task);
  turn.emit({ type: "TaskEnded", task: task.seq, state, reason, dead, allowed });
  const tasks = giveUpInside(turn, inside, reason);
  settle(turn, [...tasks, task], inside.runs);
}

type Expand = Extract<Command, { type: "ExpandTask" }>;

/** Makes members of an `each`; with the first of them it begins. */
export function expandTask(turn: Turn, command: Expand): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined || isEnded(task.state) || !mayExpand(turn, task, command)) return IGNORED;
  const { tasks, from, total, prior, surplus = [] } = command;
  assert(total <= MEMBERS_MAX && from + tasks.length <= total, `t${task.seq} holds no more members than it may`);
  const conflict = uniqueConflict(turn, tasks, true);
  if (conflict !== undefined) return conflict;
  const refusal = armRefusal(turn.state, tasks);
  if (refusal !== undefined) return refuse(refusal);
  if (task.node?.box === undefined) openContainer(turn, task, total);
  const queue: Task[] = [];
  for (const [index, member] of tasks.entries()) {
    const earlier = prior?.get(index);
    if (earlier === undefined) acceptOne(turn, { ...member, inside: task.seq }, task.run?.seq);
    else reopenMember(turn, earlier, member, task.seq);
  }
  for (const member of surplus) drop(turn, member, queue);
  turn.emit({ type: "TaskExpanded", task: task.seq, made: from + tasks.length });
  settleBox(turn, task, queue);
  settle(turn, queue);
  return DONE;
}

function mayExpand(turn: Turn, task: Task, { from }: Expand): boolean {
  if (task.lane.requires.kind !== "each") return false;
  const box = task.node?.box;
  if (box !== undefined) return from === box.made && !isStopped(task);
  if (turn.state.flow.held.get(task) !== "prepare" || from !== 0) return false;
  return approvalOf(task) === undefined || task.node!.approved;
}

/** A member whose place is gone. */
function drop(turn: Turn, member: EndedTask, queue: Task[]): void {
  if (member.state === "skipped" || turn.state.tasks.get(member.task) !== undefined) return;
  const { task, definition, state: from, attempt, allowed } = member;
  const node = nodeOf(definition);
  turn.emit({
    ...definition,
    node,
    type: "TaskReopened",
    task,
    from,
    state: "blocked",
    attempt,
    allowed,
    anew: true,
    brief: true,
  });
  turn.emit({ type: "TaskEnded", task, state: "skipped", reason: "the list is shorter now" });
  queue.push(turn.state.tasks.get(task)!);
}
