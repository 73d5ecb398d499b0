/**
 * Cuts a stream of bytes into the elements of one JSON array, or into lines, without waiting for the end and without
 * parsing. Knows nothing of tasks.
 *
 * S1  Where the chunks are cut makes no difference to the pieces' concatenation nor to their numbering.
 * S2  No byte is scanned twice, and what is kept between chunks is at most one unfinished element.
 * S3  A splitter looks only at strings, brackets and commas. Text that is not JSON is found out when a piece is parsed:
 *     pieces of an array that parse one by one are the array.
 */
import { OctopusError } from "../base/errors.ts";
import { tooLarge } from "./body.ts";

/** Whole elements that arrived together: `count` of them from number `first` on. */
export interface Piece {
  /** For an array: elements with commas between them. For lines: lines with newlines between them. */
  bytes: Buffer;
  first: number;
  count: number;
}

export interface Splitter {
  /** The elements that `chunk` completes; undefined when there is none. */
  push(chunk: Buffer): Piece | undefined;
  /** Nothing more comes. Throws `malformed` when something is open. */
  end(): Piece | undefined;
}

/** What is kept of an unfinished element, bounded. */
class Rest {
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  keep(chunk: Buffer, what: string): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) throw tooLarge(what, this.#bytesMax);
  }

  takeWith(chunk: Buffer): Buffer {
    if (this.#bytes === 0) return chunk;
    const whole = Buffer.concat([...this.#chunks, chunk]);
    this.#chunks = [];
    this.#bytes = 0;
    return whole;
  }
}

const NEWLINE = 0x0a;

/** Splits at newlines. Empty lines count as lines, so that numbers are those an editor shows. */
export function createLineSplitter(elementBytesMax: number): Splitter {
  const rest = new Rest(elementBytesMax);
  let lines = 0;
  return {
    push(chunk) {
      const last = chunk.lastIndexOf(NEWLINE);
      if (last === -1) {
        rest.keep(chunk, `line ${lines + 1}`);
        return undefined;
      }
      const bytes = rest.takeWith(chunk.subarray(0, last));
      const first = lines;
      lines += countNewlines(chunk.subarray(0, last)) + 1;
      rest.keep(chunk.subarray(last + 1), `line ${lines + 1}`);
      return { bytes, first, count: lines - first };
    },
    end() {
      const bytes = rest.takeWith(Buffer.alloc(0));
      return bytes.length === 0 ? undefined : { bytes, first: lines, count: 1 };
    },
  };
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** What a byte outside of a string means: 1 opens, 2 closes, 3 comma, 4 quote, 0 anything else. */
const MEANING = new Uint8Array(256);
MEANING[OPEN] = MEANING[0x7b] = 1;
MEANING[CLOSE] = MEANING[0x7d] = 2;
MEANING[COMMA] = 3;
MEANING[QUOTE] = 4;

/** Splits an array at the commas of its own level. */
export function createArraySplitter(elementBytesMax: number): Splitter {
  return new ArraySplitter(elementBytesMax);
}

class ArraySplitter implements Splitter {
  readonly #rest: Rest;
  /** 0 before the array, 1 within it, more within an element, -1 after it. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #elements = 0;

  constructor(elementBytesMax: number) {
    this.#rest = new Rest(elementBytesMax);
  }

  push(chunk: Buffer): Piece | undefined {
    if (this.#depth === -1) return this.#expectNothing(chunk);
    const start = this.#depth === 0 ? this.#enter(chunk) : 0;
    if (this.#depth === 0) return undefined;
    /** The last comma of the array's own level in this chunk. */
    let cut = -1;
    let commas = 0;
    for (let at = start; at < chunk.length; at++) {
      if (this.#inString) at = this.#skipString(chunk, at);
      if (at >= chunk.length) break;
      const meaning = MEANING[chunk[at]!]!;
      if (meaning === 0) continue;
      if (meaning === 4) this.#inString = true;
      else if (meaning === 1) this.#depth++;
      else if (meaning === 2) {
        if (--this.#depth === 0) return this.#leave(chunk, start, at, commas);
      } else if (this.#depth === 1) {
        cut = at;
        commas++;
      }
    }
    return this.#keep(chunk, start, cut, commas);
  }

  end(): undefined {
    if (this.#depth === -1) return undefined;
    throw new OctopusError("malformed", `the array ends in the middle, after ${this.#elements} elements`);
  }

  /** Before the array: white space, and one opening bracket. Answers where the elements begin. */
  #enter(chunk: Buffer): number {
    const at = skipSpace(chunk, 0);
    if (at === chunk.length) return at;
    if (chunk[at] !== OPEN) throw new OctopusError("malformed", "the body must be a JSON array or object");
    this.#depth = 1;
    return at + 1;
  }

  /** Goes on within a string: answers where it ends, or the end of the chunk. */
  #skipString(chunk: Buffer, from: number): number {
    let at = this.#escaped ? from + 1 : from;
    this.#escaped = false;
    while (at < chunk.length) {
      const byte = chunk[at++]!;
      if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
      if (byte === BACKSLASH && at++ === chunk.length) this.#escaped = true;
    }
    return chunk.length;
  }

  /** The chunk is over within the array: hands out what the last comma completes, keeps what follows it. */
  #keep(chunk: Buffer, start: number, cut: number, commas: number): Piece | undefined {
    let piece: Piece | undefined;
    if (cut !== -1) {
      piece = { bytes: this.#rest.takeWith(chunk.subarray(start, cut)), first: this.#elements, count: commas };
      this.#elements += commas;
    }
    this.#rest.keep(chunk.subarray(cut === -1 ? start : cut + 1), `tasks[${this.#elements}]`);
    return piece;
  }

  /** The closing bracket was reached: what stands before it is the last piece, unless the array is empty. */
  #leave(chunk: Buffer, start: number, at: number, commas: number): Piece | undefined {
    if (chunk[at] !== CLOSE) throw new OctopusError("malformed", "the array does not end with a ]");
    this.#depth = -1;
    this.#expectNothing(chunk.subarray(at + 1));
    const bytes = this.#rest.takeWith(chunk.subarray(start, at));
    const first = this.#elements;
    if (first === 0 && commas === 0 && skipSpace(bytes, 0) === bytes.length) return undefined;
    this.#elements += commas + 1;
    return { bytes, first, count: commas + 1 };
  }

  #expectNothing(after: Buffer): undefined {
    if (skipSpace(after, 0) === after.length) return undefined;
    throw new OctopusError("malformed", "there is something after the end of the array");
  }
}

/** The first place from `from` on that is not white space, or the end. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}
