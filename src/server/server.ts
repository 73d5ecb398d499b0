/**
 * The HTTP server. Owns the guard, and who serves a request: the submit route directly, everything else through Hono,
 * upgrades through the gateway.
 *
 * H1  Nothing is served before Host and Origin were checked, and before it is known who asks.
 * H2  `close` ends within its grace plus a moment, whatever clients do.
 * H3  What is not HTTP gets an answer that says so, and its connection is ended.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { OctopusError } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { AuditTrail } from "./access/audit-trail.ts";
import { ANONYMOUS, Guard } from "./access/guard.ts";
import { urlsOf } from "./access/urls.ts";
import { createApp, problemResponse } from "./app.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { type HostRule, hostTrouble } from "./host-check.ts";
import { HttpMetrics } from "./http-metrics.ts";
import { WaitingRoom } from "./join/waiting-room.ts";
import type { AccessOptions, HttpServer, ServerOptions } from "./options.ts";
import { MethodError, problemOf, sendProblem } from "./problem.ts";
import type { ServerScope } from "./scope.ts";
import { createSockets } from "./sockets.ts";
import { createSubmitHandler, TASKS_PATH } from "./submit.ts";

/** Of a request that is refused at once, Node reads this much to keep the connection. */
const DISCARD_BYTES_MAX = 64 * 1024;

/** What may be asked without a token: whether it lives. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

const OPEN_ACCESS: AccessOptions = {
  isOn: false,
  connectionsMax: 100_000,
  requests: null,
  refusals: { limit: 20, perMs: 60_000, burst: 20 },
  workers: null,
  auditKeepMs: 0,
};

/** Methods that are worth routing; `fetch` refuses to represent some of the others. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): HttpServer {
  const closing = new AbortController();
  const scope = createScope(options, closing.signal);
  const { guard, audit } = scope;
  const gateway = createGateway(scope);
  const hosts: HostRule = { loopbackOnly: true, names: options.access?.hosts && new Set(options.access.hosts) };
  const { server, open, renew } = createSockets({
    tls: options.tls,
    connectionsMax: (options.access ?? OPEN_ACCESS).connectionsMax,
    onTooMany: (address) =>
      audit.refused({ who: "anonymous", address, action: "refused.limit", detail: "too many connections" }),
    onPlain: (address) =>
      audit.refused({ who: "anonymous", address, action: "refused.plain", detail: "no TLS on a TLS port" }),
  });
  server.on("request", createDispatcher(scope, hosts));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    try {
      checkHost(request, hosts, guard);
      if (closing.signal.aborted) throw stopping();
      if (request.headers.upgrade?.toLowerCase() !== "websocket")
        throw new OctopusError("malformed", "only upgrades to websocket are served");
      gateway.upgrade(request, socket, head, guard.identify(request));
    } catch (error) {
      refuseRaw(socket, error, scope);
    }
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerClientError(error, socket, scope));

  return {
    async listen(host, port) {
      hosts.loopbackOnly = isLoopback(host);
      await startListening(server, host, port);
      const { port: actual } = server.address() as AddressInfo;
      scope.urls = urlsOf({ host, port: actual, isSecure: options.tls !== undefined });
      const scheme = options.tls === undefined ? "http" : "https";
      return { url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${actual}`, urls: scope.urls };
    },
    lend: (principal) => guard.lend(principal),
    renew,
    async close(graceMs) {
      await closeServer(server, gateway, open, closing, graceMs);
      audit.close();
      scope.metrics.close();
    },
  };
}

function createScope(options: ServerOptions, closing: AbortSignal): ServerScope {
  const { access = OPEN_ACCESS, engine, log } = options;
  const now = (): number => Date.now();
  const audit = new AuditTrail({ audit: access.audit, keepMs: access.auditKeepMs, log, now });
  const guard = new Guard({ ...access, access: engine.access, trail: audit, now });
  const waiting = new WaitingRoom(engine.access, now);
  return { options, closing, guard, audit, waiting, metrics: new HttpMetrics(), urls: [] };
}

/** Throws, and notes it, when the request is meant for or comes from another site. */
function checkHost(request: IncomingMessage, hosts: HostRule, guard: Guard): void {
  const trouble = hostTrouble(request.headers, hosts);
  if (trouble === undefined) return;
  guard.refuse(request, { who: "anonymous", action: trouble.action, detail: trouble.message });
  throw new OctopusError("forbidden", trouble.message);
}

