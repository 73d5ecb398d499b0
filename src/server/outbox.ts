/**
 * What waits to be sent to one worker: gathered for a tick into one frame, packed where that saves something.
 *
 * OB1  It is bounded: a worker that does not read is cut off, and finds its attempts by `holds`.
 */
import type { ToWorker } from "../protocol/link.ts";
import { packFrames } from "./frames.ts";
import { packed } from "./link-frames.ts";
import type { LinkSocket } from "./link-socket.ts";

/** Bytes that may wait for one worker. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

export class Outbox {
  readonly #socket: LinkSocket;
  readonly #overflow: () => void;
  #waiting: ToWorker[] = [];
  #isPacked = false;

  constructor(socket: LinkSocket, overflow: () => void) {
    this.#socket = socket;
    this.#overflow = overflow;
  }

  /** From now on large frames are packed: the other side reads them. */
  pack(): void {
    this.#isPacked = true;
  }

  send(messages: ToWorker[]): void {
    if (messages.length === 0) return;
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting = this.#waiting.length === 0 ? messages : this.#waiting.concat(messages);
  }

  /** Also what nobody asked to send waits here: answers to pings. */
  check(): void {
    if (this.#socket.bufferedAmount > WAITING_BYTES_MAX) this.#overflow();
  }

  #flush(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.carry !== undefined) this.#socket.carry(messages, this.#isPacked);
    else for (const frame of packFrames(messages)) this.#socket.send(this.#isPacked ? packed(frame) : frame);
    this.check();
  }
}
