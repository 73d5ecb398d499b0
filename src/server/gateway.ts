/**
 * Workers over WebSocket. Owns who may open a connection and how many there may be that have not said hello; what happens
 * on one is `worker-connection.ts`'s, what the messages mean the engine's.
 *
 * G1  The engine sees only messages that were checked, and first of all `hello`.
 * G2  Connections that say nothing are bounded in number and in time; what strangers have sent is bounded in all.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { CHALLENGE_HEADER, FRAME_BYTES_MAX, KEY_HEADER } from "../protocol/link.ts";
import { OctopusError } from "../base/errors.ts";
import type { Principal } from "../protocol/access.ts";
import { Complaints } from "./complaints.ts";
import { Allowance } from "./join/allowance.ts";
import { BurstQueue } from "./queue.ts";
import { BASE } from "./route.ts";
import type { ServerScope } from "./scope.ts";
import { WorkerConnection } from "./worker-connection.ts";

export const WORKER_PATH = `${BASE}/worker`;

/** A connection that has not said hello after this time is ended. */
const HELLO_MS_MAX = 10_000;

/** Connections that have not said hello. Beyond it the oldest goes, if it had the time for it. */
const SILENT_MAX = 2000;
const SILENT_MS_MIN = 1000;

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const POLICY = 1008;

export interface Gateway {
  /** Takes over a connection that asks to become a WebSocket; throws when its path is another one. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, principal: Principal): void;
  /** Asks every worker to go. */
  close(): void;
  /** Ends every connection at once. */
  terminate(): void;
}

export function createGateway(scope: ServerScope): Gateway {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX });
  /** Connections without a hello, with the time since when, the oldest first. */
  const silent = new Map<WorkerConnection, number>();
  const complaints = new Complaints(scope);
  /** After a restart all workers come at once. */
  const upgrades = new BurstQueue();
  /** Those that are asked for a proof are told so in the answer to their upgrade. */
  const asked = new WeakSet<IncomingMessage>();
  const allowance = new Allowance();
  server.on("headers", (headers, request) => {
    if (asked.has(request)) headers.push(`${CHALLENGE_HEADER}: 1`);
  });

  const attach = (socket: WebSocket, request: IncomingMessage, principal: Principal): void => {
    const counted = asked.has(request) ? allowance.count(request.socket, () => connection.cutTooMuch()) : undefined;
    const greeted = (): void => {
      counted?.();
      silent.delete(connection);
      clearTimeout(impatience);
    };
    const workers = (): number => server.clients.size;
    const isThere = answerer(socket);
    const shared = { scope, principal, greeted, complaints, workers, isThere };
    const connection = new WorkerConnection(socket, request, shared);
    silent.set(connection, Date.now());
    const impatience = setTimeout(() => connection.end(POLICY, "say hello first"), HELLO_MS_MAX);
    socket.on("close", greeted);
    if (scope.closing.aborted) connection.end(GOING_AWAY, "the server is stopping");
  };

  return {
    upgrade(request, socket, head, principal) {
      const [path, query = ""] = request.url!.split("?", 2) as [string, string?];
      if (path !== WORKER_PATH)
        throw new OctopusError("not_found", `there is no WebSocket at ${path}; workers connect at ${WORKER_PATH}`);
      if (query !== "") throw new OctopusError("invalid", `${WORKER_PATH} takes no query parameters`);
      // Without a token, a key will do: whether it is good is seen once the connection stands.
      if (principal.role === "none" && request.headers[KEY_HEADER] !== undefined) asked.add(request);
      else scope.guard.check(principal, "worker", request);
      makeRoom(silent, upgrades.length);
      upgrades.add(() => {
        server.handleUpgrade(request, socket, head, (connection) => attach(connection, request, principal));
      });
    },
    close() {
      for (const connection of server.clients) goAway(connection);
    },
    terminate() {
      for (const connection of server.clients) connection.terminate();
    },
  };
}

/** The one that is silent for longest makes room; when they are all new, whoever comes has to come again. */
function makeRoom(silent: ReadonlyMap<WorkerConnection, number>, coming: number): void {
  if (silent.size + coming < SILENT_MAX) return;
  const [first] = silent;
  const [oldest, since] = first ?? [undefined, Infinity];
  if (oldest === undefined || Date.now() - since < SILENT_MS_MIN) {
    const message = `${SILENT_MAX} connections have not said hello yet: this one has to come again in a moment`;
    throw new OctopusError("not_ready", message, { retryable: true });
  }
  oldest.cut();
}

/** Asks whether the other side is there; all who ask at the same time get one answer. */
function answerer(socket: WebSocket): (ms: number) => Promise<boolean> {
  let asking: Promise<boolean> | undefined;
  const ask = (ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      const answered = (): void => done(true);
      const closed = (): void => done(false);
      const timer = setTimeout(closed, ms);
      const done = (isThere: boolean): void => {
        clearTimeout(timer);
        socket.off("pong", answered).off("close", closed);
        asking = undefined;
        resolve(isThere);
      };
      socket.on("pong", answered).on("close", closed).ping();
    });
  return (ms) => (asking ??= ask(ms));
}

/** Asks it to close, and closes it when it does not. */
function goAway(socket: WebSocket): void {
  socket.close(GOING_AWAY, "the server is stopping");
  const timer = setTimeout(() => socket.terminate(), 2000);
  socket.on("close", () => clearTimeout(timer));
}
