/** What is done to tasks: cancel, retry, move, put aside, remove. */
import { z } from "@hono/zod-openapi";
import { Instant, Name, Priority } from "../../protocol/common.ts";
import { JsonValue } from "../../protocol/json.ts";
import { TaskView } from "../../protocol/views.ts";
import { TaskSubmission } from "../../protocol/task.ts";
import { checkTask, checkTasks } from "../access/arms.ts";
import { aboutOneTask } from "../one-task.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";

const tag = "tasks";

const Move = z
  .strictObject({ arm: Name.optional(), priority: Priority.optional(), dueAt: Instant.nullable().optional() })
  .refine(({ arm, priority, dueAt }) => arm !== undefined || priority !== undefined || dueAt !== undefined, {
    error: "must have at least one of arm, priority, dueAt",
  });

export function addTaskCommands(app: App, scope: ServerScope): void {
  addEnds(app, scope);
  addChanges(app, scope);
  addReplace(app, scope);
}

/** What ends tasks, or removes those that have ended. */
function addEnds(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/tasks/{id}/cancel",
      role: "submitter",
      arms: "task",
      tag,
      summary: "Cancel a task that has not ended",
      body: z.strictObject({ reason: z.string().min(1).max(1000).optional() }),
      answer: {
        status: 202,
        schema: TaskView,
        description: "The task; a running one ends when its worker has stopped it",
      },
      errors: ["conflict"],
    },
    async ({ id, body }) => json(await engine.cancelTask(id, body.reason), 202),
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/tasks/{id}",
      role: "submitter",
      arms: "task",
      tag,
      summary: "Remove an ended task with its output and result",
      answer: { status: 204, description: "It is gone" },
      errors: ["conflict"],
    },
    async ({ id }) => {
      await engine.deleteTask(id);
      return new Response(null, { status: 204 });
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/tasks/clear",
      role: "operator",
      tag,
      summary: "Remove ended tasks but the newest",
      body: z.strictObject({ keep: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }),
      answer: { status: 200, schema: z.object({ removed: z.int() }), description: "How many went" },
    },
    async ({ body }) => json({ removed: await engine.clearEnded(body.keep) }),
  );
}

/** What changes tasks, or what is thought of them. */
function addChanges(app: App, scope: ServerScope): void {
  const { engine, limits } = scope.options;
  addRoute(
    app,
    {
      method: "patch",
      path: "/tasks/{id}",
      role: "submitter",
      arms: "own",
      tag,
      summary: "Give a live task another arm or priority, or a waiting one another time",
      description:
        "`dueAt` (ISO 8601 with a zone, or epoch milliseconds) is for tasks that wait: before it they do not start; null is now.",
      body: Move,
      answer: { status: 200, schema: TaskView, description: "The task as it is now" },
      errors: ["conflict"],
    },
    async ({ id, body, principal, request }) => {
      checkTask(scope, principal, id, request);
      if (body.arm !== undefined) scope.guard.checkArms(principal, [body.arm], request);
      const { dueAt, ...move } = defined(body);
      // The one that is refused more often comes first, so that a refusal leaves all as it was.
      const put = dueAt === undefined ? undefined : await engine.rescheduleTask(id, dueAt ?? 0);
      return json(Object.keys(move).length === 0 ? put! : await engine.moveTask(id, move, principal));
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/tasks/{id}/retry",
      role: "submitter",
      arms: "task",
      tag,
      summary: "Try an ended task again",
      description:
        "With `input` it runs with that in place of a function's input, a request's body, or the environment " +
        "variables of a command (an object).",
      body: z.strictObject({ input: JsonValue.optional() }),
      bodyBytes: limits.taskBytes,
      answer: { status: 202, schema: TaskView, description: "The task, waiting again" },
      errors: ["conflict"],
    },
    async ({ id, body, principal }) =>
      json(await engine.retryTask(id, body.input === undefined ? {} : { input: body.input }, principal), 202),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/tasks/{id}/dismiss",
      role: "submitter",
      arms: "task",
      tag,
      summary: "Put a dead letter aside",
      description: "It stays in the history and leaves the list of dead letters.",
      answer: { status: 200, schema: TaskView, description: "The task, not dead any more" },
      errors: ["conflict"],
    },
    async ({ id }) => json(await engine.dismissTask(id)),
  );
}

/** What has not started may become another task. */
function addReplace(app: App, scope: ServerScope): void {
  const { engine, limits } = scope.options;
  addRoute(
    app,
    {
      method: "put",
      path: "/tasks/{id}",
      role: "submitter",
      arms: "own",
      tag,
      summary: "Replace what a task does that has not started",
      description:
        "The body is a task as it is submitted; what it leaves out has its default, and not what the task had. The task keeps " +
        "its id and stands at the end of its queue. One that has started, belongs to a run or has a cache is refused (409).",
      body: TaskSubmission,
      bodyBytes: limits.taskBytes,
      answer: { status: 200, schema: TaskView, description: "The task as it is now" },
      errors: ["not_found", "conflict", "queue_full"],
    },
    async ({ id, body, principal, request }) => {
      checkTask(scope, principal, id, request);
      try {
        if (principal.arms !== undefined) checkTasks(scope, principal, [body], request);
        return json(await engine.replaceTask(id, body, principal));
      } catch (error) {
        throw aboutOneTask(error);
      }
    },
  );
}
