/**
 * Output of a thread that is busy: it writes into shared memory, the worker reads when it looks. A thread that computes
 * handles no messages, and one message for each line would be most of what a small module costs.
 *
 * WR1  When the ring is full the thread waits until there is room: output is never lost, and never more of it in memory.
 */
const HEADER_BYTES = 8;
const RING_BYTES = 256 * 1024;
const MASK = RING_BYTES - 1;
/** Half of it, so that one side fills what the other one reads. */
const PIECE_BYTES = RING_BYTES / 2 - 4;
/** Where the number of bytes that were written, and read, stands; both wrap around. */
const WRITTEN = 0;
const READ = 1;

export type OutputStream = "stdout" | "stderr";

export function makeRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + RING_BYTES);
}

export class RingWriter {
  readonly #counts: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #onFull: () => void;

  /** `onFull` asks the reader to look. */
  constructor(ring: SharedArrayBuffer, onFull: () => void) {
    this.#counts = new Int32Array(ring, 0, 2);
    this.#bytes = new Uint8Array(ring, HEADER_BYTES);
    this.#onFull = onFull;
  }

  write(stream: OutputStream, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.#piece(stream, bytes.subarray(at, at + PIECE_BYTES));
  }

  #piece(stream: OutputStream, piece: Uint8Array): void {
    const counts = this.#counts;
    const written = counts[WRITTEN]!;
    for (;;) {
      const read = Atomics.load(counts, READ);
      if (RING_BYTES - ((written - read) >>> 0) >= piece.length + 4) break;
      this.#onFull();
      Atomics.wait(counts, READ, read);
    }
    const head = piece.length | (stream === "stderr" ? 0x8000_0000 : 0);
    for (let i = 0; i < 4; i++) this.#bytes[(written + i) & MASK] = head >>> (8 * i);
    const at = (written + 4) & MASK;
    const first = Math.min(piece.length, RING_BYTES - at);
    this.#bytes.set(piece.subarray(0, first), at);
    this.#bytes.set(piece.subarray(first), 0);
    Atomics.store(counts, WRITTEN, (written + 4 + piece.length) | 0);
  }
}

export class RingReader {
  readonly #counts: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(ring: SharedArrayBuffer) {
    this.#counts = new Int32Array(ring, 0, 2);
    this.#bytes = new Uint8Array(ring, HEADER_BYTES);
  }

  /** Shows all that is there. The bytes are good during the call: whoever keeps them copies them. */
  read(onOutput: (stream: OutputStream, bytes: Uint8Array) => void): void {
    const counts = this.#counts;
    let read = counts[READ]!;
    for (let written = Atomics.load(counts, WRITTEN); read !== written; written = Atomics.load(counts, WRITTEN)) {
      while (read !== written) {
        let head = 0;
        for (let i = 0; i < 4; i++) head |= this.#bytes[(read + i) & MASK]! << (8 * i);
        const length = head & 0x7fff_ffff;
        const stream = head < 0 ? "stderr" : "stdout";
        const at = (read + 4) & MASK;
        const first = Math.min(length, RING_BYTES - at);
        onOutput(stream, this.#bytes.subarray(at, at + first));
        if (first < length) onOutput(stream, this.#bytes.subarray(0, length - first));
        read = (read + 4 + length) | 0;
      }
      Atomics.store(counts, READ, read);
      Atomics.notify(counts, READ);
    }
  }
}
