/**
 * Who serves a request that is for this server: a webhook's handler, the dashboard, the submit route directly, everything
 * else through Hono.
 *
 * H1  Nothing is served before Host and Origin were checked, and before it is known who asks.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { OctopusError } from "../base/errors.ts";
import { ANONYMOUS } from "./access/guard.ts";
import { createApp, problemResponse } from "./app.ts";
import { createDashboard } from "./dashboard/handler.ts";
import { createHookHandler, HOOKS_PATH } from "./hooks.ts";
import { MethodError, sendProblem } from "./problem.ts";
import { isSignInOrOut } from "./routes/session.ts";
import type { ServerScope } from "./scope.ts";
import { createSubmitHandler, TASKS_PATH } from "./submit.ts";

/** Of a request that is refused at once, Node reads this much to keep the connection. */
const DISCARD_BYTES_MAX = 64 * 1024;

/** What may be asked without a token: whether it lives. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

/** Methods that are worth routing; `fetch` refuses to represent some of the others. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** `checkHost` throws for what is meant for or comes from another site. */
export function createDispatcher(scope: ServerScope, checkHost: (request: IncomingMessage) => void): Serve {
  const { guard } = scope;
  const submit = createSubmitHandler(scope);
  const hooks = createHookHandler(scope);
  const dashboard = createDashboard(scope);
  // Many namespaces are idle: they have no application before somebody asks.
  let listener = scope.prefix === "" ? createListener(scope) : undefined;
  return (request, response) => {
    scope.metrics.begin(request, response);
    try {
      checkHost(request);
      if (scope.closing.aborted) {
        response.setHeader("connection", "close");
        throw stopping();
      }
      const { method, url } = request as { method: string; url: string };
      // Whoever calls a webhook has no token: its signature is what is checked.
      if (url.startsWith(HOOKS_PATH)) return hooks(request, response);
      if (dashboard(request, response)) return;
      const isSigning = isSignInOrOut(request);
      const principal = guard.identify(request, isSigning);
      if (method === "POST" && isTasksPath(url)) {
        guard.check(principal, "submitter", request);
        scope.metrics.route(request, TASKS_PATH);
        return submit(request, response, principal);
      }
      // Whoever is nobody does not even learn which paths there are.
      const path = url.split("?", 1)[0]!;
      if (principal === ANONYMOUS && !OPEN_PATHS.has(path) && !isSigning) guard.check(principal, "viewer", request);
      if (!METHODS.has(method)) throw new MethodError(method, path, [...METHODS].join(", "));
    } catch (error) {
      return refuse(request, response, error, scope);
    }
    listener ??= createListener(scope);
    void listener(request, response);
  };
}

/** The server takes nothing more. */
export function stopping(): OctopusError {
  return new OctopusError("not_ready", "the server is stopping", { retryable: true });
}

function createListener(scope: ServerScope): ReturnType<typeof getRequestListener> {
  return getRequestListener(createApp(scope).fetch, {
    overrideGlobalObjects: false,
    // Bodies are read, bounded, by the routes.
    autoCleanupIncoming: false,
    errorHandler: (error) => problemResponse(badRequest(error), scope),
  });
}

/** What is refused before its body was read: the rest of it is not worth reading, unless it is short. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown, scope: ServerScope): void {
  if (Number(request.headers["content-length"] ?? 0) > DISCARD_BYTES_MAX || "transfer-encoding" in request.headers)
    response.setHeader("connection", "close");
  sendProblem(response, error, scope.options.log);
}

function isTasksPath(url: string): boolean {
  return url.startsWith(TASKS_PATH) && (url.length === TASKS_PATH.length || url[TASKS_PATH.length] === "?");
}

/** What the adapter could not turn into a request: a strange URL. Anything else is ours. */
function badRequest(error: unknown): unknown {
  const name = (error as Error).name;
  return name === "RequestError"
    ? new OctopusError("malformed", `the request line is not valid: ${(error as Error).message}`)
    : error;
}
