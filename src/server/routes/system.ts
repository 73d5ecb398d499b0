/** The system itself: status, backup. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { suggestKeys } from "../../protocol/parse.ts";
import { StatusView } from "../../protocol/views.ts";
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
}

function addCommands(app: App, { options: { backup } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "post",
      path: "/backup",
      role: "admin",
      action: "backup.create",
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
