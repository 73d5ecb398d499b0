/**
 * All of a server but its sockets: who asks, who serves it, which streams are served as connections. The main server puts
 * sockets in front of it (`server.ts`), that of a namespace has none (`namespaces/server.ts`).
 */
import type { IncomingMessage } from "node:http";
import { duplexPair, type Duplex } from "node:stream";
import { OctopusError } from "../base/errors.ts";
import { namespacePrefix } from "../protocol/namespace-name.ts";
import { AuditTrail } from "./access/audit-trail.ts";
import { Guard } from "./access/guard.ts";
import { Operators } from "./access/operators.ts";
import { createDispatcher, type Serve, stopping } from "./dispatcher.ts";
import { forwardedOf } from "./forward/forwarded.ts";
import { Front } from "./forward/front.ts";
import { Tunnels } from "./forward/tunnels.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { type HostRule, hostTrouble } from "./host-check.ts";
import { HttpMetrics } from "./http-metrics.ts";
import { WaitingRoom } from "./join/waiting-room.ts";
import { dispatchByNamespace } from "./namespaces/dispatch.ts";
import type { MainServer, NamespaceHandler } from "./namespaces/door.ts";
import { NatsHost } from "./nats/host.ts";
import type { AccessOptions, ServerOptions } from "./options.ts";
import { refuseSocket } from "./refuse-socket.ts";
import type { ServerScope } from "./scope.ts";

const OPEN_ACCESS: AccessOptions = {
  isOn: false,
  connectionsMax: 100_000,
  requests: null,
  refusals: { limit: 20, perMs: 60_000, burst: 20 },
  workers: null,
  auditKeepMs: 0,
};

export interface Site {
  readonly scope: ServerScope;
  readonly access: AccessOptions;
  /** Which hosts it answers to: the main server says so when it listens. */
  readonly hosts: HostRule;
  readonly gateway: Gateway;
  readonly streams: Tunnels;
  readonly nats: NatsHost;
  /** Everything comes in here. */
  readonly entry: NamespaceHandler;
  readonly main: MainServer;
  /** Streams end, long polls answer, whatever else comes is refused. */
  readonly closing: AbortController;
  /** No more streams and workers of others; what is passed on now may end. */
  stop(): Promise<void>;
  /** When everything was answered. */
  end(): void;
}

/** `urls`: where the main server listens, when it does. */
export function createSite(options: ServerOptions, urls: () => readonly string[]): Site {
  const closing = new AbortController();
  const access = options.access ?? OPEN_ACCESS;
  const scope = createScope(options, { access, closing: closing.signal, urls });
  const { guard } = scope;
  const { cluster, namespace, namespaces, log } = options;
  const gateway = createGateway(scope);
  const hosts: HostRule = { loopbackOnly: true, names: access.hosts && new Set(access.hosts) };
  // In front of a namespace the main server has looked.
  const check = (request: IncomingMessage): void =>
    namespace === undefined ? checkHost(request, hosts, guard) : undefined;
  const refuse = (socket: Duplex, error: unknown): void => refuseSocket(socket, error, log);

  const serve: Serve = createDispatcher(scope, check);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => socket.destroy());
    try {
      check(request);
      if (closing.signal.aborted) throw stopping();
      if (request.headers.upgrade?.toLowerCase() !== "websocket")
        throw new OctopusError("malformed", "only upgrades to websocket are served");
      gateway.upgrade(request, socket, head, guard.identify(request));
    } catch (error) {
      refuse(socket, error);
    }
  };
  const accept = (stream: Duplex): void => streams.accept(stream);
  const loop = (): Duplex => {
    const [here, there] = duplexPair();
    // What comes back to a namespace goes its whole way again, as what another server sends does.
    (namespace?.main.accept ?? accept)(there);
    return here;
  };
  const front = cluster && new Front({ scope, cluster, serve, upgrade, loop, checkHost: check, refuseRaw: refuse });
  scope.front = front;
  const own: NamespaceHandler = front ?? { request: serve, upgrade };
  const entry: NamespaceHandler =
    namespaces === undefined
      ? own
      : dispatchByNamespace({ door: namespaces, own, log, checkHost: check, refuseRaw: refuse });
  const streams = new Tunnels({ entry, own, log });
  const nats = new NatsHost(scope, streams);
  const stopAccepting = namespace === undefined ? cluster?.accept(accept) : undefined;

  return {
    ...{ scope, access, hosts, gateway, streams, nats, entry, closing },
    main: namespace?.main ?? { operators: new Operators(guard, options.engine.access), urls, accept },
    async stop() {
      stopAccepting?.();
      await nats.close();
    },
    end() {
      front?.close();
      streams.close();
      scope.audit.close();
      scope.metrics.close();
    },
  };
}

interface ScopeParts {
  access: AccessOptions;
  closing: AbortSignal;
  urls: () => readonly string[];
}

function createScope(options: ServerOptions, { access, closing, urls }: ScopeParts): ServerScope {
  const { engine, log, namespace, cluster } = options;
  const now = (): number => Date.now();
  const audit = new AuditTrail({ audit: access.audit, keepMs: access.auditKeepMs, log, now });
  const operators = namespace?.main.operators;
  const ofNamespace = { namespace: namespace?.name, operators };
  const guard = new Guard({ ...access, access: engine.access, trail: audit, now, ...ofNamespace });
  engine.policy.listen(({ who, rule, arm, isRefused, message }) => {
    const deed = { who, action: `${isRefused ? "refused" : "warned"}.policy.${rule}`, subject: `arm ${arm}` };
    if (isRefused) audit.refused({ ...deed, detail: message });
    else audit.noted({ ...deed, detail: message });
  });
  const waiting = new WaitingRoom(engine.access, now);
  const prefix = namespacePrefix(namespace?.name);
  const bases = namespace?.main.urls ?? urls;
  const metrics = new HttpMetrics();
  const within = (all: readonly string[]): readonly string[] => (prefix === "" ? all : all.map((url) => url + prefix));
  return {
    ...{ options, prefix, operators, closing, guard, audit, waiting, metrics },
    urls: () => within(bases()),
    clusterUrls: () => within(cluster?.urls() ?? []),
  };
}

/** Throws, and notes it, when the request is meant for or comes from another site. */
function checkHost(request: IncomingMessage, hosts: HostRule, guard: Guard): void {
  // The server that passed it on has looked.
  if (forwardedOf(request) !== undefined) return;
  const trouble = hostTrouble(request.headers, hosts);
  if (trouble === undefined) return;
  guard.refuse(request, { who: "anonymous", action: trouble.action, detail: trouble.message });
  throw new OctopusError("forbidden", trouble.message);
}
