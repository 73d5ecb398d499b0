/**
 * The chain of tasks that decided when a run ended: from its last task back, at each step the one that the next waited for
 * longest. While the run goes on: back from the task that most still hangs on, and forward along what hangs on it.
 *
 * It says what was waited for, not what would have been waited for without it: making its longest task faster helps until
 * another chain is the longest.
 */
import { isEnded } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import { heightsOf } from "./run-shape.ts";

export interface CriticalPath {
  /** From the first to the last that has begun. */
  past: string[];
  /** What is still to come, as far as needs tell. */
  ahead: string[];
}

/** Of the tasks of one run; handlers, which need nothing by name, come after what ended before they were ready. */
export function criticalPath(tasks: readonly TaskView[]): CriticalPath {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const live = tasks.filter((task) => !isEnded(task.state) && task.role === undefined);
  const heights = live.length === 0 ? new Map<string, number>() : heightsOf(tasks);
  const last = live.length === 0 ? latest(tasks, Infinity) : deciding(live, heights);
  if (last === undefined) return { past: [], ahead: [] };
  const past = [last.id];
  const seen = new Set(past);
  for (let task: TaskView | undefined = last; task !== undefined;) {
    task = before(task, byId, tasks);
    // A task that was retried may have ended after those that needed it had begun.
    if (task === undefined || seen.has(task.id)) break;
    seen.add(task.id);
    past.push(task.id);
  }
  return { past: past.toReversed(), ahead: isEnded(last.state) ? [] : aheadOf(last, tasks, heights) };
}

/** Of the members of an `each`, the one that its end waited for. */
export function lastMember(members: readonly TaskView[]): string | undefined {
  return latest(members, Infinity)?.id;
}

/** Of those that have begun or may begin the one with the longest way before it; of several the one that was ready first. */
function deciding(live: readonly TaskView[], heights: ReadonlyMap<string, number>): TaskView | undefined {
  const isOn = live.filter(({ state }) => state !== "blocked");
  return (isOn.length === 0 ? live : isOn).reduce<TaskView | undefined>((best, task) => {
    if (best === undefined) return task;
    const more = heights.get(task.id)! - heights.get(best.id)!;
    if (more !== 0) return more > 0 ? task : best;
    return startOf(task) < startOf(best) ? task : best;
  }, undefined);
}

function aheadOf(from: TaskView, tasks: readonly TaskView[], heights: ReadonlyMap<string, number>): string[] {
  const dependents = new Map<string, TaskView[]>();
  for (const task of tasks) {
    if (task.state !== "blocked") continue;
    for (const need of task.needs) {
      const list = dependents.get(need);
      if (list === undefined) dependents.set(need, [task]);
      else list.push(task);
    }
  }
  const ids: string[] = [];
  for (let id = from.id; ;) {
    const next = dependents
      .get(id)
      ?.reduce((best, task) => (heights.get(task.id)! > heights.get(best.id)! ? task : best));
    if (next === undefined) return ids;
    ids.push(next.id);
    id = next.id;
  }
}

function before(task: TaskView, byId: ReadonlyMap<string, TaskView>, tasks: readonly TaskView[]): TaskView | undefined {
  const until = startOf(task);
  if (task.role !== undefined && task.needs.length === 0) return latest(tasks, until, task.id);
  const needs = task.needs.flatMap((id) => byId.get(id) ?? []);
  return latest(needs, until) ?? latest(needs, Infinity);
}

/** The last to end, at a moment or before. Those that never ran decided nothing. */
function latest(tasks: readonly TaskView[], until: number, not?: string): TaskView | undefined {
  let found: TaskView | undefined;
  let at = -Infinity;
  for (const task of tasks) {
    if (task.endedAt === undefined || !isEnded(task.state) || task.id === not) continue;
    const ended = Date.parse(task.endedAt);
    // Of those that ended at the same moment, one that ran says more than one that ended because of it.
    const isBetter = ended > at || (ended === at && found?.startedAt === undefined && task.startedAt !== undefined);
    if (ended > until || !isBetter) continue;
    found = task;
    at = ended;
  }
  return found;
}

function startOf({ readyAt, startedAt, endedAt }: TaskView): number {
  const at = readyAt ?? startedAt ?? endedAt;
  return at === undefined ? Infinity : Date.parse(at);
}
