/** A run as rows, what it holds inside below it: the list and the waterfall of every screen. */
import type { TaskState } from "../base/words.ts";
import { isEnded } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import { holdsOf, type RunParts } from "./run-graph.ts";
import { isAsked } from "./run-words.ts";

export interface RunRow {
  /** The task's id, `more:ID` or `wait:ID`. */
  key: string;
  task: TaskView;
  depth: number;
  /** It can be unfolded. */
  holds?: "members" | "run";
  isOpen: boolean;
  /** Not the task itself: a line that says how many of its members are not shown, or that they are being read. */
  note?: { left: number } | "reading";
}

/** `file`: as they stand there. `start`: as they began. `state`: those that need somebody first. `long`: the slowest. */
export const ROW_ORDERS = ["file", "start", "state", "long"] as const;
export type RowOrder = (typeof ROW_ORDERS)[number];

export interface RowOptions {
  open?: ReadonlySet<string>;
  order?: RowOrder;
  now: number;
  /** Leaves out what does not fit; what holds something that fits stays. */
  fits?: (task: TaskView) => boolean;
}

export function runRows(parts: RunParts, { open = new Set(), order = "file", now, fits }: RowOptions): RunRow[] {
  const rows: RunRow[] = [];
  const add = (tasks: readonly TaskView[], depth: number): void => {
    for (const task of inOrder(tasks, order, now)) {
      const holds = holdsOf(task);
      const isOpen = holds !== undefined && open.has(task.id);
      const at = rows.length;
      rows.push({ key: task.id, task, depth, isOpen, ...(holds && { holds }) });
      if (isOpen) addInner(task, depth + 1);
      if (fits !== undefined && !fits(task) && rows.length === at + 1) rows.pop();
    }
  };
  const addInner = (task: TaskView, depth: number): void => {
    const inner = task.subRun === undefined ? parts.members?.get(task.id) : parts.runs?.get(task.subRun)?.tasks;
    if (inner === undefined) {
      rows.push({ key: `wait:${task.id}`, task, depth, isOpen: false, note: "reading" });
      return;
    }
    add(inner, depth);
    const left = task.members === undefined ? 0 : task.members.total - inner.length;
    if (left > 0) rows.push({ key: `more:${task.id}`, task, depth, isOpen: false, note: { left } });
  };
  add(parts.tasks, 0);
  return rows;
}

const RANK: Record<TaskState, number> = {
  failed: 1,
  expired: 1,
  running: 2,
  queued: 3,
  scheduled: 3,
  cancelled: 4,
  upstream_failed: 5,
  blocked: 6,
  succeeded: 7,
  skipped: 8,
};

function inOrder(tasks: readonly TaskView[], order: RowOrder, now: number): readonly TaskView[] {
  if (order === "file") return tasks;
  if (order === "state") return tasks.toSorted((a, b) => rankOf(a) - rankOf(b));
  if (order === "long") return tasks.toSorted((a, b) => tookMs(b, now) - tookMs(a, now));
  // What has not begun stands last, in the order of the file: rows that have begun keep their place.
  return tasks.toSorted((a, b) => beganAt(a) - beganAt(b) || 0);
}

function rankOf(task: TaskView): number {
  return isAsked(task) ? 0 : RANK[task.state];
}

function beganAt({ startedAt, readyAt, state }: TaskView): number {
  const at = readyAt ?? startedAt;
  return at === undefined || state === "blocked" ? Number.MAX_SAFE_INTEGER : Date.parse(at);
}

/** How long it has run, or runs; 0 for one that has not started. */
export function tookMs({ startedAt, endedAt, state }: TaskView, now: number): number {
  if (startedAt === undefined) return 0;
  if (endedAt === undefined && state !== "running") return 0;
  return Math.max(0, (endedAt === undefined || !isEnded(state) ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}
