/**
 * Output that waits until the server takes it: while there is no connection, and while the server reads too slowly.
 *
 * Q1  What is taken comes in the order in which it was added, and counts as delivered when it is confirmed; what was not
 *     is taken again after `rewind`.
 * Q2  What waits is bounded. Beyond it output is dropped, and the attempt's log says how much.
 */
import type { LogChunk } from "../../protocol/link.ts";

export interface OutputQueue {
  /** Counts of what was ever added, and of what of it was taken: what there is now is gone when `taken` has come so far. */
  readonly added: number;
  readonly taken: number;
  add(chunks: readonly LogChunk[]): void;
  /** The oldest pieces, about as much as a frame carries; none when there are none. */
  take(): LogChunk[];
  /** All that was taken has arrived. */
  confirm(): void;
  /** What was taken and not confirmed is to be taken again. */
  rewind(): void;
  /** The attempt has ended: what was dropped of its output is told now, for no later piece can tell it. */
  end(task: number, attempt: number, at: number): void;
  /** Forgets everything. */
  clear(): void;
}

/** What one frame of waiting output carries, about. */
export const SLICE_BYTES = 256 * 1024;

const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** What a piece costs beside its text. */
const PIECE_BYTES = 128;

export function sizeOf(chunk: LogChunk): number {
  return (chunk.text ?? chunk.base64 ?? "").length + PIECE_BYTES;
}

/** In memory alone, for workers that have no folder. */
export class MemoryQueue implements OutputQueue {
  readonly #bytesMax: number;
  readonly #gaps = new Gaps();
  #chunks: LogChunk[] = [];
  #bytes = 0;
  /** Place in `#chunks` of the next one to be taken. */
  #next = 0;
  added = 0;
  taken = 0;

  constructor(bytesMax = KEPT_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  add(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) {
      const size = sizeOf(chunk);
      if (this.#bytes + size > this.#bytesMax) this.#gaps.note(chunk, size);
      else {
        const gap = this.#gaps.take(chunk.task, chunk.attempt, chunk.at);
        if (gap !== undefined) this.#push(gap, sizeOf(gap));
        this.#push(chunk, size);
      }
    }
  }

  take(): LogChunk[] {
    const from = this.#next;
    for (let bytes = 0; this.#next < this.#chunks.length && bytes < SLICE_BYTES; this.#next++) {
      bytes += sizeOf(this.#chunks[this.#next]!);
    }
    this.taken += this.#next - from;
    return this.#chunks.slice(from, this.#next);
  }

  confirm(): void {
    for (const chunk of this.#chunks.splice(0, this.#next)) this.#bytes -= sizeOf(chunk);
    this.#next = 0;
  }

  rewind(): void {
    this.taken -= this.#next;
    this.#next = 0;
  }

  end(task: number, attempt: number, at: number): void {
    const gap = this.#gaps.take(task, attempt, at);
    if (gap !== undefined) this.#push(gap, sizeOf(gap));
  }

  clear(): void {
    this.taken = this.added;
    this.#chunks = [];
    this.#bytes = 0;
    this.#next = 0;
    this.#gaps.clear();
  }

  #push(chunk: LogChunk, size: number): void {
    this.#chunks.push(chunk);
    this.#bytes += size;
    this.added++;
  }
}

/** What was dropped, by attempt, until a line in its log has said so. */
export class Gaps {
  readonly #bytes = new Map<string, number>();
  /** What the lines stand for, should one of them be dropped itself. */
  readonly #told = new WeakMap<LogChunk, number>();

  note(chunk: LogChunk, size: number): void {
    const key = `${chunk.task}/${chunk.attempt}`;
    const bytes = this.#told.get(chunk) ?? size - PIECE_BYTES;
    this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + bytes);
  }

  /** The line that stands where output is missing; undefined where none is. */
  take(task: number, attempt: number, at: number): LogChunk | undefined {
    if (this.#bytes.size === 0) return undefined;
    const key = `${task}/${attempt}`;
    const bytes = this.#bytes.get(key);
    if (bytes === undefined) return undefined;
    this.#bytes.delete(key);
    const text = `about ${bytes} bytes of output are missing here: the server was away, and the worker had no room for more\n`;
    const line: LogChunk = { task, attempt, stream: "log", at, text };
    this.#told.set(line, bytes);
    return line;
  }

  clear(): void {
    this.#bytes.clear();
  }
}
