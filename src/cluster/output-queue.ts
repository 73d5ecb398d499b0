/**
 * Output on its way to where it is kept, whatever that is.
 *
 * OQ1  Messages are sent one after the other, each until it is there: pieces of an attempt keep their order.
 * OQ2  While none is taken, at most `WAITING_BYTES_MAX` wait; then the oldest of them go. Output may be lost, and memory may not
 *      grow.
 */
import type { LogChunk } from "../protocol/link.ts";

const MESSAGE_BYTES_MAX = 256 * 1024;
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

export interface OutputQueueOptions {
  /** Resolves when the message (pieces as a JSON array) is there, or lost for good. */
  send(message: string): Promise<void>;
  isClosed(): boolean;
  /** So many pieces went while none was taken. */
  lost(pieces: number): void;
  /** Everything is sent for now. */
  drained?(): void;
}

export class OutputQueue {
  readonly #options: OutputQueueOptions;
  /** Pieces as JSON, oldest first. */
  #waiting: string[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #isSending = false;
  #flushed: (() => void)[] = [];

  constructor(options: OutputQueueOptions) {
    this.#options = options;
  }

  publish(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) {
      const text = JSON.stringify(chunk);
      this.#waiting.push(text);
      this.#waitingBytes += text.length;
    }
    while (this.#waitingBytes > WAITING_BYTES_MAX) {
      this.#waitingBytes -= this.#waiting.shift()!.length;
      this.#lost++;
    }
    if (!this.#isSending) void this.#sendAll();
  }

  /** Resolves when what was published before is out. */
  flush(): Promise<void> {
    if (!this.#isSending) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  async #sendAll(): Promise<void> {
    const { send, isClosed, lost, drained } = this.#options;
    this.#isSending = true;
    // What comes in this moment goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !isClosed()) {
      await send(this.#some());
      if (this.#lost > 0) lost(this.#lost);
      this.#lost = 0;
    }
    this.#isSending = false;
    for (const flushed of this.#flushed.splice(0)) flushed();
    drained?.();
  }

  /** Takes from the front what makes one message. */
  #some(): string {
    let size = 0;
    let count = 0;
    for (const text of this.#waiting) {
      if (count > 0 && size + text.length > MESSAGE_BYTES_MAX) break;
      size += text.length;
      count++;
    }
    this.#waitingBytes -= size;
    return `[${this.#waiting.splice(0, count).join(",")}]`;
  }
}
