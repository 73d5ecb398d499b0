/** The system itself: status, the server, backup. */
import { hostname } from "node:os";
import { z } from "@hono/zod-openapi";
import { OctopusError } from "../../base/errors.ts";
import { suggestKeys } from "../../protocol/parse.ts";
import { ServerView } from "../../protocol/server-view.ts";
import { StatusView } from "../../protocol/views.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const tag = "system";

const BackupView = z.object({
  path: z.string(),
  bytes: z.int().meta({ description: "Of all files." }),
  namespaces: z
    .array(z.string())
    .optional()
    .meta({ description: "Of `default`: the other namespaces, in the folder beside the file, `PATH.namespaces`." }),
  missing: z
    .array(z.string())
    .optional()
    .meta({ description: "Namespaces that are not in it: other servers keep them, or they cannot be read here." }),
});

suggestKeys(["path", "keep", "reason"]);

export function addSystemRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addServer(app, scope);
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

function addServer(app: App, scope: ServerScope): void {
  const { engine, version, tls, sizes } = scope.options;
  addRoute(
    app,
    {
      method: "get",
      path: "/server",
      tag,
      summary: "Show the server: what it is, where it is reached, what it takes of its machine",
      answer: { status: 200, schema: ServerView, description: "The server" },
    },
    () => {
      const { startedAt, dataDir } = engine.status();
      const { rss, heapUsed } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const data = sizes?.();
      const view: ServerView = {
        ...{ version, startedAt, dataDir, node: process.versions.node, pid: process.pid, host: hostname() },
        ...{ platform: `${process.platform} ${process.arch}`, urls: [...scope.urls()], isOpen: !scope.guard.isOn },
        ...{ rssBytes: rss, heapBytes: heapUsed, cpuMs: Math.round((user + system) / 1000) },
        ...(tls && { fingerprint: tls.fingerprint }),
        ...(data && { data }),
      };
      return json(view);
    },
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
      answer: { status: 200, schema: BackupView, description: "Where the copy is" },
      errors: ["conflict", "storage_full", "storage_failed"],
    },
    async ({ body }) => {
      if (backup === undefined)
        throw new OctopusError("conflict", "this server keeps its data in memory: there is no file to copy");
      return json(await backup(body.path));
    },
  );
}
