/** The link over WebSocket: one frame is a JSON array of messages; a broken connection is made again, with growing waits. */
import { WebSocket } from "ws";
import { FRAME_BYTES_MAX, type FromWorker, type ToWorker } from "../protocol/link.ts";
import type { Agent } from "./agent.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 5000;
/** A connection that stood for this long starts the waits afresh. */
const STABLE_MS = 10_000;

export interface LinkOptions {
  /** Base URL of the server, `http://…`. */
  url: string;
  agent: Agent;
  /** A number in [0, 1), for the spread of the waits. */
  random: () => number;
  /** Told at each loss of the connection; `error` is why the newest try failed. */
  onDown?: (error: string, waitMs: number) => void;
}

export class WebSocketLink {
  readonly #options: LinkOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    const { url, agent } = this.#options;
    const socket = new WebSocket(workerUrl(url), {
      perMessageDeflate: false,
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: 10_000,
    });
    this.#socket = socket;
    let openedAt = 0;
    let problem = "the server closed the connection";
    socket.on("open", () => {
      openedAt = Date.now();
      agent.connected({
        send: (messages: FromWorker[]) => socket.send(JSON.stringify(messages)),
        close: () => this.stop(),
      });
    });
    socket.on("message", (data: Buffer) => agent.receive(JSON.parse(data.toString()) as ToWorker[]));
    socket.on("error", (error) => {
      problem = error.message;
    });
    socket.on("close", (_code, reason) => {
      agent.disconnected();
      if (this.#stopped) return;
      if (reason.length > 0) problem = reason.toString();
      if (openedAt > 0 && Date.now() - openedAt > STABLE_MS) this.#failures = 0;
      const full = Math.min(WAIT_MS_MIN * 2 ** this.#failures++, WAIT_MS_MAX);
      const waitMs = Math.round(full * (0.5 + this.#options.random() / 2));
      this.#options.onDown?.(problem, waitMs);
      this.#timer = setTimeout(() => this.start(), waitMs);
    });
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

function workerUrl(base: string): string {
  const url = new URL("/api/v1/worker", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
