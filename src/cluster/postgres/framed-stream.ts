/**
 * A stream of bytes over a socket, in frames: four bytes of length, then so many. A frame of length 0 is the end of one
 * direction. TCP alone cannot tell the end of what was said from the end of the process that said it.
 *
 * FS1  `end` comes only after the other side's end; a socket that closes before it is an error (`ECONNRESET`).
 * FS2  What is written before the socket is there waits, at most as much as a stream holds back.
 */
import { Duplex } from "node:stream";

const HEAD_BYTES = 4;
const END = Buffer.alloc(HEAD_BYTES);

export class FramedStream extends Duplex {
  readonly #reaching: Promise<Duplex>;
  #socket: Duplex | undefined;
  /** Bytes of the present frame that have not come. */
  #left = 0;
  #head = Buffer.alloc(0);
  #hasEnded = false;

  constructor(socket: Duplex | Promise<Duplex>) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#reaching = Promise.resolve(socket);
    this.#reaching.then(
      (there) => this.#attach(there),
      (error: Error) => this.destroy(error),
    );
  }

  /** Nothing is written before this has called back. */
  override _construct(callback: (error?: Error | null) => void): void {
    // The constructor goes on after this.
    queueMicrotask(() => {
      this.#reaching.then(
        () => callback(),
        () => callback(),
      );
    });
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (chunk.length === 0) return callback();
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(chunk.length);
    this.#send(callback, head, chunk);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#send(callback, END);
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket === undefined) {
      this.#reaching.then((late) => late.destroy()).catch(() => {});
    } else if (this.#hasEnded && this.writableFinished) {
      // The last frame may still be on its way out.
      socket.end();
    } else {
      socket.destroy();
    }
    callback(error);
  }

  // What HTTP calls on its socket.
  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #send(callback: (error?: Error | null) => void, ...pieces: Buffer[]): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return callback(broken());
    // Each calls back, also when the socket breaks.
    pieces.forEach((piece, index) => socket.write(piece, index === pieces.length - 1 ? callback : undefined));
  }

  #attach(socket: Duplex): void {
    socket.on("error", () => {});
    if (this.destroyed) return void socket.destroy();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.#take(chunk)) socket.pause();
    });
    const over = (): void => {
      if (!this.#hasEnded) this.destroy(broken());
    };
    socket.on("end", over);
    socket.on("close", over);
  }

  /** False: nobody reads at this moment. */
  #take(chunk: Buffer): boolean {
    let isWanted = true;
    for (let at = 0; at < chunk.length && !this.#hasEnded;) {
      if (this.#left === 0) {
        const wanted = HEAD_BYTES - this.#head.length;
        this.#head = Buffer.concat([this.#head, chunk.subarray(at, at + wanted)]);
        at += wanted;
        if (this.#head.length < HEAD_BYTES) break;
        this.#left = this.#head.readUInt32BE();
        this.#head = Buffer.alloc(0);
        if (this.#left === 0) {
          this.#hasEnded = true;
          this.push(null);
        }
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      isWanted = this.push(piece);
    }
    return isWanted;
  }
}

function broken(): NodeJS.ErrnoException {
  return Object.assign(new Error("the other server is gone"), { code: "ECONNRESET" });
}
