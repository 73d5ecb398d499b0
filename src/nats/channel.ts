/**
 * One direction-true conversation over subjects that may lose messages: both ends of a worker's session are one of these.
 * NATS brings what one connection publishes to one subscription in order, or not at all. Each message is numbered, so a
 * loss is seen with the next one, and the session ends: what was lost is said again on the next one, as after a broken
 * connection.
 *
 * SQ1  `frame` is called with what the other side sent, whole, in order, nothing left out; or `broken` is called once, and
 *      then nothing any more.
 * SQ2  What the other side has not seen is counted (`waiting`), so that whoever writes can be slowed down or cut.
 * SQ3  A frame is larger than a message may be: it comes in parts. What is gathered is bounded by `bytesMax`.
 */
import { FRAME_BYTES_MAX } from "../protocol/link.ts";

/** Carries `<number> <bytes seen> <flags>`; flags: `z` packed with zstd, `m` more parts follow, `-` none. */
export const HEADER = "Octopus-Link";
/** The other side is told of what was seen at the latest after so many bytes. */
const TELL_BYTES = 64 * 1024;
/** Beside the payload, a message has its headers and its subject. */
const HEAD_BYTES = 1024;
const PART_BYTES_MAX = 256 * 1024;

export interface ChannelEnds {
  /** Hands a message to NATS. */
  publish(kind: string, data: Uint8Array, header: string): void;
  frame(kind: string, data: Buffer, isPacked: boolean): void;
  broken(problem: string): void;
}

export class Channel {
  readonly #ends: ChannelEnds;
  readonly #partBytes: number;
  /** Largest frame that is taken. */
  bytesMax = FRAME_BYTES_MAX;
  #sent = 0;
  #sentBytes = 0;
  /** Of what was sent the other side has seen. */
  #seenBytes = 0;
  #taken = 0;
  #takenBytes = 0;
  #toldBytes = 0;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #confirms: { at: number; done: () => void }[] = [];
  #isOver = false;

  /** `payloadMax`: largest message that the NATS server takes. */
  constructor(ends: ChannelEnds, payloadMax: number) {
    this.#ends = ends;
    this.#partBytes = Math.max(1024, Math.min(PART_BYTES_MAX, payloadMax - HEAD_BYTES));
  }

  /** Bytes that the other side has not seen yet. */
  get waiting(): number {
    return this.#sentBytes - this.#seenBytes;
  }

  send(kind: string, frame: string | Uint8Array, isPacked = false): void {
    if (this.#isOver) return;
    const data = typeof frame === "string" ? Buffer.from(frame) : frame;
    const flag = isPacked ? "z" : "-";
    if (data.length <= this.#partBytes) return this.#publish(kind, data, flag);
    for (let at = 0; at < data.length; at += this.#partBytes) {
      const isLast = at + this.#partBytes >= data.length;
      this.#publish(kind, data.subarray(at, at + this.#partBytes), isLast ? flag : "m");
    }
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.send("ping", "");
  }

  /** Calls back when the other side has all that was sent so far; never when the session ends first. */
  confirm(done: () => void): void {
    if (this.#isOver) return;
    this.#confirms.push({ at: this.#sentBytes, done });
    this.ping();
  }

  /** A message came. */
  take(kind: string, header: string, data: Uint8Array): void {
    if (this.#isOver) return;
    const read = /^(\d{1,15}) (\d{1,15}) ([zm-])$/.exec(header);
    if (read === null) return this.#break(`a message of kind ${kind} has no ${HEADER} that can be read`);
    const number = Number(read[1]);
    if (number !== this.#taken + 1)
      return this.#break(`message ${number} came after message ${this.#taken}: what was between them is lost`);
    this.#taken = number;
    this.#takenBytes += data.length;
    this.#saw(Number(read[2]));
    if (kind === "ping") return this.send("pong", "");
    if (kind !== "pong") this.#gather(kind, data, read[3]!);
    if (!this.#isOver && this.#takenBytes - this.#toldBytes >= TELL_BYTES) this.send("pong", "");
  }

  /** Nothing is sent or taken from now on. */
  close(): void {
    this.#isOver = true;
    this.#parts = [];
    this.#confirms = [];
  }

  #publish(kind: string, data: Uint8Array, flag: string): void {
    this.#sent++;
    this.#sentBytes += data.length;
    this.#toldBytes = this.#takenBytes;
    this.#ends.publish(kind, data, `${this.#sent} ${this.#takenBytes} ${flag}`);
  }

  #saw(bytes: number): void {
    if (bytes > this.#sentBytes) return this.#break("more was seen than was sent");
    this.#seenBytes = Math.max(this.#seenBytes, bytes);
    while (this.#confirms.length > 0 && this.#confirms[0]!.at <= this.#seenBytes) this.#confirms.shift()!.done();
  }

  #gather(kind: string, data: Uint8Array, flag: string): void {
    this.#partsBytes += data.length;
    if (this.#partsBytes > this.bytesMax)
      return this.#break(`a frame holds more than ${this.bytesMax} bytes, the most that is read here`);
    if (flag === "m") {
      this.#parts.push(data);
      return;
    }
    const parts = this.#parts;
    this.#partsBytes = 0;
    if (parts.length === 0) {
      return this.#ends.frame(kind, Buffer.from(data.buffer, data.byteOffset, data.byteLength), flag === "z");
    }
    this.#parts = [];
    this.#ends.frame(kind, Buffer.concat([...parts, data]), flag === "z");
  }

  #break(problem: string): void {
    if (this.#isOver) return;
    this.close();
    this.#ends.broken(problem);
  }
}
