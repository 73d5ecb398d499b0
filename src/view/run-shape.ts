/**
 * The shape of a run: which of its tasks need which, in levels, and how they fold into fewer. Only names and needs count
 * here, never states, so that a picture that was laid out once stays as it is while the tasks go on.
 *
 * SH1: what is folded together stands on one level (or in one band of levels), so folding makes no cycle.
 */
import type { TaskView } from "../protocol/views.ts";

export type ShapeTask = Pick<TaskView, "id" | "needs"> & Partial<Pick<TaskView, "name" | "role" | "type">>;

/** Tasks that are shown as one, or one alone. */
export interface Unit {
  /** The task's id, or `g:…` for several. */
  id: string;
  /** What the names of several have in common. */
  title?: string;
  tasks: string[];
}

/** Number of needs on the longest way to each task, 0 for those that need nothing of the run. */
export function levelsOf(tasks: readonly ShapeTask[]): Map<string, number> {
  const { order, needsOf } = sorted(tasks);
  const levels = new Map<string, number>();
  for (const id of order) {
    let level = 0;
    for (const need of needsOf.get(id)!) level = Math.max(level, (levels.get(need) ?? 0) + 1);
    levels.set(id, level);
  }
  return levels;
}

/** Number of tasks on the longest way from each task to an end of the run, itself left out. */
export function heightsOf(tasks: readonly ShapeTask[]): Map<string, number> {
  const { order, needsOf } = sorted(tasks);
  const heights = new Map<string, number>(order.map((id) => [id, 0]));
  for (const id of order.toReversed()) {
    const height = heights.get(id)! + 1;
    for (const need of needsOf.get(id)!) if (heights.get(need)! < height) heights.set(need, height);
  }
  return heights;
}

/** Ids in an order in which needs come first; needs that are not among the tasks are left out. */
function sorted(tasks: readonly ShapeTask[]): { order: string[]; needsOf: Map<string, string[]> } {
  const known = new Set(tasks.map(({ id }) => id));
  const needsOf = new Map(tasks.map(({ id, needs }) => [id, needs.filter((need) => known.has(need))]));
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const [id, needs] of needsOf) {
    open.set(id, needs.length);
    for (const need of needs) {
      const list = dependents.get(need);
      if (list === undefined) dependents.set(need, [id]);
      else list.push(id);
    }
  }
  const order = tasks.filter(({ id }) => open.get(id) === 0).map(({ id }) => id);
  for (let i = 0; i < order.length; i++) {
    for (const next of dependents.get(order[i]!) ?? []) {
      const left = open.get(next)! - 1;
      open.set(next, left);
      if (left === 0) order.push(next);
    }
  }
  return { order, needsOf };
}

/** Fewer than this are shown one by one. */
const FOLD_MIN = 3;

/**
 * The tasks as at most so many units, where folding can do that: first those of one level whose names differ in a number,
 * then those whose names begin with the same word, then whole levels, then bands of levels. Units that are `open` are
 * shown task by task.
 */
export function fold(tasks: readonly ShapeTask[], most: number, open: ReadonlySet<string> = new Set()): Unit[] {
  if (tasks.length <= most) return tasks.map(alone);
  const levels = levelsOf(tasks);
  const levelOf = (task: ShapeTask): number => levels.get(task.id) ?? 0;
  for (const stem of [numberStem, wordStem]) {
    const units = foldBy(tasks, (task) => [`${levelOf(task)}`, stem(task.name ?? task.type ?? "")], open);
    if (units.closed <= most) return units.list;
  }
  const depth = tasks.reduce((deepest, task) => Math.max(deepest, levelOf(task)), 0) + 1;
  const band = Math.ceil(depth / most);
  const titleOf = (level: number): string =>
    band === 1 ? `level ${level + 1}` : `levels ${level * band + 1} to ${Math.min(depth, (level + 1) * band)}`;
  return foldBy(
    tasks,
    (task) => {
      const level = Math.floor(levelOf(task) / band);
      return [`${band}/${level}`, titleOf(level)];
    },
    open,
  ).list;
}

function foldBy(
  tasks: readonly ShapeTask[],
  keyOf: (task: ShapeTask) => [place: string, title: string],
  open: ReadonlySet<string>,
): { list: Unit[]; closed: number } {
  const groups = new Map<string, { title: string; tasks: ShapeTask[] }>();
  for (const task of tasks) {
    const [place, title] = keyOf(task);
    // Handlers run in phases of their own: they never stand in one unit with what runs before them.
    const key = `g:${place}:${task.role ?? ""}:${title}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { title, tasks: [task] });
    else group.tasks.push(task);
  }
  let opened = 0;
  const list = [...groups].flatMap(([id, group]): Unit[] => {
    if (group.tasks.length < FOLD_MIN) return group.tasks.map(alone);
    if (!open.has(id)) return [{ id, title: group.title, tasks: group.tasks.map((task) => task.id) }];
    opened += group.tasks.length - 1;
    return group.tasks.map(alone);
  });
  return { list, closed: list.length - opened };
}

function alone({ id }: ShapeTask): Unit {
  return { id, tasks: [id] };
}

/** `shard_0042` and `shard[7,de]` are `shard`. */
export function numberStem(name: string): string {
  return name.replace(/\[[^\]]*\]$/u, "").replace(/[-_.:/ ]*\d+$/u, "") || name;
}

/** `extract_airports` and `extract-routes` are `extract`. */
export function wordStem(name: string): string {
  const stem = numberStem(name);
  return /^[^-_.:/ [\]]+/u.exec(stem)?.[0] ?? stem;
}