function createDispatcher(scope: ServerScope, hosts: HostRule) {
  const { guard } = scope;
  const submit = createSubmitHandler(scope);
  const listener = getRequestListener(createApp(scope).fetch, {
    overrideGlobalObjects: false,
    // Bodies are read, bounded, by the routes.
    autoCleanupIncoming: false,
    errorHandler: (error) => problemResponse(badRequest(error), scope),
  });
  return (request: IncomingMessage, response: ServerResponse): void => {
    scope.metrics.begin(request, response);
    try {
      checkHost(request, hosts, guard);
      if (scope.closing.aborted) {
        response.setHeader("connection", "close");
        throw stopping();
      }
      const { method, url } = request as { method: string; url: string };
      const principal = guard.identify(request);
      if (method === "POST" && isTasksPath(url)) {
        guard.check(principal, "submitter", request);
        scope.metrics.route(request, TASKS_PATH);
        return submit(request, response, principal);
      }
      // Whoever is nobody does not even learn which paths there are.
      if (principal === ANONYMOUS && !OPEN_PATHS.has(url)) guard.check(principal, "viewer", request);
      if (!METHODS.has(method)) throw new MethodError(method, url.split("?", 1)[0]!, [...METHODS].join(", "));
    } catch (error) {
      return refuse(request, response, error, scope);
    }
    void listener(request, response);
  };
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

function stopping(): OctopusError {
  return new OctopusError("not_ready", "the server is stopping", { retryable: true });
}

function startListening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  switch (error.code) {
    case "EADDRINUSE":
      return new OctopusError(
        "not_ready",
        `port ${port} on ${host} is in use; stop what listens there, or choose another with --port`,
        { cause: error },
      );
    case "EACCES":
      return new OctopusError(
        "invalid",
        `port ${port} needs more rights than this process has; choose one above 1023 with --port`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new OctopusError("invalid", `${host} is not an address of this machine; choose one with --host`, {
        cause: error,
      });
    default:
      return error;
  }
}

/** H3. Node has no response object for these. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, scope: ServerScope): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  // Not the error as it is: it holds what was sent, a token perhaps.
  scope.options.log.debug({ code: error.code, cause: error.message }, "a request could not be read");
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return refuseRaw(
        socket,
        new OctopusError("headers_too_large", "the headers are larger than 16 KiB, the limit"),
        scope,
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuseRaw(socket, new OctopusError("timeout", "the request did not arrive in time"), scope);
    default:
      return refuseRaw(socket, new OctopusError("malformed", "this is not HTTP that can be read"), scope);
  }
}

function refuseRaw(socket: Duplex, error: unknown, scope: ServerScope): void {
  const { status, headers, body } = problemOf(error, scope.options.log);
  const lines = { ...headers, "content-length": Buffer.byteLength(body), connection: "close" };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n${body}`, () => socket.destroy());
}

/** H2: asks, waits for at most the grace, then cuts. */
async function closeServer(
  server: Server,
  gateway: Gateway,
  sockets: ReadonlySet<Socket>,
  closing: AbortController,
  graceMs: number,
): Promise<void> {
  if (closing.signal.aborted) return waitUntilEmpty(sockets);
  const stopped = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
  closing.abort();
  gateway.close();
  // A connection becomes idle when its last answer is out; only then may it be closed without tearing one.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => {
    gateway.terminate();
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  server.closeIdleConnections();
  await stopped;
  await waitUntilEmpty(sockets);
  clearInterval(sweep);
  clearTimeout(cut);
}

function waitUntilEmpty(sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (sockets.size === 0) resolve();
      else for (const socket of sockets) return void socket.once("close", look);
    };
    look();
  });
}
