/** Messages from and to the worker. What is sent has been handed to the system when the call returns, in its order. */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { FromRunner, ToRunner } from "../messages.ts";

const HEAD_BYTES = 4;
/** Longest sleep while the worker does not read. */
const FULL_WAIT_MS = 5;

export class Channel {
  readonly #fd: number;
  readonly #write = writeSync;
  #unread: Buffer | undefined;
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);

  /** `idle` is called when all that has come was received. */
  constructor(fds: { control: number; answers: number }, receive: (message: ToRunner) => void, idle: () => void) {
    this.#fd = fds.answers;
    const socket = new Socket({ fd: fds.control, readable: true, writable: true });
    socket.on("data", (chunk: Buffer) => {
      this.#read(chunk, receive);
      idle();
    });
    // The worker is gone, or wants this process to end: nothing of the plugin's may hold that up.
    socket.on("close", () => process.exit(0));
    socket.on("error", () => process.exit(0));
  }

  send(message: FromRunner): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    const bytesMax = HEAD_BYTES + text.length * 3;
    if (bytesMax > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * bytesMax);
    const size = this.#buffer.write(text, HEAD_BYTES);
    this.#buffer.writeUInt32LE(size, 0);
    writeAll(this.#write, this.#fd, this.#buffer, HEAD_BYTES + size);
    if (this.#buffer.length > 1024 * 1024) this.#buffer = Buffer.allocUnsafeSlow(64 * 1024);
  }

  #read(chunk: Buffer, receive: (message: ToRunner) => void): void {
    const all = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + all.readUInt32LE(at);
      if (end > all.length) break;
      receive(JSON.parse(all.toString("utf8", at + HEAD_BYTES, end)) as ToRunner);
      at = end;
    }
    this.#unread = at === all.length ? undefined : all.subarray(at);
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it, however long the other side takes to read. */
export function writeAll(write: typeof writeSync, fd: number, bytes: Uint8Array, length: number): void {
  for (let at = 0; at < length;) {
    try {
      at += write(fd, bytes, at, length - at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, FULL_WAIT_MS);
    }
  }
}
