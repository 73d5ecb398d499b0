/** Registered workflows: keep, look at, check, run by name. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { EngineApi } from "../../engine/api.ts";
import { show, suggestKeys } from "../../protocol/parse.ts";
import { WorkflowDetail, WorkflowView } from "../../protocol/run-views.ts";
import { RunAccepted, RunSubmission, WorkflowCheck, WorkflowSubmission } from "../../protocol/workflow.ts";
import { checkWorkflow } from "../check-workflow.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";
import { DEFINITION_BYTES_MAX, startRun } from "./runs.ts";

const tag = "workflows";
const { definition: _d, workflow: _w, files: _f, source: _s, ...runFields } = RunSubmission.shape;
/** What a run of a registered workflow may be told. */
const RunOptions = z.strictObject(runFields).meta({ id: "RunOptions" });

suggestKeys(Object.keys(WorkflowSubmission.shape));

export function addWorkflowRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addChanges(app, scope);
  addUses(app, scope);
}

function noWorkflow(name: string, engine: EngineApi): OctopusError {
  const near = nearest(
    name,
    engine.workflows().map((one) => one.name),
  );
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  return new OctopusError("not_found", `there is no registered workflow ${show(name)}${hint}`);
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows",
      tag,
      summary: "List registered workflows",
      answer: { status: 200, schema: z.object({ items: z.array(WorkflowView) }), description: "All of them, by name" },
    },
    () => json({ items: engine.workflows() }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows/{name}",
      tag,
      summary: "Show a registered workflow with its definition",
      answer: { status: 200, schema: WorkflowDetail, description: "The workflow" },
      errors: ["not_found"],
    },
    ({ id }) => {
      const workflow = engine.workflow(id);
      if (workflow === undefined) throw noWorkflow(id, engine);
      return json(workflow);
    },
  );
}

function addChanges(app: App, { options }: ServerScope): void {
  const { engine, limits } = options;
  const bodyBytes = Math.min(limits.bodyBytes, DEFINITION_BYTES_MAX);
  const errors = ["conflict", "storage_full", "storage_failed"] as const;
  addRoute(
    app,
    {
      method: "put",
      path: "/workflows",
      role: "operator",
      tag,
      summary: "Register a workflow under the name that its file gives",
      description:
        "Replaces the one of that name, with the schedules that its file asks for. Runs keep what they began with.",
      body: WorkflowSubmission,
      bodyBytes,
      answer: { status: 200, schema: WorkflowDetail, description: "The workflow as it is now" },
      errors,
    },
    async ({ body }) => json(await engine.setWorkflow(defined(body))),
  );
  addRoute(
    app,
    {
      method: "put",
      path: "/workflows/{name}",
      role: "operator",
      tag,
      summary: "Register a workflow under this name",
      description: "A file that gives another name is refused; one that gives none has this one.",
      body: WorkflowSubmission,
      bodyBytes,
      answer: { status: 200, schema: WorkflowDetail, description: "The workflow as it is now" },
      errors,
    },
    async ({ id, body }) => {
      const submission = { ...defined(body), source: body.source ?? `${id}.yaml` };
      const { name } = await checkWorkflow(options, submission);
      if (name !== undefined && name !== id) {
        const message = `must be ${show(id)} as in the path, not ${show(name)}: PUT /workflows takes the name of the file`;
        throw new OctopusError("invalid", `name ${message}`, { issues: [{ path: "name", message }] });
      }
      return json(await engine.setWorkflow(submission));
    },
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/workflows/{name}",
      role: "operator",
      tag,
      summary: "Remove a registered workflow and its schedules; its runs stay",
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found", "conflict"],
    },
    async ({ id }) => {
      await engine.removeWorkflow(id);
      return new Response(null, { status: 204 });
    },
  );
}

function addUses(app: App, scope: ServerScope): void {
  const { options } = scope;
  const { limits } = options;
  addRoute(
    app,
    {
      method: "post",
      path: "/workflows/{name}/runs",
      role: "submitter",
      arms: "own",
      action: "run.submit",
      tag,
      summary: "Run a registered workflow",
      body: RunOptions,
      bodyBytes: limits.taskBytes,
      answer: { status: 201, schema: RunAccepted, description: "Accepted, and on disk" },
      errors: ["not_found", "conflict", "queue_full", "storage_full", "storage_failed"],
    },
    ({ id, body, principal, request }) => startRun(scope, { workflow: id, ...defined(body) }, { principal, request }),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/workflows/validate",
      role: "viewer",
      arms: "free",
      audit: false,
      tag,
      summary: "Say everything that is wrong or odd about a workflow file; nothing is kept",
      description: "Values for its params are not needed.",
      body: WorkflowSubmission,
      bodyBytes: Math.min(limits.bodyBytes, DEFINITION_BYTES_MAX),
      answer: { status: 200, schema: WorkflowCheck, description: "What was found" },
    },
    async ({ body }) => json(await checkWorkflow(options, defined(body))),
  );
}
