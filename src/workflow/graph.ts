/**
 * The graph that `needs` makes: every name must be a task of the same file, and no task may need itself, however far
 * around. Everything here is linear in the number of tasks and needs.
 */
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";

/** Cycles that are shown; mending them usually mends the others. */
const CYCLES_MAX = 5;

/** Tasks of a cycle that are written out. */
const CYCLE_TEXT_MAX = 20;

/** One need of a task, by its place in the list. */
export interface Need {
  task: string;
  index: number;
  name: string;
}

/** A cycle, and the need that closes it. */
export interface Cycle {
  closing: Need;
  text: string;
}

type Node = Pick<TaskSpec, "id" | "needs">;

/** True when every need names a task that stands before: then there is no cycle, and nothing to put in order. */
export function isInOrder(tasks: readonly Node[]): boolean {
  const before = new Set<string>();
  for (const { id, needs } of tasks) {
    if (needs !== undefined) for (const need of needs) if (!before.has(need)) return false;
    before.add(id!);
  }
  return true;
}

/** Needs that name no task. */
export function unknownNeeds(tasks: readonly Node[]): Need[] {
  const known = new Set(tasks.map((task) => task.id!));
  const unknown: Need[] = [];
  for (const task of tasks) {
    for (const [index, name] of (task.needs ?? []).entries()) {
      if (!known.has(name)) unknown.push({ task: task.id!, index, name });
    }
  }
  return unknown;
}

/** The first cycles, found depth first from the first task of the file on. Unknown names are passed over. */
export function findCycles(tasks: readonly Node[]): Cycle[] {
  const needsOf = new Map(tasks.map((task) => [task.id!, task.needs ?? []]));
  const done = new Set<string>();
  const cycles: Cycle[] = [];
  for (const task of tasks) {
    if (done.has(task.id!)) continue;
    // An explicit stack: a chain of thousands would overflow the call stack.
    const stack = [{ id: task.id!, next: 0 }];
    const depth = new Map([[task.id!, 0]]);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const index = top.next++;
      const name = needsOf.get(top.id)![index];
      if (name === undefined) {
        done.add(top.id);
        depth.delete(top.id);
        stack.pop();
      } else if (depth.has(name)) {
        const members = stack.slice(depth.get(name)).map(({ id }) => id);
        cycles.push({ closing: { task: top.id, index, name }, text: cycleText([...members, name]) });
        if (cycles.length === CYCLES_MAX) return cycles;
      } else if (!done.has(name) && needsOf.has(name)) {
        depth.set(name, stack.length);
        stack.push({ id: name, next: 0 });
      }
    }
  }
  return cycles;
}

function cycleText(names: string[]): string {
  const half = CYCLE_TEXT_MAX / 2;
  const hidden = names.length - CYCLE_TEXT_MAX;
  const shown = hidden > 0 ? [...names.slice(0, half), `(${hidden} more)`, ...names.slice(-half)] : names;
  return shown.join(" -> ");
}

/** The tasks in the order of the file, except that each stands after all that it needs. There must be no cycle. */
export function inOrderOfNeeds<T extends Node>(tasks: readonly T[]): T[] {
  const byId = new Map(tasks.map((task) => [task.id!, task]));
  const placed = new Set<string>();
  const ordered: T[] = [];
  for (const first of tasks) {
    const stack = [{ task: first, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const need = top.task.needs?.[top.next++];
      if (need !== undefined) {
        if (!placed.has(need)) stack.push({ task: byId.get(need)!, next: 0 });
        continue;
      }
      stack.pop();
      if (placed.has(top.task.id!)) continue;
      placed.add(top.task.id!);
      ordered.push(top.task);
    }
  }
  return ordered;
}

/**
 * The order in which a run can go, for printing: each level holds the tasks that are ready once the levels before it
 * have ended. The engine does not wait for a level; it starts each task when its own needs have ended.
 */
export function levelsOf(run: Pick<RunSpec, "tasks">): string[][] {
  const main = run.tasks.filter(({ node }) => node?.role === undefined);
  const waits = new Map(main.map((task) => [task.id!, task.needs?.length ?? 0]));
  const children = new Map<string, string[]>();
  for (const task of main) {
    for (const need of task.needs ?? []) {
      const list = children.get(need);
      if (list === undefined) children.set(need, [task.id!]);
      else list.push(task.id!);
    }
  }
  const levels: string[][] = [];
  let level = main.filter((task) => waits.get(task.id!) === 0).map((task) => task.id!);
  while (level.length > 0) {
    levels.push(level);
    const next: string[] = [];
    for (const id of level) {
      for (const child of children.get(id) ?? []) {
        const left = waits.get(child)! - 1;
        waits.set(child, left);
        if (left === 0) next.push(child);
      }
    }
    level = next;
  }
  return levels;
}
