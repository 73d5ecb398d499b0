/**
 * The bytes between a worker and a runner: four bytes of length, little end first, and so many bytes of JSON. Whatever is sent
 * in one turn travels in one write, and whatever has come is read at once: calls of a few microseconds are worth no system
 * call each.
 */
import { isMessage } from "./check-message.ts";
import type { FromRunner, ToRunner } from "./messages.ts";

const HEAD_BYTES = 4;
/** A runner that announces more is no runner. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** All of them, in one piece. */
export function encodeFrames(messages: readonly ToRunner[]): Buffer {
  const texts = messages.map((message) => JSON.stringify(message));
  let bytes = 0;
  for (const text of texts) bytes += HEAD_BYTES + Buffer.byteLength(text);
  const frames = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const text of texts) {
    const written = frames.write(text, at + HEAD_BYTES);
    frames.writeUInt32LE(written, at);
    at += HEAD_BYTES + written;
  }
  return frames;
}

/** Cuts what comes into messages. What is no frame is told as a fault, once; nothing is read after it. */
export class FrameReader {
  readonly #receive: (message: FromRunner) => void;
  readonly #fault: (why: string) => void;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Bytes that the next frame needs, with its head. */
  #wanted = HEAD_BYTES;
  #isBroken = false;

  constructor(receive: (message: FromRunner) => void, fault: (why: string) => void) {
    this.#receive = receive;
    this.#fault = fault;
  }

  push(chunk: Buffer): void {
    if (this.#isBroken) return;
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    const all = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    let at = 0;
    for (;;) {
      const left = all.length - at;
      this.#wanted = HEAD_BYTES;
      if (left < HEAD_BYTES) break;
      const size = all.readUInt32LE(at);
      if (size > FRAME_BYTES_MAX) return this.#break(`it sent a frame of ${size} bytes`);
      this.#wanted = HEAD_BYTES + size;
      if (left < this.#wanted) break;
      let message: unknown;
      try {
        message = JSON.parse(all.toString("utf8", at + HEAD_BYTES, at + this.#wanted));
      } catch {
        return this.#break("it sent what is no JSON");
      }
      if (!isMessage(message)) return this.#break("it sent what is no message of a runner");
      at += this.#wanted;
      this.#receive(message);
      if (this.#isBroken) return;
    }
    this.#parts = at === all.length ? [] : [at === 0 ? all : all.subarray(at)];
    this.#bytes = all.length - at;
  }

  #break(why: string): void {
    this.#isBroken = true;
    this.#parts = [];
    this.#fault(why);
  }
}
