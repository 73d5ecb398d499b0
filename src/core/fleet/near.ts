/**
 * Where the needs of a task ran: files of theirs may be there already. Only tasks that say so, or that get files of others,
 * are told. A hint: a restart forgets it, and what ended before the task was submitted gives none.
 */
import { isEnded } from "../../base/words.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { Worker } from "./worker.ts";

/** Names that are kept for one task. */
const NEAR_MAX = 16;

/** An attempt of `need` has ended on this worker. */
export function noteNear({ fleet }: State, need: Task, { name }: Worker): void {
  if (!isEnded(need.state)) return;
  for (const task of need.children ?? []) {
    if (!wantsNear(task)) continue;
    const names = fleet.near.get(task) ?? [];
    if (names.length < NEAR_MAX && !names.includes(name)) fleet.near.set(task, [...names, name]);
  }
}

export function wantsNear({ asks, node }: Task): boolean {
  return asks?.target?.near === true || node?.rule.inputs === true;
}
