/**
 * Room in an `each` whose members hold others and which limits how many of them go on at once (`maxParallel`). Members that
 * go to workers pass a gate instead (`limits/bounds.ts`); a container has a place here from before it is made until it ends.
 *
 * RM1  A container that is a member of such an `each` has begun, or is being made, only while it has a place.
 */
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { type Box, isContainer } from "./node.ts";

export interface Room {
  readonly inside: Set<Task>;
  /** In the order in which they came; others may be among them that wait no longer. */
  readonly waiting: Task[];
}

/** Takes a place for a member that is ready, if it needs one; false when there is none. */
export function takeRoom(state: State, task: Task): boolean {
  const limited = limitAround(state, task);
  if (limited === undefined) return true;
  const room = (limited.box.room ??= { inside: new Set(), waiting: [] });
  if (room.inside.has(task)) return true;
  if (room.inside.size >= limited.limit) {
    room.waiting.push(task);
    return false;
  }
  room.inside.add(task);
  return true;
}

/** A member goes on that had begun before: it has its place, whoever else has one. */
export function keepRoom(state: State, task: Task): void {
  const limited = limitAround(state, task);
  if (limited !== undefined) (limited.box.room ??= { inside: new Set(), waiting: [] }).inside.add(task);
}

/** A member has ended. The one that has waited longest has its place from here on, though it may have to wait for its run. */
export function leaveRoom(state: State, task: Task): Task | undefined {
  const limited = limitAround(state, task);
  const room = limited?.box.room;
  if (room?.inside.delete(task) !== true || room.inside.size >= limited!.limit) return undefined;
  for (let next = room.waiting.shift(); next !== undefined; next = room.waiting.shift()) {
    if (state.flow.held.get(next) !== "room") continue;
    room.inside.add(next);
    return next;
  }
  return undefined;
}

/** The box of the `each` around a container, and how many of its members may go on at once. */
export function limitAround(state: State, task: Task): { box: Box; limit: number; each: Task } | undefined {
  const { node } = task;
  if (node === undefined || node.inside === 0 || !isContainer(task)) return undefined;
  const each = state.tasks.get(node.inside);
  const limit = each?.node?.rule.maxParallel;
  const box = each?.node?.box;
  return limit === undefined || box === undefined ? undefined : { box, limit, each: each! };
}
