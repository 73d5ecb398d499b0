/** The words of people about tasks: whether one may start, and how one has ended. */
import { TaskView } from "../../protocol/views.ts";
import { TaskMark, Verdict } from "../../protocol/workflow.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";

const tag = "tasks";

export function addVerdictRoutes(app: App, { options: { engine, limits } }: ServerScope): void {
  for (const [word, summary, description] of [
    ["approve", "Let a task start that waits for a person", "The task, which goes on"],
    ["reject", "Refuse a task that waits for a person", "The task, which has failed"],
  ] as const)
    addRoute(
      app,
      {
        method: "post",
        path: `/tasks/{id}/${word}`,
        role: "submitter",
        arms: "task",
        tag,
        summary,
        body: Verdict,
        answer: { status: 200, schema: TaskView, description },
        errors: ["conflict"],
      },
      async ({ id, body }) => json(await engine.approveTask(id, word === "approve", defined(body))),
    );
  addRoute(
    app,
    {
      method: "post",
      path: "/tasks/{id}/mark",
      role: "submitter",
      arms: "task",
      tag,
      summary: "Say how a task has ended, whatever it did",
      description: "What ended because of it waits again, and goes on from there.",
      body: TaskMark,
      bodyBytes: limits.taskBytes,
      answer: { status: 200, schema: TaskView, description: "The task as it is now" },
      errors: ["conflict"],
    },
    async ({ id, body }) => json(await engine.markTask(id, defined(body))),
  );
}
