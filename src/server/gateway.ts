/**
 * Workers over WebSocket. Owns connections and frames; what the messages mean is the engine's.
 *
 * G1  The engine sees only messages that were checked, and first of all `hello`.
 * G2  What waits for one worker is bounded: a worker that does not read is cut off, and finds its attempts by `holds`.
 * G3  `closed` is said exactly once for each session.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { FRAME_BYTES_MAX, type FromWorker, type ToWorker } from "../protocol/link.ts";
import { OctopusError } from "../base/errors.ts";
import { packFrames } from "./frames.ts";
import { readFrame } from "./link-check.ts";
import { BASE } from "./route.ts";
import type { ServerScope } from "./scope.ts";

export const WORKER_PATH = `${BASE}/worker`;

/** Bytes that may wait for one worker. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** A connection that has not said hello after this time is ended. */
const HELLO_MS_MAX = 10_000;

/** Time for a close to be answered. */
const CLOSE_MS_MAX = 2_000;

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const POLICY = 1008;

export interface Gateway {
  /** Takes over a connection that asks to become a WebSocket; throws when its path is another one. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Asks every worker to go. */
  close(): void;
  /** Ends every connection at once. */
  terminate(): void;
}

export function createGateway(scope: ServerScope): Gateway {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX });
  return {
    upgrade(request, socket, head) {
      const [path, query = ""] = request.url!.split("?", 2) as [string, string?];
      if (path !== WORKER_PATH)
        throw new OctopusError("not_found", `there is no WebSocket at ${path}; workers connect at ${WORKER_PATH}`);
      if (query !== "") throw new OctopusError("invalid", `${WORKER_PATH} takes no query parameters`);
      server.handleUpgrade(request, socket, head, (connection) => attach(connection, scope));
    },
    close() {
      for (const connection of server.clients) endGently(connection, GOING_AWAY, "the server is stopping");
    },
    terminate() {
      for (const connection of server.clients) connection.terminate();
    },
  };
}

function attach(connection: WebSocket, scope: ServerScope): void {
  const { engine, log } = scope.options;
  const outbox = createOutbox(connection, () => {
    log.warn({ worker: name }, "a worker does not read what it is sent; its connection is cut");
    connection.terminate();
  });
  const session = engine.connectWorker({
    send: outbox,
    close: () => endGently(connection, 1000, "the server ends this session"),
  });
  let name: string | undefined;
  const impatience = setTimeout(() => connection.close(POLICY, "say hello first"), HELLO_MS_MAX);

  const refuse = (reason: string): void => {
    log.warn({ worker: name, reason }, "a worker sent what is not a message; its connection is ended");
    // A reason has room for 123 bytes.
    endGently(connection, POLICY, reason.replace(/[^\x20-\x7e]/g, "?").slice(0, 120));
  };
  connection.on("message", (data: RawData, isBinary: boolean) => {
    if (connection.readyState !== connection.OPEN) return;
    if (isBinary) return refuse("a frame must be text");
    const messages = readFrame((data as Buffer).toString("utf8"));
    if (typeof messages === "string") return refuse(messages);
    const fault = checkOrder(messages, name !== undefined);
    if (fault !== undefined) return refuse(fault);
    if (name === undefined && messages[0]?.type === "hello") {
      name = messages[0].name;
      clearTimeout(impatience);
    }
    session.receive(messages);
  });
  connection.on("close", () => {
    clearTimeout(impatience);
    session.closed();
  });
  connection.on("error", (error) => log.debug({ err: error, worker: name }, "a worker's connection failed"));
  if (scope.closing.aborted) endGently(connection, GOING_AWAY, "the server is stopping");
}

/** `hello` stands first, and only there. */
function checkOrder(messages: readonly FromWorker[], greeted: boolean): string | undefined {
  for (const [index, { type }] of messages.entries()) {
    const expected = !greeted && index === 0;
    if (expected !== (type === "hello")) return expected ? "the first message must be hello" : "hello was said before";
  }
  return undefined;
}

/** Gathers what is sent in one turn into one frame. */
function createOutbox(connection: WebSocket, overflow: () => void): (messages: ToWorker[]) => void {
  let waiting: ToWorker[] = [];
  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (connection.readyState !== connection.OPEN) return;
    for (const frame of packFrames(messages)) connection.send(frame);
    if (connection.bufferedAmount > WAITING_BYTES_MAX) overflow();
  };
  return (messages) => {
    if (messages.length === 0) return;
    if (waiting.length === 0) queueMicrotask(flush);
    waiting = waiting.length === 0 ? messages : waiting.concat(messages);
  };
}

/** Says why, and ends the connection even when nobody answers. */
function endGently(connection: WebSocket, code: number, reason: string): void {
  // After the frame of this turn, which may hold the refusal that the worker is to read.
  queueMicrotask(() => connection.close(code, reason));
  const timer = setTimeout(() => connection.terminate(), CLOSE_MS_MAX);
  connection.on("close", () => clearTimeout(timer));
}
