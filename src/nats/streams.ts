/**
 * Streams of bytes within a session, many at once: HTTP of a worker that reaches no server goes over them.
 *
 * ST1  Bytes come in order and whole, until one side ends; a stream breaks with its session, with an error.
 * ST2  A writer is at most `WINDOW_BYTES` ahead of the reader of its stream, so that a large file neither fills memory nor
 *      keeps results waiting.
 */
import { Duplex } from "node:stream";

export const WINDOW_BYTES = 128 * 1024;
const PIECE_BYTES = 32 * 1024;
const HEAD_BYTES = 5;

const OPEN = 0;
const DATA = 1;
const END = 2;
const RESET = 3;
const WINDOW = 4;

export interface StreamsOptions {
  /** Hands a piece to the session. */
  send(piece: Buffer): void;
  /** Somebody opens one; absent: nobody may. */
  accept?: (stream: Duplex) => void;
  /** Streams at once that the other side may open. */
  max?: number;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<number, SessionStream>();
  #last = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  open(): Duplex {
    const id = ++this.#last;
    this.#options.send(pieceOf(OPEN, id));
    return this.#keep(id);
  }

  /** A piece came. What is about a stream that is over is late, and dropped. */
  take(piece: Buffer): void {
    if (piece.length < HEAD_BYTES) return;
    const op = piece[0]!;
    const id = piece.readUInt32BE(1);
    if (op === OPEN) return this.#accept(id);
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    const rest = piece.subarray(HEAD_BYTES);
    if (op === DATA) stream.came(rest);
    else if (op === END) stream.came(null);
    else if (op === RESET) stream.destroy(reset("the other side ended the stream"));
    else if (op === WINDOW && rest.length === 4) stream.granted(rest.readUInt32BE(0));
  }

  /** The session is over. */
  close(): void {
    for (const stream of [...this.#open.values()]) stream.destroy(reset("the session over NATS has ended"));
  }

  #accept(id: number): void {
    const { accept, max = 64, send } = this.#options;
    if (accept === undefined || this.#open.has(id) || this.#open.size >= max) return send(pieceOf(RESET, id));
    accept(this.#keep(id));
  }

  #keep(id: number): SessionStream {
    const stream = new SessionStream({
      send: (op, data) => this.#options.send(pieceOf(op, id, data)),
      gone: () => void this.#open.delete(id),
    });
    this.#open.set(id, stream);
    // Whoever has it listens too; without anybody, its end is nobody's affair.
    stream.on("error", () => undefined);
    return stream;
  }
}

interface StreamEnds {
  send(op: number, data?: Uint8Array): void;
  gone(): void;
}

/** What HTTP takes for a socket. */
class SessionStream extends Duplex {
  readonly #ends: StreamEnds;
  #credit = WINDOW_BYTES;
  /** Came, and not granted anew. */
  #taken = 0;
  #unsent: { chunk: Buffer; done: (error?: Error | null) => void } | undefined;
  #hasEnded = false;
  #hasHeardEnd = false;
  #idle: NodeJS.Timeout | undefined;
  #idleMs = 0;

  constructor(ends: StreamEnds) {
    super({ readableHighWaterMark: PIECE_BYTES, writableHighWaterMark: PIECE_BYTES });
    this.#ends = ends;
  }

  came(data: Buffer | null): void {
    this.#stir();
    if (data === null) {
      this.#hasHeardEnd = true;
      this.push(null);
      return;
    }
    this.#taken += data.length;
    if (this.#taken > WINDOW_BYTES) return void this.destroy(new Error("more came than there is room for"));
    this.push(data);
  }

  granted(bytes: number): void {
    this.#credit += bytes;
    this.#pump();
  }

  override _read(): void {
    // Half of the window at a time: a word for each piece would cost as much as the pieces.
    if (this.#taken < WINDOW_BYTES / 2 || this.#hasHeardEnd) return;
    const grant = Buffer.alloc(4);
    grant.writeUInt32BE(this.#taken);
    this.#taken = 0;
    this.#ends.send(WINDOW, grant);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#unsent = { chunk, done };
    this.#pump();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#hasEnded = true;
    this.#ends.send(END);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    if (!this.#hasEnded || !this.#hasHeardEnd) this.#ends.send(RESET);
    this.#unsent?.done(error);
    this.#unsent = undefined;
    this.#ends.gone();
    done(error);
  }

  #pump(): void {
    const unsent = this.#unsent;
    if (unsent === undefined) return;
    while (unsent.chunk.length > 0 && this.#credit > 0) {
      const piece = unsent.chunk.subarray(0, Math.min(PIECE_BYTES, this.#credit));
      this.#credit -= piece.length;
      unsent.chunk = unsent.chunk.subarray(piece.length);
      this.#ends.send(DATA, piece);
      this.#stir();
    }
    if (unsent.chunk.length > 0) return;
    this.#unsent = undefined;
    unsent.done();
  }

  // --- what HTTP asks of a socket ---

  readonly connecting = false;

  setTimeout(ms: number, onTimeout?: () => void): this {
    this.#idleMs = ms;
    if (onTimeout !== undefined) this.once("timeout", onTimeout);
    this.#stir();
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #stir(): void {
    clearTimeout(this.#idle);
    this.#idle = this.#idleMs === 0 ? undefined : setTimeout(() => this.emit("timeout"), this.#idleMs).unref();
  }
}

/** As a broken connection is called elsewhere. */
function reset(message: string): Error {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}

function pieceOf(op: number, id: number, data?: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = op;
  head.writeUInt32BE(id, 1);
  return data === undefined ? head : Buffer.concat([head, data]);
}
