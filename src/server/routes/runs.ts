/** Runs of workflows: submit, list, look, wait. What is done to them is in `run-commands.ts`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import { parse, suggestKeys } from "../../protocol/parse.ts";
import { RunDetail, RunView } from "../../protocol/run-views.ts";
import { RunAccepted, RunSubmission } from "../../protocol/workflow.ts";
import { parseJson, readBody, textOf } from "../body.ts";
import { answerWaiting } from "../long-poll.ts";
import { checkRun } from "../access/arms.ts";
import { addRoute, type App, BASE, type Call, document, type Env, expectType, json, serve } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { Cursor, defined, Flag, Limit, RunStates, Text, Wait } from "./queries.ts";

const tag = "runs";
const YAML_TYPES = ["text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml"];

const SUBMIT = { method: "post", path: "/runs", role: "submitter", arms: "own", action: "run.submit" } as const;

/** What may stand in the query beside a YAML body. */
const OPTIONS = ["source", "cwd", "arm", "timeout", "executor", "maxParallel"];

/** Largest workflow file, with room for its JSON escapes. */
export const DEFINITION_BYTES_MAX = 24 * 1024 * 1024;

suggestKeys(Object.keys(RunSubmission.shape));

/** The refusal of an id that no run has. */
export function noRun(id: string): OctopusError {
  return new OctopusError("not_found", `there is no run ${JSON.stringify(id)}; it may have been removed by retention`);
}

export function addRunRoutes(app: App, scope: ServerScope): void {
  addSubmission(app, scope);
  addReads(app, scope);
}

function addSubmission(app: App, scope: ServerScope): void {
  const { limits } = scope.options;
  document(app, {
    ...SUBMIT,
    tag,
    summary: "Run a workflow",
    description:
      "JSON as described, with the text of a file or the name of a registered workflow; or the file itself as `text/yaml`: " +
      "then params are query parameters `p.NAME=VALUE`, and `source`, `cwd`, `arm`, `timeout`, `executor` and " +
      "`maxParallel` may stand there too.",
    body: RunSubmission,
    answer: { status: 201, schema: RunAccepted, description: "Accepted, and on disk" },
    errors: ["conflict", "queue_full", "storage_full", "storage_failed"],
  });
  serve(app, SUBMIT, async (context, principal) => {
    const request = context.env.incoming;
    const type = expectType(request, ["application/json", ...YAML_TYPES]);
    const text = textOf(await readBody(request, Math.min(limits.bodyBytes, DEFINITION_BYTES_MAX)));
    const submission =
      type === "application/json" ? readJson(text, context) : { definition: text, ...readQuery(context) };
    return startRun(scope, defined(parse(RunSubmission, submission)), { principal, request });
  });
}

/** Compiles and submits; the answer to it. */
export async function startRun(
  scope: ServerScope,
  submission: z.output<typeof RunSubmission>,
  { principal, request }: Pick<Call<unknown, unknown>, "principal" | "request">,
): Promise<Response> {
  const { engine } = scope.options;
  const run = await engine.compileRun(submission);
  checkRun(scope, principal, run, request);
  const { id, warnings: more = [] } = await engine.submitRun(run, principal);
  const warnings = [...(run.warnings ?? []), ...more];
  const answer = { id, ...(warnings.length > 0 && { warnings }) };
  return json(answer, 201, { location: `${scope.prefix}${BASE}/runs/${encodeURIComponent(id)}` });
}

function addReads(app: App, scope: ServerScope): void {
  const { engine } = scope.options;
  addRoute(
    app,
    {
      method: "get",
      path: "/runs",
      tag,
      summary: "List runs, newest first",
      query: z.strictObject({
        state: RunStates,
        workflow: Text,
        schedule: Text,
        parent: Text,
        top: Flag,
        limit: Limit,
        cursor: Cursor,
      }),
      answer: {
        status: 200,
        schema: z.object({ items: z.array(RunView), next: z.string().optional() }),
        description: "A page of runs",
      },
    },
    ({ query }) => json(engine.runs(defined(query))),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/runs/{id}",
      tag,
      summary: "Show a run, or wait for its end",
      description:
        "`brief` leaves out the definition and the files beside it, which do not change; `definitionHash` names them.",
      query: z.strictObject({ wait: Wait, brief: Flag }),
      answer: { status: 200, schema: RunDetail, description: "The run with its first 5000 tasks" },
    },
    async ({ id, query, response }) => {
      const wait = query.wait ?? 0;
      const run =
        wait === 0
          ? engine.run(id)
          : await answerWaiting(scope, response, (signal) => engine.waitRun(id, wait, signal));
      if (run === undefined) throw noRun(id);
      if (query.brief !== true) return json(run);
      const { definition: _, files: _files, ...brief } = run;
      return json(brief);
    },
  );
}

function readJson(text: string, context: Context<Env>): unknown {
  const name = Object.keys(context.req.queries())[0];
  if (name !== undefined) throw misplaced(name, "is not a query parameter for a JSON body: it belongs into the body");
  return parseJson(text);
}

/** What stands in the query beside a YAML body. A param's value is JSON where it reads as JSON, else text. */
function readQuery(context: Context<Env>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const params: Record<string, Json> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1) throw misplaced(name, `is given ${values.length} times`);
    const value = values[0]!;
    if (name.startsWith("p.")) params[name.slice(2)] = jsonOrText(value);
    else if (OPTIONS.includes(name)) options[name] = name === "maxParallel" ? jsonOrText(value) : value;
    else throw misplaced(name, `is not a query parameter here: known are p.NAME, ${OPTIONS.join(", ")}`);
  }
  return Object.keys(params).length === 0 ? options : { ...options, params };
}

function jsonOrText(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function misplaced(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
