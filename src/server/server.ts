/**
 * The HTTP server: sockets in front of a site. The server of a namespace has none, and is served by the main one's.
 *
 * H2  `close` ends within its grace plus a moment, whatever clients do.
 * H3  What is not HTTP gets an answer that says so, and its connection is ended.
 */
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { OctopusError } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { urlsOf } from "./access/urls.ts";
import type { Gateway } from "./gateway.ts";
import { createNamespaceServer } from "./namespaces/server.ts";
import type { HttpServer, Log, ServerOptions } from "./options.ts";
import { refuseSocket } from "./refuse-socket.ts";
import { createSite } from "./site.ts";
import { createSockets } from "./sockets.ts";

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): HttpServer {
  let urls: readonly string[] = [];
  const site = createSite(options, () => urls);
  if (options.namespace !== undefined) return createNamespaceServer(site);
  const { scope, access, hosts, gateway, entry, streams } = site;
  const { guard, audit } = scope;
  const { server, open, renew } = createSockets({
    tls: options.tls,
    connectionsMax: access.connectionsMax,
    onTooMany: (address) =>
      audit.refused({ who: "anonymous", address, action: "refused.limit", detail: "too many connections" }),
    onPlain: (address) =>
      audit.refused({ who: "anonymous", address, action: "refused.plain", detail: "no TLS on a TLS port" }),
  });
  server.on("request", (request, response) => entry.request(request, response));
  server.on("upgrade", (request, socket, head) => entry.upgrade(request, socket, head));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerClientError(error, socket, options.log));

  return {
    handler: entry,
    main: site.main,
    async listen(host, port) {
      // With tokens it may be asked by any name, a proxy's for one: no name brings a token along.
      hosts.loopbackOnly = isLoopback(host) && !guard.isOn;
      await startListening(server, host, port);
      const { port: actual } = server.address() as AddressInfo;
      urls = urlsOf({ host, port: actual, isSecure: options.tls !== undefined });
      const scheme = options.tls === undefined ? "http" : "https";
      return { url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${actual}`, urls };
    },
    lend: (principal) => guard.lend(principal),
    renew,
    accept: (stream, who) => streams.accept(stream, who),
    workersOverNats: (overNats) => site.nats.open(overNats),
    async close(graceMs) {
      await site.stop();
      await closeServer(server, gateway, open, site.closing, graceMs);
      site.end();
    },
  };
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
    case "EAI_AGAIN":
      return new OctopusError("invalid", `${host} is not an address of this machine; choose one with --host`, {
        cause: error,
      });
    default:
      return error;
  }
}

/** H3. Node has no response object for these. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, log: Log): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  // Not the error as it is: it holds what was sent, a token perhaps.
  log.debug({ code: error.code, cause: error.message }, "a request could not be read");
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return refuseSocket(
        socket,
        new OctopusError("headers_too_large", "the headers are larger than 16 KiB, the limit"),
        log,
      );
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuseSocket(socket, new OctopusError("timeout", "the request did not arrive in time"), log);
    default:
      return refuseSocket(socket, new OctopusError("malformed", "this is not HTTP that can be read"), log);
  }
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
