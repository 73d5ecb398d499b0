/** Tasks: submit, list, look, wait. What is done to them is in `task-commands.ts`, their output in `logs.ts`. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { BulkSubmitted, Explanation, Submitted, TaskDetail, TaskView } from "../../protocol/views.ts";
import { TaskSubmission } from "../../protocol/task.ts";
import { answerWaiting } from "../long-poll.ts";
import { addRoute, type App, document, json, jsonText } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { Cursor, defined, Flag, Limit, Moment, TaskKinds, TaskStates, Text, Wait } from "./queries.ts";

const tag = "tasks";
const Awaiting = z.enum(["approval"], { error: "must be approval" }).optional();
const TaskPage = z.object({
  items: z.array(TaskView),
  next: z.string().optional(),
  /** The page ended early, because much was to be looked at: everything newer than this was. */
  readTo: z.iso.datetime().optional(),
});
const Listing = z.strictObject({
  state: TaskStates,
  type: Text,
  arm: Text,
  tag: Text,
  run: Text,
  q: Text,
  text: Text,
  worker: Text,
  kind: TaskKinds,
  owner: Text,
  key: Text,
  dead: Flag,
  schedule: Text,
  callbackOf: Text,
  inside: Text,
  awaiting: Awaiting,
  from: Moment,
  to: Moment,
  limit: Limit,
  cursor: Cursor,
});

/** The refusal of an id that nothing has. */
export function noTask(id: string): OctopusError {
  return new OctopusError("not_found", `there is no task ${JSON.stringify(id)}; it may have been removed by retention`);
}

export function addTaskRoutes(app: App, scope: ServerScope): void {
  documentSubmit(app);
  addListings(app, scope);
  addFindings(app, scope);
}

function addListings(app: App, scope: ServerScope): void {
  const { engine } = scope.options;

  addRoute(
    app,
    {
      method: "get",
      path: "/tasks",
      tag,
      summary: "List tasks, newest first",
      description:
        "`q` is text in the id, name or type; `text` is text in what a task does, its result or its error. Where many tasks have to " +
        "be looked at, the answer comes after a fraction of a second, with fewer items than `limit` (or none), `next` and " +
        "`readTo`: go on with `next`.",
      query: Listing,
      answer: { status: 200, schema: TaskPage, description: "A page of tasks" },
    },
    async ({ query }) => json(await engine.listTasks(defined(query))),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}",
      tag,
      summary: "Show a task, or wait for its end",
      description: "With `?wait=30s` the answer comes when the task has ended, or as it is after that time.",
      query: z.strictObject({ wait: Wait }),
      answer: { status: 200, schema: TaskDetail, description: "The task with its attempts" },
    },
    async ({ id, query, response }) => {
      const wait = query.wait ?? 0;
      const task =
        wait === 0
          ? engine.task(id)
          : await answerWaiting(scope, response, (signal) => engine.waitTask(id, wait, signal));
      if (task === undefined) throw noTask(id);
      return json(task);
    },
  );
}

/** What is known of one task beyond its view. */
function addFindings(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/explain",
      tag,
      summary: "Say why a task is not running",
      answer: { status: 200, schema: Explanation, description: "Every reason that holds now" },
    },
    ({ id }) => {
      const explanation = engine.explain(id);
      if (explanation === undefined) throw noTask(id);
      return json(explanation);
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/tasks/{id}/result",
      tag,
      summary: "Get the result",
      answer: { status: 200, type: "application/json", description: "What the task returned, as JSON" },
    },
    ({ id }) => {
      const text = engine.resultText(id);
      if (text !== undefined) return jsonText(text);
      const task = engine.task(id);
      if (task === undefined) throw noTask(id);
      throw new OctopusError("not_found", `the task ${id} is ${task.state} and has no result`);
    },
  );
}

/** The route that `submit.ts` serves. */
function documentSubmit(app: App): void {
  document(app, {
    method: "post",
    path: "/tasks",
    role: "submitter",
    arms: "own",
    tag,
    summary: "Submit one task or many",
    description:
      "A JSON object is one task; the answer is `Submitted`. A JSON array, or one object per line as " +
      "`application/x-ndjson`, is many: all are looked over before any is taken; the answer is `BulkSubmitted`. Up to " +
      "512 all are taken or none. Of more, where somebody else takes an id or closes an arm in that moment, some may be taken " +
      "and others not: the error names those that were.",
    body: z.union([TaskSubmission, z.array(TaskSubmission)]),
    answer: { status: 201, schema: z.union([Submitted, BulkSubmitted]), description: "Accepted, and on disk" },
    errors: ["conflict", "queue_full", "storage_full", "storage_failed"],
  });
}
