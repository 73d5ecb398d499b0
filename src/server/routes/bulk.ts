/** Actions on many tasks: counted first, then an object with progress. */
import type { IncomingMessage } from "node:http";
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import type { Principal } from "../../protocol/access.ts";
import { BulkSubmission } from "../../protocol/bulk.ts";
import { show } from "../../protocol/parse.ts";
import { BulkView } from "../../protocol/views.ts";
import { checkTask } from "../access/arms.ts";
import { addRoute, type App, BASE, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";

const tag = "bulk actions";
const path = "/bulk-actions";
/** Room for as many ids as may be named. */
const BULK_BYTES_MAX = 4 * 1024 * 1024;

/** A token that is bound to arms names one of them in the filter, or tasks that are in them. */
function checkFilter(
  scope: ServerScope,
  principal: Principal,
  { filter, arm }: Pick<z.output<typeof BulkSubmission>, "filter" | "arm">,
  request: IncomingMessage,
): void {
  if (principal.arms === undefined) return;
  const { guard } = scope;
  if (arm !== undefined) guard.checkArms(principal, [arm], request);
  if ("ids" in filter && filter.ids !== undefined) {
    for (const id of filter.ids) checkTask(scope, principal, id, request);
    return;
  }
  if (!("arm" in filter) || filter.arm === undefined)
    throw guard.outside(principal, request, "this token is for certain arms: the filter must name one of them");
  guard.checkArms(principal, [filter.arm], request);
}

export function addBulkRoutes(app: App, scope: ServerScope): void {
  addStart(app, scope);
  addProgress(app, scope);
}

function addStart(app: App, scope: ServerScope): void {
  const { engine, limits } = scope.options;
  addRoute(
    app,
    {
      method: "post",
      path,
      role: "operator",
      arms: "own",
      tag,
      summary: "Do something to many tasks",
      description:
        "To those of a filter with at least one key, or to those named by `ids`. With `preview` they are only counted.",
      body: BulkSubmission,
      bodyBytes: Math.min(limits.bodyBytes, BULK_BYTES_MAX),
      answer: { status: 202, schema: BulkView, description: "Begun; `Location` tells how far it is" },
      otherwise: {
        status: 200,
        schema: z.object({ count: z.int() }),
        description: "With `preview`: how many it reaches",
      },
      errors: ["not_found", "storage_full", "storage_failed"],
    },
    async ({ body: { preview, filter, ...rest }, principal, request }) => {
      checkFilter(scope, principal, { filter, arm: rest.arm }, request);
      if (preview) return json({ count: await engine.countTasks(defined(filter)) });
      const bulk = await engine.startBulk({ ...defined(rest), filter: defined(filter) });
      return json(bulk, 202, { location: `${scope.prefix}${BASE}${path}/${encodeURIComponent(bulk.id)}` });
    },
  );
}

function addProgress(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path,
      tag,
      summary: "List bulk actions, newest first",
      description: "Those that run, and the last hundred that ended.",
      answer: { status: 200, schema: z.object({ items: z.array(BulkView) }), description: "Bulk actions" },
    },
    () => json({ items: engine.bulks() }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: `${path}/{id}`,
      tag,
      summary: "Show how far a bulk action is",
      answer: { status: 200, schema: BulkView, description: "The bulk action" },
    },
    ({ id }) => {
      const bulk = engine.bulk(id);
      if (bulk === undefined) throw new OctopusError("not_found", `there is no bulk action ${show(id)}`);
      return json(bulk);
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: `${path}/{id}/cancel`,
      role: "operator",
      tag,
      summary: "Stop a bulk action; what it has done stays done",
      answer: { status: 200, schema: BulkView, description: "The bulk action as it is now" },
      errors: ["conflict"],
    },
    async ({ id }) => json(await engine.cancelBulk(id)),
  );
}
