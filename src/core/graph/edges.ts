/** The arrows from a task to those that need it. Most tasks have a few, and a hundred thousand of them wait at once. */
import type { Task } from "../task.ts";

/** Lists up to this length hold exactly what is in them; an array that grows by itself takes room for 17 more. */
const EXACT_MAX = 8;

/** `child` waits for `parent`. */
export function addChild(parent: Task, child: Task): void {
  const { children } = parent;
  if (children === undefined) parent.children = [child];
  else if (children.length < EXACT_MAX) parent.children = [...children, child];
  else children.push(child);
}
