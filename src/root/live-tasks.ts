/** Whether a namespace may be deleted: what lives in it would be lost. */
import { OctopusError } from "../base/errors.ts";
import type { TaskState } from "../base/words.ts";

const LIVE: readonly TaskState[] = ["blocked", "scheduled", "queued", "running"];

export function liveTasks(counts: Readonly<Partial<Record<TaskState, number>>>): number {
  return LIVE.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** Throws unless nothing lives. `count` undefined: nobody can say. */
export function refuseLive(name: string, count: number | undefined): void {
  if (count === 0) return;
  const what =
    count === undefined
      ? `the namespace ${name} cannot be asked now whether tasks live in it`
      : `in the namespace ${name} ${count === 1 ? "1 task has" : `${count} tasks have`} not ended`;
  throw new OctopusError("conflict", `${what}: cancel them, or delete it all the same with --force`);
}
