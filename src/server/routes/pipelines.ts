/** Pipelines: stages, models and budgets in; an ordinary run out, whose result says what came of it. */
import { z } from "@hono/zod-openapi";
import { parse } from "../../protocol/parse.ts";
import { PipelineSubmission } from "../../protocol/pipeline.ts";
import { parseJson, readBody, textOf } from "../body.ts";
import { checkRun } from "../access/arms.ts";
import { type App, BASE, document, expectType, json, serve } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const SUBMIT = { method: "post", path: "/pipelines", role: "submitter", arms: "own", action: "run.submit" } as const;

export function addPipelineRoutes(app: App, scope: ServerScope): void {
  const { engine, compilePipeline, limits } = scope.options;
  document(app, {
    ...SUBMIT,
    tag: "runs",
    summary: "Run a pipeline",
    description:
      "Models stand in the body: each is a function of a connected worker (`call`, default `model:NAME`) or a URL that the " +
      "request is posted to (`http`). The answer names the run; its `result` tells output, costs and what was left out.",
    body: PipelineSubmission,
    answer: { status: 201, schema: z.object({ id: z.string() }), description: "Accepted, and on disk" },
    errors: ["storage_full", "storage_failed"],
  });
  serve(app, SUBMIT, async (context, principal) => {
    const request = context.env.incoming;
    expectType(request, ["application/json"]);
    const body = parseJson(textOf(await readBody(request, limits.bodyBytes)));
    const run = await compilePipeline(parse(PipelineSubmission, body));
    checkRun(scope, principal, run, request);
    const { id } = await engine.submitRun(run, principal);
    return json({ id }, 201, { location: `${scope.prefix}${BASE}/runs/${encodeURIComponent(id)}` });
  });
}
