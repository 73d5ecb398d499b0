/** How a change of a waiting task changes the state. A new object takes the place of the old one, as when it is moved. */
import { assert } from "../base/assert.ts";
import { createTask } from "./create-task.ts";
import type { TaskPutOff, TaskReplaced } from "./task-events.ts";
import { replace } from "./flow/apply-flow.ts";
import { makeWay, queue, unqueue } from "./flow/hold.ts";
import { retire } from "./limits/apply-limits.ts";
import type { State } from "./state.ts";
import type { Task } from "./task.ts";

export function applyTaskPutOff(state: State, task: Task, { dueAt }: TaskPutOff): void {
  task.dueAt = dueAt;
  if (task.state === "scheduled") state.timers.add(dueAt, "due", task);
}

/** A queued task waits for a time. */
export function putOffQueued(state: State, task: Task, dueAt: number): void {
  assert(task.run === undefined && task.node === undefined, `t${task.seq} stands alone`);
  unqueue(state, task);
  makeWay(state, task);
  state.flow.unheldAt.delete(task);
  const put = replace(state, task, task.lane, task.priority);
  put.state = "scheduled";
  put.dueAt = dueAt;
  state.counts.queued--;
  state.counts.scheduled++;
  state.timers.add(dueAt, "due", put);
}

export function applyTaskReplaced(state: State, old: Task, event: TaskReplaced): void {
  const isAlone = old.run === undefined && old.node === undefined && old.asks?.cache === undefined;
  assert(isAlone && old.attempt === 0, `t${old.seq} stands alone and has not started`);
  if (old.state === "queued") unqueue(state, old);
  retire(state, old);
  state.flow.unheldAt.delete(old);
  for (const need of event.needed ?? []) leaveParent(state.tasks.get(need), old);
  state.counts[old.state]--;
  const task = createTask(state, event.task, event, event.state);
  task.children = old.children;
  task.dueAt = event.dueAt ?? 0;
  state.counts[task.state]++;
  rebind(state, old, task);
  // Whoever still finds the old object, in a ring or at a timer, takes it for one that has ended.
  old.state = "cancelled";
  old.children = undefined;
  if (task.state === "queued") queue(state, task, false);
  else if (task.state === "scheduled") state.timers.add(task.dueAt, "due", task);
}

function leaveParent(parent: Task | undefined, child: Task): void {
  if (parent?.children === undefined) return;
  const rest = parent.children.filter((each) => each !== child);
  parent.children = rest.length === 0 ? undefined : rest;
}

/** Its unique key is the same as before; who is to be told may be others. */
function rebind({ flow }: State, old: Task, task: Task): void {
  const unique = task.asks?.unique;
  const entry = unique === undefined ? undefined : flow.uniques.get(unique.key);
  if (entry?.holder === old) entry.holder = task;
  if (task.asks?.on === undefined) flow.watched.delete(task.seq);
  else flow.watched.add(task.seq);
}
