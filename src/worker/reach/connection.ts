/**
 * One connection to the server, from the first packet to its end. `link-websocket.ts` decides when there is another one.
 *
 * CN1  `closed` is told exactly once, last of all.
 */
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { below } from "../../base/namespace-url.ts";
import { FRAME_BYTES_MAX, LINK_FEATURES, type ToWorker } from "../../protocol/link.ts";
import type { OpenLink, OpenLinkEvents } from "../link.ts";
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

export class Connection implements OpenLink {
  readonly #server: ServerAccess;
  readonly #events: OpenLinkEvents;
  readonly #handshake: Handshake;
  readonly #socket: WebSocket;
  readonly #pulse: Pulse;
  #openedAt: number | undefined;
  #problem = "the server closed the connection";
  #isRefused = false;
  /** The other side unpacks, and is far enough away for it to be worth something. */
  #packs = false;

  constructor(server: ServerAccess, key: { name: string; key: WorkerKey } | undefined, events: OpenLinkEvents) {
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
    const silent = (): string => (this.#problem = "the server fell silent");
    this.#pulse = new Pulse(socket, silent, () => events.isBusy());
    socket.on("upgrade", (response) => this.#handshake.answered(response));
    socket.on("open", () => this.#opened());
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("unexpected-response", (_request, response) => void this.#refused(response));
    socket.on("error", (error) => {
      // What the server has said is the cause; that the socket was ended for it is none.
      if (!this.#isRefused) this.#problem = error.message;
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

  send(messages: Parameters<OpenLink["send"]>[0]): void {
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

  #welcomed({ features = [], token, heartbeatMs, servers }: Extract<ToWorker, { type: "welcome" }>): void {
    if (servers !== undefined) this.#server.learn(servers);
    this.#packs = !this.#handshake.isNear && features.includes(LINK_FEATURES[0]);
    this.#server.setSessionToken(token);
    this.#pulse.start(heartbeatMs);
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const { reason, isFinal, isMissing } = await this.#handshake.refused(response);
    this.#problem = reason;
    this.#isRefused = true;
    this.#socket.terminate();
    if (isMissing) this.#events.missing(reason);
    // Who answers at an address that was only heard of has no say in what becomes of this worker.
    if (isFinal && !this.#server.isLearned) this.#events.forbidden(reason);
  }
}

function socketUrl(base: string): string {
  const url = new URL(below(base, "/api/v1/worker"));
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function isAboutCertificate(error: NodeJS.ErrnoException): boolean {
  return /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO/.test(error.code ?? "");
}
