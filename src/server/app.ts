/** All routes but the hot one, on Hono. Owns what happens to a request that no route takes, and to an error. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { OctopusError } from "../base/errors.ts";
import { nearestPath } from "../base/nearest.ts";
import { MethodError, problemOf } from "./problem.ts";
import { type App, bindScope, type Env } from "./route.ts";
import { addClassicRoutes } from "./classic/routes.ts";
import { addAccessRoutes } from "./routes/access.ts";
import { addArmRoutes } from "./routes/arms.ts";
import { addArtifactRoutes } from "./routes/artifacts.ts";
import { addBulkRoutes } from "./routes/bulk.ts";
import { addClusterRoutes } from "./routes/cluster.ts";
import { addFeedRoutes } from "./routes/feed.ts";
import { addLogRoutes } from "./routes/logs.ts";
import { addDeletedNamespaceRoutes } from "./routes/deleted-namespaces.ts";
import { addNamespaceRoutes } from "./routes/namespaces.ts";
import { addPipelineRoutes } from "./routes/pipelines.ts";
import { addPluginRoutes } from "./routes/plugins.ts";
import { addPolicyRoutes } from "./routes/policy.ts";
import { addPoolRoutes } from "./routes/pools.ts";
import { addRootRoutes } from "./routes/root.ts";
import { addRunCommands } from "./routes/run-commands.ts";
import { addRunRoutes } from "./routes/runs.ts";
import { addScheduleRoutes } from "./routes/schedules.ts";
import { addSessionRoutes } from "./routes/session.ts";
import { addSystemRoutes } from "./routes/system.ts";
import { addWorkerRoutes } from "./routes/workers.ts";
import { addTriggerRoutes } from "./routes/triggers.ts";
import { addTaskCommands } from "./routes/task-commands.ts";
import { addTaskRoutes } from "./routes/tasks.ts";
import { addVerdictRoutes } from "./routes/verdicts.ts";
import { addWorkflowRoutes } from "./routes/workflows.ts";
import type { ServerScope } from "./scope.ts";
import { TASKS_PATH } from "./submit.ts";

/** Builds the application of one server. */
export function createApp(scope: ServerScope): App {
  const app = bindScope(new OpenAPIHono<Env>(), scope);
  addTaskRoutes(app, scope);
  addTaskCommands(app, scope);
  addVerdictRoutes(app, scope);
  addLogRoutes(app, scope);
  addArtifactRoutes(app, scope);
  addRunRoutes(app, scope);
  addRunCommands(app, scope);
  addPipelineRoutes(app, scope);
  addWorkflowRoutes(app, scope);
  addArmRoutes(app, scope);
  addScheduleRoutes(app, scope);
  addBulkRoutes(app, scope);
  addSystemRoutes(app, scope);
  addClusterRoutes(app, scope);
  addNamespaceRoutes(app, scope);
  addDeletedNamespaceRoutes(app, scope);
  addWorkerRoutes(app, scope);
  addPluginRoutes(app, scope);
  addPolicyRoutes(app, scope);
  addPoolRoutes(app, scope);
  addTriggerRoutes(app, scope);
  addFeedRoutes(app, scope);
  addAccessRoutes(app, scope);
  addSessionRoutes(app, scope);
  addClassicRoutes(app, scope);
  addRootRoutes(app, scope);

  app.onError((error) => problemResponse(error, scope));
  const allowed = createMethodTable(app);
  app.notFound((context) => {
    const { method, path } = context.req;
    const methods = allowed.at(path);
    if (methods.length === 0) return problemResponse(noRoute(method, path, allowed.paths), scope);
    const allow = methods.join(", ");
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
    return problemResponse(new MethodError(method, path, allow), scope);
  });
  return app;
}

/** The answer to an error. */
export function problemResponse(error: unknown, scope: ServerScope): Response {
  const { status, headers, body } = problemOf(error, scope.options.log);
  return new Response(body, { status, headers });
}

function noRoute(method: string, path: string, paths: readonly string[]): OctopusError {
  const near = nearestPath(path, paths);
  const hint = near === undefined ? "; /openapi.json describes all of them" : ` (did you mean ${near}?)`;
  return new OctopusError("not_found", `there is no route ${method} ${path}${hint}`);
}

interface MethodTable {
  readonly paths: readonly string[];
  /** The methods that a path takes; none when there is no such path. */
  at(path: string): string[];
}

function createMethodTable(app: App): MethodTable {
  const routes = new Map<string, Set<string>>([[TASKS_PATH, new Set(["POST"])]]);
  for (const { path, method } of app.routes) {
    const methods = routes.get(path) ?? new Set();
    routes.set(path, methods.add(method));
  }
  const patterns = [...routes].map(([path, methods]) => ({
    form: new RegExp(`^${path.replace(":path{[^]+}", "[^]+").replace(/:\w+/g, "[^/]+")}$`),
    methods,
  }));
  return {
    paths: [...routes.keys()],
    at(path) {
      const found = new Set(patterns.filter(({ form }) => form.test(path)).flatMap(({ methods }) => [...methods]));
      if (found.size === 0) return [];
      if (found.has("GET")) found.add("HEAD");
      return [...found.add("OPTIONS")].toSorted();
    },
  };
}
