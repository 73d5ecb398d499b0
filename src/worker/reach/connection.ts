/**
 * One connection to the server, from the first packet to its end. `link-websocket.ts` decides when there is another one.
 *
 * CN1  `closed` is told exactly once, last of all.
 */
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { FRAME_BYTES_MAX, LINK_FEATURES, type ToWorker } from "../../protocol/link.ts";
import type { Link } from "../outbox.ts";
import type { WorkerKey } from "../worker-key.ts";
import { decodeFrame, encodeFrames } from "./frames.ts";
import { Handshake } from "./handshake.ts";
import { Pulse } from "./pulse.ts";
import type { ServerAccess } from "./server-access.ts";

/** Until the server says another one. */
const HEARTBEAT_MS = 5000;
const OPEN_MS_MAX = 10_000;
/** Where there are several addresses to try, some lead nowhere. */
const OPEN_MS_MAX_OF_SEVERAL = 3000;

export interface ConnectionEvents {
  /** Messages may be sent from now on. */
  open(connection: Connection): void;
  receive(messages: readonly ToWorker[]): void;
  /** The server will not have whoever comes with what we showed. */
  forbidden(reason: string): void;
  /** `wasOpenMs` is how long it stood; undefined when it never did. */
  closed(problem: string, wasOpenMs: number | undefined): void;
}

export class Connection implements Pick<Link, "send" | "waiting" | "confirm"> {
  readonly #server: ServerAccess;
  readonly #events: ConnectionEvents;
  readonly #handshake: Handshake;
  readonly #socket: WebSocket;
  readonly #pulse: Pulse;
  #openedAt: number | undefined;
  #problem = "the server closed the connection";
  /** The other side unpacks, and is far enough away for it to be worth something. */
  #packs = false;

  constructor(server: ServerAccess, key: { name: string; key: WorkerKey } | undefined, events: ConnectionEvents) {
    this.#server = server;
    this.#events = events;
    this.#handshake = new Handshake(server, server.hasToken ? undefined : key);
    const socket = new WebSocket(socketUrl(server.url), {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: server.addresses > 1 ? OPEN_MS_MAX_OF_SEVERAL : OPEN_MS_MAX,
      headers: this.#handshake.headers(),
      ...server.tls(),
    });
    this.#socket = socket;
    this.#pulse = new Pulse(socket, () => (this.#problem = "the server fell silent"));
    socket.on("upgrade", (response) => this.#handshake.answered(response));
    socket.on("open", () => this.#opened());
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("unexpected-response", (_request, response) => void this.#refused(response));
    socket.on("error", (error) => {
      this.#problem = error.message;
      if (isAboutCertificate(error)) server.distrust();
    });
    socket.on("close", (_code, reason) => {
      this.#pulse.stop();
      server.setSessionToken(undefined);
      if (reason.length > 0) this.#problem = reason.toString();
      const openedAt = this.#openedAt;
      events.closed(this.#problem, openedAt === undefined ? undefined : performance.now() - openedAt);
    });
  }

  send(messages: Parameters<Link["send"]>[0]): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    for (const frame of encodeFrames(messages, this.#packs)) this.#socket.send(frame);
  }

  waiting(): number {
    return this.#socket.bufferedAmount;
  }

  confirm(done: () => void): void {
    this.#pulse.confirm(done);
  }

  close(): void {
    this.#socket.close();
  }

  #opened(): void {
    this.#openedAt = performance.now();
    this.#pulse.start(HEARTBEAT_MS);
    if (!this.#handshake.isChallenged) this.#events.open(this);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#pulse.heard();
    let messages: ToWorker[];
    try {
      const proof = this.#handshake.receive(data);
      if (proof !== undefined) {
        this.#socket.send(JSON.stringify([proof]));
        return this.#events.open(this);
      }
      messages = decodeFrame(data, isBinary);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#problem = `the server sent what is no frame: ${why}`;
      return this.#socket.terminate();
    }
    for (const message of messages) if (message.type === "welcome") this.#welcomed(message);
    this.#events.receive(messages);
  }

  #welcomed({ features = [], token, heartbeatMs }: Extract<ToWorker, { type: "welcome" }>): void {
    this.#packs = !this.#handshake.isNear && features.includes(LINK_FEATURES[0]);
    this.#server.setSessionToken(token);
    this.#pulse.start(heartbeatMs);
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const { reason, isFinal } = await this.#handshake.refused(response);
    this.#problem = reason;
    this.#socket.terminate();
    if (isFinal) this.#events.forbidden(reason);
  }
}

function socketUrl(base: string): string {
  const url = new URL("/api/v1/worker", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function isAboutCertificate(error: NodeJS.ErrnoException): boolean {
  return /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO/.test(error.code ?? "");
}
