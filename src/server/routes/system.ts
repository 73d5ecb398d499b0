/** The system itself: workers, status, backup. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { show, suggestKeys } from "../../protocol/parse.ts";
import { StatusView } from "../../protocol/views.ts";
import { WorkerView } from "../../protocol/worker-views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const tag = "system";

suggestKeys(["path", "keep", "reason"]);

export function addSystemRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addCommands(app, scope);
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/status",
      tag,
      summary: "Show the state of the whole",
      answer: { status: 200, schema: StatusView, description: "Counts, arms, workers" },
    },
    () => json(engine.status()),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/workers",
      tag,
      summary: "List workers",
      answer: {
        status: 200,
        schema: z.object({ items: z.array(WorkerView) }),
        description: "Every worker that is known",
      },
    },
    () => json({ items: engine.workers() }),
  );
}

function addCommands(app: App, { options: { engine, backup } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/workers/{name}/beat",
      tag,
      summary: "Say that a connected worker lives, though its own loop may be busy",
      body: z.strictObject({ session: z.string().min(1).max(100) }),
      answer: { status: 204, description: "Noted" },
    },
    ({ id, body }) => {
      if (engine.beat(id, body.session)) return new Response(null, { status: 204 });
      throw new OctopusError("not_found", `worker ${show(id)} has no session ${show(body.session)}`);
    },
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/backup",
      tag,
      summary: "Copy the database while it is in use",
      body: z.strictObject({ path: z.string().min(1).max(4096) }),
      answer: { status: 200, schema: z.object({ path: z.string(), bytes: z.int() }), description: "Where the copy is" },
      errors: ["conflict", "storage_full", "storage_failed"],
    },
    async ({ body }) => {
      if (backup === undefined)
        throw new OctopusError("conflict", "this server keeps its data in memory: there is no file to copy");
      return json(await backup(body.path));
    },
  );
}
