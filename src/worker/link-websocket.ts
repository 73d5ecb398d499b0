/**
 * The link over WebSocket: a broken connection is made again, with growing waits.
 *
 * W1  One connection at a time; the agent hears of its end exactly once.
 * W2  A connection on which nothing comes back for `SILENT_BEATS` heartbeats is ended here: a server that is suspended or
 *     cut off says nothing, and TCP alone would take minutes to notice.
 */
import { WebSocket } from "ws";
import { FRAME_BYTES_MAX, type FromWorker, LINK_FEATURES, type ToWorker } from "../protocol/link.ts";
import type { Agent } from "./agent.ts";
import { decodeFrame, encodeFrames } from "./reach/frames.ts";
import { Handshake } from "./reach/handshake.ts";
import type { ServerAccess } from "./reach/server-access.ts";
import type { WorkerKey } from "./worker-key.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 5000;
/** A connection that stood for this long starts the waits afresh. */
const STABLE_MS = 10_000;
/** Until the server says another one. */
const HEARTBEAT_MS = 5000;
const SILENT_BEATS = 3;
const OPEN_MS_MAX = 10_000;
/** Where there are several addresses to try, some lead nowhere. */
const OPEN_MS_MAX_OF_SEVERAL = 3000;

export interface LinkOptions {
  server: ServerAccess;
  agent: Pick<Agent, "connected" | "disconnected" | "receive">;
  /** A number in [0, 1), for the spread of the waits. */
  random: () => number;
  /** Told at each loss of the connection; `error` is why the newest try failed. */
  onDown?: (error: string, waitMs: number) => void;
  /** The server will not have whoever comes with what we showed. Default: it is tried again. */
  onForbidden?: (reason: string) => void;
  /** Shown where the server asks for it, under this name. */
  key?: { name: string; key: WorkerKey } | undefined;
}

export class WebSocketLink {
  readonly #options: LinkOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;
  #nextWaitMs: number | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    let ready: Promise<void> | undefined;
    try {
      ready = this.#options.server.prepare();
    } catch (error) {
      return this.#retry(error instanceof Error ? error.message : String(error));
    }
    if (ready === undefined) return this.#connect();
    ready.then(
      () => !this.#stopped && this.#connect(),
      (error: unknown) => this.#retry(error instanceof Error ? error.message : String(error)),
    );
  }

  #connect(): void {
    const { server, agent, key } = this.#options;
    const shown = key !== undefined && !server.hasToken ? key : undefined;
    const handshake = new Handshake(server, shown);
    const socket = new WebSocket(socketUrl(server.url), {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: server.addresses > 1 ? OPEN_MS_MAX_OF_SEVERAL : OPEN_MS_MAX,
      headers: handshake.headers(),
      ...server.tls(),
    });
    this.#socket = socket;
    let openedAt = 0;
    let problem = "the server closed the connection";
    let packs = false;
    const pulse = new Pulse(socket, () => (problem = "the server fell silent"));
    const greet = (): void =>
      agent.connected({
        send: (messages: FromWorker[]) => {
          if (socket.readyState !== WebSocket.OPEN) return;
          for (const frame of encodeFrames(messages, packs)) socket.send(frame);
        },
        close: () => this.stop(),
        again: () => this.again(),
        waiting: () => socket.bufferedAmount,
        confirm: (done) => pulse.confirm(done),
      });
    socket.on("upgrade", (response) => handshake.answered(response));
    socket.on("open", () => {
      openedAt = Date.now();
      pulse.start(HEARTBEAT_MS);
      if (!handshake.isChallenged) greet();
    });
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      pulse.heard();
      let messages: ToWorker[];
      try {
        const proof = handshake.receive(data);
        if (proof !== undefined) {
          socket.send(JSON.stringify([proof]));
          return greet();
        }
        messages = decodeFrame(data, isBinary);
      } catch (error) {
        problem = `the server sent what is no frame: ${error instanceof Error ? error.message : String(error)}`;
        return socket.terminate();
      }
      for (const message of messages) {
        if (message.type !== "welcome") continue;
        packs = !handshake.isNear && (message.features ?? []).includes(LINK_FEATURES[0]);
        server.setSessionToken(message.token);
        pulse.start(message.heartbeatMs);
      }
      agent.receive(messages);
    });
    socket.on("unexpected-response", (_request, response) => {
      void handshake.refused(response).then(({ reason, isFinal }) => {
        problem = reason;
        socket.terminate();
        if (isFinal) this.#options.onForbidden?.(reason);
      });
    });
    socket.on("error", (error) => {
      problem = error.message;
      if (isAboutCertificate(error)) server.distrust();
    });
    socket.on("close", (_code, reason) => {
      pulse.stop();
      agent.disconnected();
      if (reason.length > 0) problem = reason.toString();
      if (openedAt > 0 && Date.now() - openedAt > STABLE_MS) this.#failures = 0;
      this.#retry(problem, openedAt === 0);
    });
  }

  /** `isAway`: nobody answered at this address. */
  #retry(problem: string, isAway = true): void {
    if (this.#stopped) return;
    const { server, random, onDown } = this.#options;
    // The other addresses are tried before anybody waits.
    const isRound = !isAway || server.next();
    if (isRound) this.#failures++;
    const full = isRound ? Math.min(WAIT_MS_MIN * 2 ** (this.#failures - 1), WAIT_MS_MAX) : 0;
    const waitMs = this.#nextWaitMs ?? Math.round(full * (0.5 + random() / 2));
    this.#nextWaitMs = undefined;
    if (isRound) onDown?.(problem, waitMs);
    this.#timer = setTimeout(() => this.start(), waitMs);
  }

  /** The next try comes after this time, whatever the tries before it. */
  waitOnce(ms: number): void {
    this.#nextWaitMs = ms;
  }

  /** Connects anew, to say hello again: what the worker can do has changed. What runs goes on meanwhile. */
  again(): void {
    this.#failures = 0;
    this.#socket?.close();
  }

  /** Closes the connection for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }
}

/** Pings, and ends a connection that does not answer. A pong also says that all that was sent before has arrived. */
class Pulse {
  readonly #socket: WebSocket;
  readonly #onSilent: () => void;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;
  /**
   * Beats since the last sign. Counted, not measured: a function that holds this loop for a minute also keeps what the
   * server said meanwhile from being read.
   */
  #beats = 0;
  #asked: (() => void)[] = [];

  constructor(socket: WebSocket, onSilent: () => void) {
    this.#socket = socket;
    this.#onSilent = onSilent;
    socket.on("pong", (data: Buffer) => {
      this.heard();
      // Whoever asked put something into the ping; those of the beats are empty.
      if (data.length > 0) this.#asked.shift()?.();
    });
    socket.on("ping", () => this.heard());
  }

  start(everyMs: number): void {
    if (everyMs === this.#everyMs) return;
    clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.#beat(), everyMs).unref();
  }

  heard(): void {
    this.#beats = 0;
  }

  /** Calls back when the server has all that was sent so far; never, when the connection ends first. */
  confirm(done: () => void): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#asked.push(done);
    this.#socket.ping("1");
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#asked = [];
  }

  #beat(): void {
    if (this.#beats++ >= SILENT_BEATS) {
      this.#onSilent();
      return this.#socket.terminate();
    }
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
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
