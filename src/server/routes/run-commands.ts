/** What is done to runs: cancel, pause, resume, do again; and why one is where it is. */
import { z } from "@hono/zod-openapi";
import { RunExplanation, RunView } from "../../protocol/run-views.ts";
import { RunRetry } from "../../protocol/workflow.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";
import { noRun } from "./runs.ts";

const tag = "runs";
const Reason = z.strictObject({ reason: z.string().min(1).max(1000).optional() });

export function addRunCommands(app: App, scope: ServerScope): void {
  const { engine, limits } = scope.options;
  addRoute(
    app,
    {
      method: "post",
      path: "/runs/{id}/cancel",
      role: "submitter",
      arms: "run",
      tag,
      summary: "Cancel a run",
      body: Reason,
      answer: {
        status: 202,
        schema: RunView,
        description: "The run; running tasks end when their workers have stopped them",
      },
      errors: ["conflict"],
    },
    async ({ id, body }) => json(await engine.cancelRun(id, body.reason), 202),
  );
  addPauses(app, scope);
  addRoute(
    app,
    {
      method: "post",
      path: "/runs/{id}/retry",
      role: "submitter",
      arms: "run",
      tag,
      summary: "Do a run again",
      description:
        "What has failed in it and what could not run for that; or `all` of it; or one `task`, with `downstream` also " +
        "everything that needs it. With `params` the tasks that are done again see these.",
      body: RunRetry,
      bodyBytes: limits.taskBytes,
      answer: { status: 202, schema: RunView, description: "The run as it is now" },
      errors: ["conflict"],
    },
    async ({ id, body }) => json(await engine.retryRun(id, defined(body)), 202),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/runs/{id}/explain",
      tag,
      summary: "Say why tasks of a run wait, did not run or failed",
      description:
        "Tasks that have the same reason are one group. Of each state the newest 100 tasks are looked at; `counts` are those of all.",
      answer: { status: 200, schema: RunExplanation, description: "The groups, the largest first" },
    },
    ({ id }) => {
      const explanation = engine.explainRun(id);
      if (explanation === undefined) throw noRun(id);
      return json(explanation);
    },
  );
}

function addPauses(app: App, { options: { engine } }: ServerScope): void {
  for (const [word, summary, description] of [
    ["pause", "Start nothing more of a run", "The run; what runs of it goes on"],
    ["resume", "Let a paused run go on", "The run as it is now"],
  ] as const)
    addRoute(
      app,
      {
        method: "post",
        path: `/runs/{id}/${word}`,
        role: "submitter",
        arms: "run",
        tag,
        summary,
        body: Reason,
        answer: { status: 200, schema: RunView, description },
        errors: ["conflict"],
      },
      async ({ id, body }) => json(await engine.pauseRun(id, word === "pause", body.reason)),
    );
}
