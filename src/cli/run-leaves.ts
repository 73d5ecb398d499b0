/** The tasks of a run that do work themselves: those inside an `each` and inside nested runs in the place of their holders. */
import type { Client } from "../client/mod.ts";
import type { TaskView } from "../protocol/views.ts";

/** Members of one `each` that are looked at, the newest. */
const MEMBERS_MAX = 1000;
/** Runs inside runs that are looked into. */
const DEPTH_MAX = 8;

/** A task and what people call it: `inner/load` inside the task `inner`. */
export interface Leaf {
  task: TaskView;
  name: string;
}

export async function leavesOf(client: Client, tasks: readonly TaskView[], within = "", depth = 0): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (const task of tasks) {
    const name = task.name === undefined ? undefined : `${within}${task.name}`;
    if (task.members !== undefined) {
      const { items } = await client.tasks({ inside: task.id, limit: MEMBERS_MAX });
      leaves.push(...(await leavesOf(client, items.toReversed(), within, depth)));
    } else if (task.subRun !== undefined && depth < DEPTH_MAX) {
      const inner = await client.run(task.subRun);
      leaves.push(...(await leavesOf(client, inner.tasks, `${name ?? task.id}/`, depth + 1)));
    } else leaves.push({ task, name: name ?? "" });
  }
  return leaves;
}
