/** Whether the other side still lives, by WebSocket's own pings. */
import { WebSocket } from "ws";

/** Heartbeats without a sign after which the server is asked for one, and after which a connection counts as dead. */
const ASK_BEATS = 2;
const SILENT_BEATS = 3;
/** A server with many workers wants few heartbeats. Each is then time enough for an answer. */
const LONG_MS = 8000;

/**
 * Pings when nothing was heard for a while, and ends a connection that does not answer. A pong also says that all that was
 * sent before has arrived. A thousand idle workers cost their server mostly pongs, so nobody asks at every beat.
 */
export class Pulse {
  readonly #socket: WebSocket;
  readonly #onSilent: () => void;
  #timer: NodeJS.Timeout | undefined;
  readonly #isBusy: () => boolean;
  #everyMs = 0;
  /**
   * Beats since the last sign. Counted, not measured: a function that holds this loop for a minute also keeps what the
   * server said meanwhile from being read.
   */
  #beats = 0;
  #asked: (() => void)[] = [];

  /** `isBusy`: attempts run here, so that the worker has to be back before its lease ends. */
  constructor(socket: WebSocket, onSilent: () => void, isBusy: () => boolean) {
    this.#socket = socket;
    this.#onSilent = onSilent;
    this.#isBusy = isBusy;
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
    this.#beats++;
    const isLong = this.#everyMs >= LONG_MS;
    const ask = isLong && this.#isBusy() ? 1 : ASK_BEATS;
    if (this.#beats > (isLong ? ask : SILENT_BEATS)) {
      this.#onSilent();
      return this.#socket.terminate();
    }
    if (this.#beats >= ask && this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }
}
