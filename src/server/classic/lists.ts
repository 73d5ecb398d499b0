/** What was done, who is there to do it, and what can be done. */
import { z } from "@hono/zod-openapi";
import type { TaskView } from "../../protocol/views.ts";
import { PLUGIN_LANGUAGES } from "../../base/words.ts";
import { addRoute, type App, json } from "../route.ts";
import { wholeNumber } from "../routes/queries.ts";
import { noTask } from "../routes/tasks.ts";
import type { ServerScope } from "../scope.ts";
import { ClientView, clientView, earlierView, ExecutionView, executionView } from "./views.ts";

const tag = "classic";
export const LIMIT = 100;
export const LIMIT_MAX = 1000;
const PAGE = 500;
/** Tasks that are looked at for those that call plugins. */
const LOOKED_MAX = 10_000;

/** The newest tasks for which `take` makes something of a task. */
export function newest<T>(
  { options: { engine } }: ServerScope,
  limit: number,
  take: (task: TaskView) => T | undefined,
): T[] {
  const found: T[] = [];
  let cursor: string | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const page = engine.tasks({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const task of page.items) {
      const one = take(task);
      if (one === undefined) continue;
      found.push(one);
      if (found.length >= limit) return found;
    }
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return found;
}

const PluginLine = z.object({
  name: z.string(),
  actions: z.array(z.string()),
  version: z.int(),
  language: z.enum(PLUGIN_LANGUAGES),
  description: z.string().optional(),
});

export function addClassicLists(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      ...{ method: "get", path: "/executions", isAtRoot: true, tag },
      summary: "List executions of plugins, newest first",
      description: "With `task_id` all of one task, and of the tasks that it made on each client.",
      query: z.strictObject({ limit: wholeNumber(1, LIMIT_MAX).optional(), task_id: z.string().min(1).optional() }),
      answer: { status: 200, schema: z.array(ExecutionView), description: "The newest of them" },
      errors: ["not_found"],
    },
    ({ query: { limit = LIMIT, task_id: id } }) =>
      json(id === undefined ? newest(scope, limit, executionView) : executionsOf(scope, id).slice(0, limit)),
  );
  addRoute(
    app,
    {
      ...{ method: "get", path: "/clients", isAtRoot: true, tag },
      summary: "List clients with the age of their last heartbeat",
      answer: { status: 200, schema: z.array(ClientView), description: "Every client that was ever here" },
    },
    () => json(engine.workers().map(clientView)),
  );
  addRoute(
    app,
    {
      ...{ method: "get", path: "/plugins", isAtRoot: true, tag },
      summary: "List plugins with their actions",
      answer: { status: 200, schema: z.array(PluginLine), description: "All of them, by name" },
    },
    () =>
      json(
        engine.plugins.list().map(({ name, actions, version, language, description }) => ({
          ...{ name, actions, version, language },
          ...(description !== undefined && { description }),
        })),
      ),
  );
}

/** All attempts of a task, newest first; of one for all clients those of its members. */
export function executionsOf(scope: ServerScope, id: string): ExecutionView[] {
  const { engine } = scope.options;
  const task = engine.task(id);
  if (task === undefined) throw noTask(id);
  if (task.kind === "each") {
    const members = engine.tasks({ inside: task.id, limit: PAGE }).items;
    return members.map(executionView).filter((one) => one !== undefined);
  }
  const last = executionView(task);
  const earlier = task.attempts
    .filter(({ attempt }) => attempt !== last?.attempt)
    .map((attempt) => earlierView(task, attempt));
  return [last, ...earlier.toReversed()].filter((one) => one !== undefined);
}
