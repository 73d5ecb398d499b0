/**
 * One stream of bytes between two servers, over messages of NATS that nobody keeps.
 *
 * NT1  Bytes come in order and whole, or the stream breaks: what is sent is counted, and a message that was lost shows as a gap.
 * NT2  A side sends at most `WINDOW` bytes that the other's reader has not taken. A reader that stops costs both sides no more.
 * NT3  It ends well only when both sides said so; what else ends it is an error at the other side, soon: a word, silence, or
 *       NATS's own word that nobody listens there any more.
 * NT4  `ECONNREFUSED` means that nothing of it was received: the other server was not there, or refused it. Whoever takes a stream
 *       says so before it does anything for it, over the same connection, so that its word comes before that of its end.
 */
import { Duplex } from "node:stream";

/** The first byte of a message, then four of a number, then the rest. */
export const FRAME = { open: 1, data: 2, end: 3, reset: 4, grant: 5 } as const;

/** The number of a reset that refuses to open. */
export const REFUSED = 1;

const HEAD_BYTES = 5;
const WINDOW = 1024 * 1024;
const GRANT_BYTES = WINDOW / 4;
const DATA_BYTES_MAX = 60 * 1024;
/** Without anything else to say, a sign of life. */
const IDLE_MS = 2000;
const SILENT_MS = 10_000;

export interface Frame {
  type: number;
  number: number;
  rest: Uint8Array;
}

export function frameOf(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return { type: bytes[0]!, number, rest: bytes.subarray(HEAD_BYTES) };
}

