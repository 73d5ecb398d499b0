/**
 * How events of the graph change the state. What belongs to tasks with a node hangs on four moments of any task: it comes
 * to memory, it comes back by a retry, one of its needs ends, it ends.
 *
 * AG1  `live` of a container's box is the number of its members (or 1: its run) that have not ended.
 * AG2  `roles` of a run are its live tasks with a role; `aside` are its ends that say nothing of its outcome.
 */
import { assert, unreachable } from "../../base/assert.ts";
import { isEnded, type TaskState } from "../../base/words.ts";
import type { Event } from "../event.ts";
import type { TaskDefinition, TaskReopened, TaskSubmitted } from "../task-events.ts";
import type { RunReopened, RunTurned } from "../runs/events.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { unhold } from "../flow/hold.ts";
import type { ApprovalAsked, TaskOpened, TaskPrepared } from "./events.ts";
import { sharedRule } from "./graph.ts";
import { Box, boxAround, isContainer, NAMES_KEPT, TaskNode } from "./node.ts";
import { keepRoom, leaveRoom } from "./room.ts";
import type { NodeRule, Undone } from "./rule.ts";
import { endOf, noTally, tallyUp } from "./trigger.ts";

/** Gives the task the node that its definition asks for. It is in the state's table, and counted nowhere yet. */
export function attachNode(state: State, task: Task, definition: TaskDefinition): TaskNode {
  const { inside = 0, of = 0 } = definition;
  const node = new TaskNode(sharedRule(state.graph, definition.node ?? PLAIN), inside, of);
  if (node.rule.trigger !== undefined) node.tally = noTally();
  task.node = node;
  const { run } = task;
  if (run === undefined) return node;
  node.role = node.rule.role ?? (inside === 0 ? undefined : state.tasks.get(inside)?.node?.role);
  if (node.role !== undefined && !isEnded(task.state)) run.roles.add(task);
  if (of !== 0 && !isEnded(task.state)) {
    run.undoes ??= new Map();
    const nodes = run.undoes.get(of);
    if (nodes === undefined) run.undoes.set(of, new Set([node]));
    else nodes.add(node);
  }
  return node;
}

const PLAIN: NodeRule = Object.freeze({});

/** A task with a node was submitted. */
export function applyNodeSubmitted(state: State, task: Task, event: TaskSubmitted): void {
  const node = attachNode(state, task, event);
  if (event.tally !== undefined) node.tally = { ...event.tally };
  const target = node.of === 0 ? undefined : state.tasks.get(node.of);
  if (target !== undefined && isEnded(target.state)) node.undone = { state: target.state, at: state.now };
  const box = boxAround(state, task);
  if (box === undefined) return;
  box.live++;
  box.add(task.seq);
}

/** A task with a node was opened again. */
export function applyNodeReopened(state: State, task: Task, event: TaskReopened): void {
  const node = attachNode(state, task, event);
  if (event.tally !== undefined) node.tally = { ...event.tally };
  if (event.ofEnded !== undefined) node.undone = { ...event.ofEnded };
  if (task.run !== undefined) count(task.run, task, event.from, event.allowed === true, -1);
  const box = boxAround(state, task);
  if (box !== undefined) {
    box.live++;
    box.add(task.seq);
    if (event.anew !== true) {
      tell(box, event.from, event.allowed === true, -1);
      const at = box.names.indexOf(nameOf(task));
      if (at >= 0) box.names.splice(at, 1);
    }
  }
  if (event.holds === undefined) return;
  node.prepared = true;
  node.approved = true;
  node.box = new Box(event.holds.total, state.now);
  node.box.know(event.holds);
  keepRoom(state, task);
  watch(state, task);
  if (task.lane.requires.kind !== "workflow") return;
  for (const run of state.runs.values()) if (run.parent === task.seq && !run.done) hold(task, run);
}

/** A task that others had counted on was opened again: they wait for it. */
export function uncount(child: Task, { from, allowed, node }: TaskReopened): void {
  const tally = child.node?.tally;
  if (tally !== undefined) tallyUp(tally, { state: from, allowed, allowSkip: node?.allowSkip }, -1);
}

/** A need of a blocked task has ended. */
export function countEnd(child: Task, need: Task): void {
  const tally = child.node?.tally;
  if (tally !== undefined) tallyUp(tally, endOf(need), 1);
}

/** A task with a node has ended, or was submitted as one that has. */
export function applyNodeEnded(state: State, task: Task): void {
  const node = task.node!;
  const { run } = task;
  if (run !== undefined) {
    count(run, task, task.state, node.allowed, 1);
    run.roles.delete(task);
    const nodes = node.of === 0 ? undefined : run.undoes?.get(node.of);
    if (nodes?.delete(node) === true && nodes.size === 0) run.undoes!.delete(node.of);
  }
  const box = boxAround(state, task);
  if (box === undefined) return;
  const next = leaveRoom(state, task);
  if (next !== undefined) unhold(state, next);
  box.live--;
  tell(box, task.state, node.allowed, 1);
  if (node.allowed || !isFailure(task.state)) return;
  if (box.failed === 1) box.firstFailed = task.seq;
  if (box.names.length < NAMES_KEPT) box.names.push(nameOf(task));
}

function nameOf({ name, seq }: Task): string {
  return name ?? `t${seq}`;
}

