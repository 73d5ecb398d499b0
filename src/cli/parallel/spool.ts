/**
 * What a job has printed and nobody has seen yet. A little of it is kept in memory, the rest in a file without a name, which
 * is gone with this process however it ends.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY_BYTES_MAX = 256 * 1024;
const READ_BYTES = 64 * 1024;

export class Spool {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #fd: number | undefined;
  #onDisk = 0;

  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > MEMORY_BYTES_MAX) this.#spill();
  }

  /** Hands over all of it, in order, and forgets it. */
  drain(take: (bytes: Uint8Array) => void): void {
    if (this.#fd !== undefined) {
      for (let at = 0; at < this.#onDisk;) {
        const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, this.#onDisk - at));
        const read = readSync(this.#fd, piece, 0, piece.length, at);
        if (read === 0) break;
        at += read;
        take(piece.subarray(0, read));
      }
      closeSync(this.#fd);
      this.#fd = undefined;
      this.#onDisk = 0;
    }
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    for (const chunk of chunks) take(chunk);
  }

  #spill(): void {
    this.#fd ??= openNameless();
    for (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length;) {
        const written = writeSync(this.#fd, chunk, at, chunk.length - at, this.#onDisk);
        at += written;
        this.#onDisk += written;
      }
    }
    this.#chunks = [];
    this.#bytes = 0;
  }
}

function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), "octopus-parallel-"));
  try {
    return openSync(join(folder, "output"), "wx+", 0o600);
  } finally {
    // Its content stays as long as it is open. Windows removes it later, with its other temporary files.
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Windows.
    }
  }
}
