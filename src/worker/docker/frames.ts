/**
 * The output of a container on one connection: frames of 8 bytes and what they announce. The first byte says which stream,
 * the last four how many bytes follow.
 */
const HEADER_BYTES = 8;
const STDERR = 2;

export class Frames {
  readonly #write: (stream: "stdout" | "stderr", bytes: Buffer) => void;
  #header: Buffer = Buffer.alloc(0);
  #stream: "stdout" | "stderr" = "stdout";
  /** Bytes of the frame that are still to come. */
  #left = 0;

  constructor(write: (stream: "stdout" | "stderr", bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Takes a piece as it came, and hands on what each stream has of it. */
  push(piece: Buffer): void {
    const parts: Buffer[] = [];
    let stream = this.#stream;
    const flush = (): void => {
      if (parts.length > 0) this.#write(stream, parts.length === 1 ? parts[0]! : Buffer.concat(parts));
      parts.length = 0;
    };
    for (let at = 0; at < piece.length;) {
      if (this.#left === 0) {
        const part = piece.subarray(at, at + HEADER_BYTES - this.#header.length);
        at += part.length;
        this.#header = Buffer.concat([this.#header, part]);
        if (this.#header.length < HEADER_BYTES) break;
        this.#left = this.#header.readUInt32BE(4);
        this.#stream = this.#header[0] === STDERR ? "stderr" : "stdout";
        this.#header = Buffer.alloc(0);
        // A program that writes line by line makes a frame of each: what is of one stream goes on together.
        if (this.#stream !== stream) flush();
        stream = this.#stream;
        continue;
      }
      const part = piece.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      parts.push(part);
    }
    flush();
  }
}