/** Takes the end of a task of a run in, or (`by` -1) back, where it is not an ordinary one. */
function count(run: Run, task: Task, state: TaskState, allowed: boolean, by: 1 | -1): void {
  const isAside = task.node!.inside !== 0 || task.node!.rule.role !== undefined;
  if (isAside || (allowed && state === "failed")) run.aside.set(state, (run.aside.get(state) ?? 0) + by);
  if (allowed && !isAside) run.allowed += by;
}

function tell(box: Box, state: TaskState, allowed: boolean, by: 1 | -1): void {
  if (allowed) box.allowed += by;
  else if (isFailure(state)) box.failed += by;
}

/** A state that a member ends in when it has failed, as its container sees it. */
export function isFailure(state: TaskState): boolean {
  return isEnded(state) && state !== "succeeded" && state !== "skipped";
}

/** Remembers the end of a task that others undo; without one, that it was opened again. */
export function noteUndone(run: Run, seq: number, end: Undone | undefined): void {
  for (const node of run.undoes!.get(seq) ?? []) node.undone = end;
}

/** Events of the graph that are not of one of those moments, nor of the submission of runs (`runs/`). */
export type GraphEvent = Extract<
  Event,
  { type: "TaskPrepared" | "TaskExpanded" | "ApprovalAsked" | "TaskApproved" | "WorkflowSet" | "WorkflowRemoved" }
>;

export function applyGraph(state: State, event: GraphEvent | RunTurned): void {
  switch (event.type) {
    case "TaskPrepared":
      return applyTaskPrepared(state, taskOf(state, event.task), event);
    case "TaskExpanded":
      taskOf(state, event.task).node!.box!.made = event.made;
      return;
    case "ApprovalAsked":
      return applyApprovalAsked(state, taskOf(state, event.task), event);
    case "TaskApproved":
      return applyTaskApproved(state, taskOf(state, event.task));
    case "RunTurned": {
      const run = state.runs.get(event.run)!;
      run.phase = event.phase;
      run.outcome = event.state;
      return;
    }
    case "WorkflowSet":
      state.graph.workflows.add(event.workflow);
      return;
    case "WorkflowRemoved":
      state.graph.workflows.delete(event.workflow);
      return;
    default:
      unreachable(event);
  }
}

function taskOf(state: State, seq: number): Task {
  const task = state.tasks.get(seq);
  assert(task !== undefined, `task t${seq} is live`);
  return task;
}

function applyTaskPrepared(state: State, task: Task, { cacheHash }: TaskPrepared): void {
  task.node!.prepared = true;
  const cache = task.asks?.cache;
  if (cacheHash !== undefined && cache !== undefined) {
    task.asks = { ...task.asks, cache: { ...cache, hash: cacheHash } };
  }
  unhold(state, task);
}

function applyApprovalAsked(state: State, task: Task, { until = 0 }: ApprovalAsked): void {
  const node = task.node!;
  node.asked = true;
  node.askedUntil = until;
  if (until > 0) state.timers.add(until, "approval", task);
}

function applyTaskApproved(state: State, task: Task): void {
  const node = task.node!;
  node.approved = true;
  node.asked = false;
  node.askedUntil = 0;
  unhold(state, task);
}

/** A container begins. It is `enter`ed into its new state right after this. */
export function applyTaskOpened(state: State, task: Task, { total }: TaskOpened): void {
  state.flow.held.delete(task);
  const node = (task.node ??= new TaskNode(PLAIN, 0, 0));
  node.prepared = true;
  node.box = new Box(total, state.now);
  watch(state, task);
  const run = node.run === 0 ? undefined : state.runs.get(node.run);
  if (run !== undefined && !run.done) hold(task, run);
}

/** The timer of a container's timeout. */
export function watch(state: State, task: Task): void {
  const { timeoutMs } = task.policy;
  if (timeoutMs > 0) state.timers.add(task.node!.box!.openedAt + timeoutMs, "deadline", task);
}

/** A run has come (back) to life that a task holds. */
export function applyRunInside(state: State, run: Run): void {
  const task = run.parent === 0 ? undefined : state.tasks.get(run.parent);
  if (task !== undefined && !isEnded(task.state) && isContainer(task)) hold(task, run);
}

function hold(task: Task, run: Run): void {
  const node = (task.node ??= new TaskNode(PLAIN, 0, 0));
  node.run = run.seq;
  if (node.box === undefined) return;
  node.box.made = 1;
  node.box.live = 1;
}

/** A run has ended that a task holds. */
export function applyRunInsideEnded(state: State, run: Run): void {
  const node = run.parent === 0 ? undefined : state.tasks.get(run.parent)?.node;
  if (node?.run === run.seq && node.box !== undefined) node.box.live = 0;
}

/** A run was reopened; `isNew`: it was not in memory. */
export function applyGraphReopened(run: Run, event: RunReopened, isNew: boolean): void {
  run.phase = undefined;
  run.outcome = undefined;
  run.outputs = event.outputs === true;
  run.result = undefined;
  run.done = false;
  if (!isNew) return;
  run.allowed = event.allowed ?? 0;
  for (const [name, number] of Object.entries(event.aside ?? {})) run.aside.set(name as TaskState, number);
}

export function applyGraphEnded(state: State, run: Run): void {
  run.done = true;
  applyRunInsideEnded(state, run);
}
