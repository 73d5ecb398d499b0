/**
 * Which of the ready tasks of a run are to be first: those from which the longest way leads to the end, by what their like
 * took in the newest run that succeeded, or by what their file says. A task of which nothing is known counts as the mean
 * of the others. Without any such word there are no ranks, and tasks go by their age.
 */
import type { NewTask } from "../core/command.ts";
import { RANK_MAX } from "../core/rank.ts";
import type { TaskSpec } from "../protocol/task.ts";

/** Gives the tasks their ranks; each needs earlier ones only. `durations`: milliseconds by name. */
export function rankByLength(
  tasks: readonly NewTask[],
  specs: readonly TaskSpec[],
  durations: ReadonlyMap<string, number>,
): void {
  const known = tasks.map(({ name }, index) => durations.get(name ?? "") ?? specs[index]!.node?.estimateMs);
  let sum = 0;
  let count = 0;
  for (const each of known) {
    if (each === undefined) continue;
    sum += each;
    count++;
  }
  if (count === 0) return;
  const mean = sum / count;
  // The longest way from the end of each task, through those that need it: they all come after it.
  const after = new Float64Array(tasks.length);
  for (let index = tasks.length - 1; index >= 0; index--) {
    const task = tasks[index]!;
    const length = after[index]! + (known[index] ?? mean);
    task.rank = Math.min(RANK_MAX, Math.max(1, Math.round(length)));
    for (const need of task.needsEarlier ?? []) after[need] = Math.max(after[need]!, length);
  }
}

/** The order of the file. */
export function rankByPlace(tasks: readonly NewTask[]): void {
  for (const [index, task] of tasks.entries()) task.rank = tasks.length - index;
}
