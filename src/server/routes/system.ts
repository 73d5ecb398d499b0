/** The system itself: arms, workers, status, backup. */
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { Name } from "../../protocol/common.ts";
import { parse, show, suggestKeys } from "../../protocol/parse.ts";
import { ArmView, StatusView, WorkerView } from "../../protocol/views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { defined } from "./queries.ts";

const tag = "system";
const ARM_PARALLEL_MAX = 1_000_000;

suggestKeys(["enabled", "maxParallel", "path", "keep", "reason"]);

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
      path: "/arms",
      tag,
      summary: "List arms",
      answer: {
        status: 200,
        schema: z.object({ items: z.array(ArmView) }),
        description: "Every arm that is configured or in use",
      },
    },
    () => json({ items: engine.arms() }),
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
      method: "put",
      path: "/arms/{name}",
      tag,
      summary: "Pause or bound an arm",
      body: z.strictObject({
        enabled: z.boolean().optional(),
        /** Most attempts at once; null = no limit. */
        maxParallel: z.int().min(1).max(ARM_PARALLEL_MAX).nullable().optional(),
      }),
      answer: { status: 200, schema: ArmView, description: "The arm as it is now" },
    },
    async ({ id, body }) => json(await engine.configureArm(parse(Name, id, "name"), defined(body))),
  );
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
