/**
 * What waits to be sent to the worker, in one buffer that never grows. Output is read straight into it, so it is copied
 * once by the kernel and not at all by us.
 *
 * O1  Output leaves the last `RESERVE_BYTES` free: news of starts and ends must fit while output waits.
 * O2  News that does not fit even there waits for the worker to read: it is never dropped.
 */
import { HEADER_BYTES, writeHeader } from "./frames.ts";
import { type Libc, MSG_DONTWAIT, MSG_NOSIGNAL } from "./libc.ts";

/** Most bytes of one output frame: what a pipe holds. */
const CHUNK_BYTES = 64 * 1024;
const CAPACITY_BYTES = 512 * 1024;
const RESERVE_BYTES = 64 * 1024;

export class Outbox {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  readonly #base: bigint;
  #start = 0;
  #end = 0;
  #gone = false;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#base = libc.address(this.#buffer);
  }

  get empty(): boolean {
    return this.#start === this.#end;
  }

  /** The worker is gone: everything is discarded from here on. */
  discard(): void {
    this.#gone = true;
    this.#start = this.#end = 0;
  }

  /** Reads once from `fd` into a frame. Answers the bytes read: 0 at the end, -1 on an error; undefined = no room. */
  readFrom(fd: number, type: number, id: number): number | undefined {
    if (!this.#room(HEADER_BYTES + CHUNK_BYTES + RESERVE_BYTES)) return undefined;
    const at = this.#end + HEADER_BYTES;
    const bytes = Number(this.#libc.read(fd, this.#base + BigInt(at), BigInt(CHUNK_BYTES)));
    if (bytes > 0 && !this.#gone) {
      writeHeader(this.#buffer, this.#end, type, id, bytes);
      this.#end = at + bytes;
    }
    return bytes;
  }

  /** Adds a small frame. */
  push(type: number, id: number, payload: Uint8Array): void {
    if (this.#gone) return;
    const bytes = HEADER_BYTES + payload.length;
    while (!this.#room(bytes)) {
      if (!this.#send(0)) return this.discard();
    }
    writeHeader(this.#buffer, this.#end, type, id, payload.length);
    this.#buffer.set(payload, this.#end + HEADER_BYTES);
    this.#end += bytes;
  }

  /** Sends what the socket takes. */
  flush(): void {
    while (!this.empty && this.#send(MSG_DONTWAIT));
  }

  #room(bytes: number): boolean {
    if (this.#end + bytes <= CAPACITY_BYTES) return true;
    this.flush();
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#end + bytes <= CAPACITY_BYTES;
  }

  /** False when nothing could be sent. */
  #send(flags: number): boolean {
    const length = BigInt(this.#end - this.#start);
    const sent = Number(this.#libc.send(this.#fd, this.#base + BigInt(this.#start), length, flags | MSG_NOSIGNAL));
    if (sent <= 0) return false;
    this.#start += sent;
    if (this.empty) this.#start = this.#end = 0;
    return true;
  }
}
