/**
 * The HTTP server. Owns the socket, the guard, and who serves a request: the submit route directly, everything else
 * through Hono, upgrades through the gateway.
 *
 * H1  Nothing is served before Host and Origin were checked.
 * H2  `close` ends within its grace plus a moment, whatever clients do.
 * H3  What is not HTTP gets an answer that says so, and its connection is ended.
 */
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { OctopusError } from "../base/errors.ts";
import { createApp, problemResponse } from "./app.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { checkHost, isLoopback } from "./host-check.ts";
import type { HttpServer, ServerOptions } from "./options.ts";
import { MethodError, problemOf, sendProblem } from "./problem.ts";
import type { ServerScope } from "./scope.ts";
import { createSubmitHandler, TASKS_PATH } from "./submit.ts";

/** Idle connections are kept this long for the next request. */
const KEEP_ALIVE_MS = 60_000;

const KEEP_ALIVE_PROBE_MS = 15_000;

/** Methods that are worth routing; `fetch` refuses to represent some of the others. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): HttpServer {
  const closing = new AbortController();
  const scope: ServerScope = { options, closing: closing.signal };
  const gateway = createGateway(scope);
  const sockets = new Set<Socket>();
  let loopbackOnly = true;

  const server = createNodeServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on(
    "request",
    createDispatcher(scope, () => loopbackOnly),
  );
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    try {
      checkHost(request.headers, loopbackOnly);
      if (closing.signal.aborted) throw stopping();
      if (request.headers.upgrade?.toLowerCase() !== "websocket")
        throw new OctopusError("malformed", "only upgrades to websocket are served");
      gateway.upgrade(request, socket, head);
    } catch (error) {
      refuseRaw(socket, error, scope);
    }
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerClientError(error, socket, scope));

  return {
    async listen(host, port) {
      loopbackOnly = isLoopback(host);
      await startListening(server, host, port);
      const { port: actual } = server.address() as AddressInfo;
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}` };
    },
    close: (graceMs) => closeServer(server, gateway, sockets, closing, graceMs),
  };
}

function createDispatcher(scope: ServerScope, isLoopbackOnly: () => boolean) {
  const submit = createSubmitHandler(scope.options);
  const listener = getRequestListener(createApp(scope).fetch, {
    overrideGlobalObjects: false,
    // Bodies are read, bounded, by the routes.
    autoCleanupIncoming: false,
    errorHandler: (error) => problemResponse(badRequest(error), scope),
  });
  return (request: IncomingMessage, response: ServerResponse): void => {
    try {
      checkHost(request.headers, isLoopbackOnly());
      if (scope.closing.aborted) {
        response.setHeader("connection", "close");
        throw stopping();
      }
      const { method, url } = request as { method: string; url: string };
      if (method === "POST" && isTasksPath(url)) return submit(request, response);
      if (!METHODS.has(method)) throw new MethodError(method, url.split("?", 1)[0]!, [...METHODS].join(", "));
    } catch (error) {
      return sendProblem(response, error, scope.options.log);
    }
    void listener(request, response);
  };
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
  scope.options.log.debug({ err: error }, "a request could not be read");
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
