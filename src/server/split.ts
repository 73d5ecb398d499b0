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
  const rest = new Rest(elementBytesMax);
  /** 0 before the array, 1 within it, more within an element, -1 after it. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  let elements = 0;

  return {
    push(chunk) {
      let start = 0;
      /** Past the last comma of the array's own level seen in this chunk; the closing bracket counts as one. */
      let cut = -1;
      let commas = 0;
      let at = 0;
      while (at < chunk.length) {
        if (depth <= 0) {
          at = outside(chunk, at);
          if (at < chunk.length) start = ++at;
          continue;
        }
        if (inString) {
          at = skipString(chunk, at);
          continue;
        }
        const meaning = MEANING[chunk[at]!]!;
        if (meaning === 4) inString = true;
        else if (meaning === 1) depth++;
        else if (meaning === 3 && depth === 1) {
          cut = at;
          commas++;
        } else if (meaning === 2 && --depth === 0) {
          if (chunk[at] !== CLOSE) throw new OctopusError("malformed", "the array does not end with a ]");
          depth = -1;
          return last(chunk.subarray(start, at), commas, chunk.subarray(at + 1));
        }
        at++;
      }
      if (depth === -1) return undefined;
      if (cut === -1) {
        rest.keep(chunk.subarray(start), `tasks[${elements}]`);
        return undefined;
      }
      const piece = { bytes: rest.takeWith(chunk.subarray(start, cut)), first: elements, count: commas };
      elements += commas;
      rest.keep(chunk.subarray(cut + 1), `tasks[${elements}]`);
      return piece;
    },
    end() {
      if (depth !== -1) throw new OctopusError("malformed", `the array ends in the middle, after ${elements} elements`);
      return undefined;
    },
  };

  /** Before or after the array: only white space and, before it, one opening bracket. */
  function outside(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && isSpace(chunk[at]!)) at++;
    if (at === chunk.length) return at;
    if (depth === -1) throw new OctopusError("malformed", "there is something after the end of the array");
    if (chunk[at] !== OPEN) throw new OctopusError("malformed", "the body must be a JSON array or object");
    depth = 1;
    return at;
  }

  /** Goes on within a string to behind its end, or to the end of the chunk. */
  function skipString(chunk: Buffer, from: number): number {
    let at = from;
    if (escaped) {
      escaped = false;
      at++;
    }
    while (at < chunk.length) {
      const byte = chunk[at++]!;
      if (byte === QUOTE) {
        inString = false;
        return at;
      }
      if (byte === BACKSLASH && at++ === chunk.length) {
        escaped = true;
        return chunk.length;
      }
    }
    return at;
  }

  /** The closing bracket was reached: what stands before it is the last piece, unless the array is empty. */
  function last(before: Buffer, commas: number, after: Buffer): Piece | undefined {
    outside(after, 0);
    const bytes = rest.takeWith(before);
    const first = elements;
    if (elements === 0 && commas === 0 && bytes.every(isSpace)) return undefined;
    elements += commas + 1;
    return { bytes, first, count: commas + 1 };
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}
