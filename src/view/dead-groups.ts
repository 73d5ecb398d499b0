/** Dead letters that died of the same, as far as their errors tell: numbers, ids and quoted values do not count. */
import type { TaskView } from "../protocol/views.ts";
import { causeOf } from "./tasks.ts";

export interface DeadGroup {
  /** The same for all of it, and from one reading to the next. */
  key: string;
  /** The words of the newest one. */
  cause: string;
  /** The class of its error: `TypeError`, `timeout`. */
  kind: string | undefined;
  type: string;
  arms: string[];
  /** Newest first. */
  tasks: TaskView[];
  newestAt: string;
  oldestAt: string;
}

/** Groups by type and error, the largest first; of equal size, the one with the newest death. */
export function groupDead(tasks: readonly TaskView[]): DeadGroup[] {
  const groups = new Map<string, DeadGroup>();
  for (const task of tasks) {
    const cause = causeOf(task) || "no reason was given";
    const key = `${task.type}\n${task.error?.kind ?? ""}\n${shapeOf(cause)}`;
    const at = task.endedAt ?? task.createdAt;
    const group = groups.get(key);
    if (group === undefined) {
      const { type, arm, error } = task;
      groups.set(key, { key, cause, kind: error?.kind, type, arms: [arm], tasks: [task], newestAt: at, oldestAt: at });
      continue;
    }
    group.tasks.push(task);
    if (!group.arms.includes(task.arm)) group.arms.push(task.arm);
    if (at > group.newestAt) Object.assign(group, { newestAt: at, cause });
    if (at < group.oldestAt) group.oldestAt = at;
  }
  return [...groups.values()].toSorted(
    (a, b) => b.tasks.length - a.tasks.length || b.newestAt.localeCompare(a.newestAt),
  );
}

const SHAPE_MAX = 500;

/** The error without what differs from one task to the next. */
export function shapeOf(cause: string): string {
  return cause
    .slice(0, SHAPE_MAX)
    .replace(/"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g, "…")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "#")
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, "#")
    .replace(/\d+([.:,]\d+)*/g, "#")
    .replace(/\s+/g, " ")
    .trim();
}