export function toBytes(type: number, number: number, ...rest: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + rest.reduce((sum, part) => sum + part.length, 0));
  bytes[0] = type;
  bytes.writeUInt32BE(number >>> 0, 1);
  let at = HEAD_BYTES;
  for (const part of rest) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export class TunnelStream extends Duplex {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #gone: () => void;
  /** Counts of messages that carry the stream, in each direction; the opening one is the first. */
  #sentCount = 0;
  #receivedCount = 0;
  /** Bytes since the beginning: sent, and taken by the other's reader. */
  #sent = 0;
  #granted = 0;
  /** Bytes since the beginning: taken by this reader, and what of them the other side knows. */
  #taken = 0;
  #told = 0;
  #unsent: Uint8Array[] = [];
  #onSent: ((error?: Error | null) => void) | undefined;
  #received: (Uint8Array | null)[] = [];
  #receivedBytes = 0;
  #wants = false;
  #isReset = false;
  /** The last that each side had to say is said: nothing that comes now can take any of it back. */
  #hasSaidAll = false;
  #hasHeardAll = false;
  /** The other side has it. */
  #isTaken = false;
  #sentAt = performance.now();
  #heardAt = performance.now();
  #wasSilent = false;

  /** `send`: to the other end. `gone`: called once, when nothing of it is to be kept. */
  constructor(send: (bytes: Uint8Array) => void, gone: () => void) {
    super({ allowHalfOpen: true });
    this.#send = send;
    this.#gone = gone;
  }

  /** The word that opens it, from the side that wants it. */
  open(words: object): void {
    this.#sequenced(FRAME.open, Buffer.from(JSON.stringify(words)));
  }

  receive({ type, number, rest }: Frame): void {
    if (this.destroyed) return;
    this.#heardAt = performance.now();
    this.#wasSilent = false;
    if (type === FRAME.reset) {
      const words = rest.length === 0 ? "it was closed" : new TextDecoder().decode(rest);
      return this.#break(words, number === REFUSED && !this.#isTaken);
    }
    this.#isTaken = true;
    if (type === FRAME.grant) return this.#grant(rest);
    if (number !== this.#receivedCount + 1) return this.breakUp("a piece of the stream was lost on its way");
    this.#receivedCount = number;
    if (type === FRAME.data) return this.#take(rest);
    if (type !== FRAME.end) return;
    this.#hasHeardAll = true;
    this.#queue(null);
  }

  /** Ends it at both sides. */
  breakUp(words: string): void {
    this.#tell(FRAME.reset, 0, Buffer.from(words));
    this.#break(words);
  }

  /** The connection is gone: nobody is there to be told. */
  lose(words: string): void {
    this.#break(words);
  }

  /** Nobody listens at the other end, any more or at all. */
  miss(words: string): void {
    this.#break(words, !this.#isTaken);
  }

  /** Called now and then. */
  look(now: number): void {
    if (now - this.#sentAt > IDLE_MS) this.#tellTaken();
    if (now - this.#heardAt < SILENT_MS) return;
    // A busy process sees its timer before what has long come in: it is asked twice.
    if (this.#wasSilent) return this.breakUp("the other server is silent");
    this.#wasSilent = true;
  }

  /** Says that the stream is there; the other side waits for it no longer. */
  greet(): void {
    this.#tellTaken();
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#unsent.push(chunk);
    this.#onSent = callback;
    this.#pump();
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    for (const { chunk } of chunks) this.#unsent.push(chunk);
    this.#onSent = callback;
    this.#pump();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#sequenced(FRAME.end);
    this.#hasSaidAll = true;
    callback();
  }

  override _read(): void {
    this.#wants = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isOver = this.readableEnded && this.writableFinished;
    if (!isOver && !this.#isReset) this.#tell(FRAME.reset, 0, Buffer.from(error === null ? "" : error.message));
    this.#unsent = [];
    this.#received = [];
    this.#gone();
    const onSent = this.#onSent;
    this.#onSent = undefined;
    onSent?.(error ?? new Error("the stream was closed"));
    callback(error);
  }

  #break(words: string, isRefused = false): void {
    // The other side may be done with it while this one still has some to read.
    if (this.#hasSaidAll && this.#hasHeardAll) return;
    this.#isReset = true;
    const what = isRefused ? "no stream to the other server" : "the stream to the other server broke";
    const code = isRefused ? "ECONNREFUSED" : "ECONNRESET";
    this.destroy(Object.assign(new Error(`${what}: ${words}`), { code }));
  }

  #grant(rest: Uint8Array): void {
    if (rest.length < 8) return;
    const granted = new DataView(rest.buffer, rest.byteOffset).getFloat64(0);
    if (granted > this.#sent) return this.breakUp("more was taken than was sent");
    if (granted > this.#granted) this.#granted = granted;
    this.#pump();
  }

  #take(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes > WINDOW) return this.breakUp("more came than there was room for");
    this.#queue(bytes);
  }

  #queue(bytes: Uint8Array | null): void {
    this.#received.push(bytes);
    if (this.#wants) this.#deliver();
  }

  #deliver(): void {
    while (this.#wants && this.#received.length > 0) {
      const bytes = this.#received.shift()!;
      this.#wants = this.push(bytes) && bytes !== null;
      if (bytes === null) continue;
      this.#taken += bytes.length;
      this.#receivedBytes -= bytes.length;
    }
    if (this.#taken - this.#told >= GRANT_BYTES) this.#tellTaken();
  }

  /** Sends what there is room for at the other side. */
  #pump(): void {
    while (this.#unsent.length > 0) {
      const room = Math.min(this.#granted + WINDOW - this.#sent, DATA_BYTES_MAX);
      if (room <= 0) return;
      const parts = this.#some(room);
      this.#sent += parts.reduce((sum, part) => sum + part.length, 0);
      this.#sequenced(FRAME.data, ...parts);
    }
    const onSent = this.#onSent;
    this.#onSent = undefined;
    onSent?.();
  }

  /** At most `room` bytes from the front of what is to be sent. */
  #some(room: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let left = room; left > 0 && this.#unsent.length > 0;) {
      const first = this.#unsent[0]!;
      const part = first.length <= left ? first : first.subarray(0, left);
      if (part === first) this.#unsent.shift();
      else this.#unsent[0] = first.subarray(left);
      parts.push(part);
      left -= part.length;
    }
    return parts;
  }

  #tellTaken(): void {
    const total = Buffer.allocUnsafe(8);
    total.writeDoubleBE(this.#taken, 0);
    this.#told = this.#taken;
    this.#tell(FRAME.grant, 0, total);
  }

  #sequenced(type: number, ...rest: readonly Uint8Array[]): void {
    this.#sentCount++;
    this.#tell(type, this.#sentCount, ...rest);
  }

  #tell(type: number, number: number, ...rest: readonly Uint8Array[]): void {
    this.#sentAt = performance.now();
    this.#send(toBytes(type, number, ...rest));
  }
}
