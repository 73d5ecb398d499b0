/** Registered workflows: keep, look at, check, run by name. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { EngineApi, OnlyIf } from "../../engine/api.ts";
import { show, suggestKeys } from "../../protocol/parse.ts";
import { WorkflowDetail, WorkflowView } from "../../protocol/run-views.ts";
import { RunAccepted, RunSubmission, WorkflowCheck, WorkflowSubmission } from "../../protocol/workflow.ts";
import { checkWorkflow, describeWorkflows } from "../check-workflow.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined, Flag, wholeNumber } from "./queries.ts";
import { addHistory } from "./workflow-history.ts";
import { DEFINITION_BYTES_MAX, startRun } from "./runs.ts";

const tag = "workflows";
const { definition: _d, workflow: _w, files: _f, source: _s, ...runFields } = RunSubmission.shape;
/** What a run of a registered workflow may be told. */
const RunOptions = z.strictObject(runFields).meta({ id: "RunOptions" });

/** Most recent runs that a list shows of one workflow. */
const RECENT_MAX = 50;

const Only = z.strictObject({
  /** The `definitionHash` that it must have now, or `none`: a change that would undo somebody else's is refused. */
  only: z
    .string()
    .regex(/^(none|[0-9a-f]{64})$/, { error: "must be the definitionHash that the workflow has, or none" })
    .optional(),
});

function onlyOf({ only }: { only?: string | undefined }): OnlyIf | undefined {
  return only === "none" ? null : only;
}

suggestKeys(Object.keys(WorkflowSubmission.shape));

export function addWorkflowRoutes(app: App, scope: ServerScope): void {
  const describe = describeWorkflows(scope.options);
  addReads(app, scope, describe);
  addHistory(app, scope);
  addChanges(app, scope, describe);
  addUses(app, scope);
}

type Describe = ReturnType<typeof describeWorkflows>;

function noWorkflow(name: string, engine: EngineApi): OctopusError {
  const near = nearest(
    name,
    engine.workflows().map((one) => one.name),
  );
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  return new OctopusError("not_found", `there is no registered workflow ${show(name)}${hint}`);
}

function addReads(app: App, { options: { engine } }: ServerScope, describe: Describe): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/workflows",
      tag,
      summary: "List registered workflows",
      query: z.strictObject({ recent: wholeNumber(0, RECENT_MAX).optional() }),
      answer: { status: 200, schema: z.object({ items: z.array(WorkflowView) }), description: "All of them, by name" },
    },
    ({ query }) => json({ items: engine.workflows(query.recent) }),
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
    async ({ id }) => {
      const workflow = engine.workflow(id);
      if (workflow === undefined) throw noWorkflow(id, engine);
      return json(await describe(workflow));
    },
  );
}

function addChanges(app: App, { options }: ServerScope, describe: Describe): void {
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
      query: Only,
      body: WorkflowSubmission,
      bodyBytes,
      answer: { status: 200, schema: WorkflowDetail, description: "The workflow as it is now" },
      errors,
    },
    async ({ body, query, principal }) => {
      const workflow = await describe(await engine.setWorkflow(defined(body), principal, onlyOf(query)));
      return json(workflow, 200, { "content-location": `workflows/${encodeURIComponent(workflow.name)}` });
    },
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
      query: Only,
      body: WorkflowSubmission,
      bodyBytes,
      answer: { status: 200, schema: WorkflowDetail, description: "The workflow as it is now" },
      errors,
    },
    async ({ id, body, query, principal }) => {
      const submission = { ...defined(body), source: body.source ?? `${id}.yaml` };
      const { name } = await checkWorkflow(options, submission);
      if (name !== undefined && name !== id) {
        const message = `must be ${show(id)} as in the path, not ${show(name)}: PUT /workflows takes the name of the file`;
        throw new OctopusError("invalid", `name ${message}`, { issues: [{ path: "name", message }] });
      }
      return json(await describe(await engine.setWorkflow(submission, principal, onlyOf(query))));
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
      description:
        "Values for its params are not needed. `plan=true`: with what a run would do, and the form of its params.",
      query: z.strictObject({ plan: Flag }),
      body: WorkflowSubmission,
      bodyBytes: Math.min(limits.bodyBytes, DEFINITION_BYTES_MAX),
      answer: { status: 200, schema: WorkflowCheck, description: "What was found" },
    },
    async ({ body, query }) => json(await checkWorkflow(options, defined(body), { withPlan: query.plan === true })),
  );
}
