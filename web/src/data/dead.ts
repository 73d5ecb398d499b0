/** Dead letters, as far as a screen can group them. */
import type { TaskView } from "@octopus/protocol/views.ts";
import type { AskedTasks } from "@octopus/view/query.ts";
import { client } from "./client.ts";

const PAGE = 1000;
/** What is read at most: more are told of, and reached by a filter. */
export const DEAD_MAX = 5000;

export interface DeadLetters {
  tasks: TaskView[];
  /** There are more than were read. */
  isCut: boolean;
}

export async function readDead(asked: AskedTasks): Promise<DeadLetters> {
  const tasks: TaskView[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.tasks({ ...asked, dead: true, limit: PAGE, cursor });
    tasks.push(...page.items);
    cursor = page.next;
    if (cursor === undefined || tasks.length >= DEAD_MAX) return { tasks, isCut: cursor !== undefined };
  }
}
