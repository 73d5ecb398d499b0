/**
 * One order of rows for runs that need not have the same tasks: that of the newest; what only older ones have stands after
 * what it followed there, and at the end where it began.
 */

/** `lists`: names of tasks by run, the newest run first. Each name comes once. */
export function rowsInOrder(lists: readonly (readonly string[])[]): string[] {
  const placed = new Set<string>(lists[0]);
  // What an older run has beside it follows the name that stood before it there.
  const after = new Map<string, string[]>();
  const last: string[] = [];
  for (const list of lists.slice(1)) {
    let before: string | undefined;
    for (const name of list) {
      if (!placed.has(name)) {
        placed.add(name);
        if (before === undefined) last.push(name);
        else after.set(before, [...(after.get(before) ?? []), name]);
      }
      before = name;
    }
  }
  const rows: string[] = [];
  const stack = [...(lists[0] ?? []), ...last].toReversed();
  while (stack.length > 0) {
    const name = stack.pop()!;
    rows.push(name);
    for (const next of (after.get(name) ?? []).toReversed()) stack.push(next);
  }
  return rows;
}
