/** What has become of a workflow, registered or not: its versions, and its runs against its tasks. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { show } from "../../protocol/parse.ts";
import { WorkflowGrid, WorkflowVersionDetail, WorkflowVersions } from "../../protocol/workflow-views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { wholeNumber } from "./queries.ts";

const tag = "workflows";
const GRID_RUNS = 25;
const GRID_RUNS_MAX = 100;

const RunId = z
  .string()
  .regex(/^r\d{1,15}$/, { error: "must be the id of a run, such as r12" })
  .transform((id) => Number(id.slice(1)));

export function addHistory(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows/{name}/versions",
      tag,
      summary: "List the definitions that a workflow has had",
      description:
        "The newest first: those that were registered (the newest 50 are kept), and those that its runs began with.",
      answer: { status: 200, schema: WorkflowVersions, description: "They, without their texts" },
    },
    ({ id }) => json(engine.workflowVersions(id)),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows/{name}/versions/{hash}",
      tag,
      summary: "Show a definition that a workflow has had",
      answer: { status: 200, schema: WorkflowVersionDetail, description: "Its text" },
      errors: ["not_found"],
    },
    ({ id, context }) => {
      const hash = context.req.param("hash")!;
      const found = engine.workflowVersion(id, hash);
      if (found !== undefined) return json(found);
      const message = `neither the workflow ${show(id)} nor a run of it has had the definition ${show(hash)}`;
      throw new OctopusError("not_found", `${message}; older ones are not kept for ever`);
    },
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows/{name}/grid",
      tag,
      summary: "Show the newest runs of a workflow against its tasks",
      description:
        "`before`: the `next` of the page before. Tasks inside an `each` are a part of it. A page of large runs may hold fewer " +
        "of them than were asked for.",
      query: z.strictObject({ runs: wholeNumber(1, GRID_RUNS_MAX).optional(), before: RunId.optional() }),
      answer: { status: 200, schema: WorkflowGrid, description: "Columns, rows and cells" },
    },
    ({ id, query }) => json(engine.workflowGrid(id, { limit: query.runs ?? GRID_RUNS, before: query.before })),
  );
}
