/**
 * What is looked at in the bytes of a module before they are compiled: that it is one, and how much memory it may ever have.
 * The engine has no setting for that; a module says it itself, so smaller numbers are written into it.
 */
import { formatSize } from "../../base/duration.ts";

export const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach. */
const PAGES_MAX = 65_536;
const HAS_MAX = 1;
/** Of all tables together: each takes eight bytes. */
const PLACES_MAX = 1_000_000;
const FUNCTION_TYPE = 0x60;
const INITIALISED = 0x40;
const REFERENCES = new Set([0x63, 0x64]);

export type Bounded =
  | { bytes: Uint8Array<ArrayBuffer> }
  /** Nothing that can be run here; words for whoever made it. */
  | { problem: string };

/** The module with a memory that never grows beyond `pages`, and with tables that never grow large. */
export function boundMemory(bytes: Uint8Array<ArrayBuffer>, pages: number): Bounded {
  const problem = notModule(bytes);
  if (problem !== undefined) return { problem };
  const reader = new Reader(bytes, 8);
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  while (!reader.isAtEnd) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.number();
    const content = reader.at;
    const bound = BOUNDS[id]?.(new Reader(bytes, content), pages);
    if (bound !== undefined && "problem" in bound) return bound;
    reader.at = content + size;
    if (bound === undefined) parts.push(bytes.subarray(start, reader.at));
    else parts.push(Uint8Array.from([id, ...leb(bound.section.length), ...bound.section]));
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)) };
}

/** What takes the place of a section; nothing when it may stay as it is. */
type Bound = { section: number[] } | { problem: string } | undefined;

const TYPE_SECTION = 1;
const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
const BOUNDS: Partial<Record<number, (reader: Reader, pages: number) => Bound>> = {
  [TYPE_SECTION]: refuseObjects,
  [TABLE_SECTION]: boundTables,
  [MEMORY_SECTION]: boundMemories,
};

/** Objects lie in the engine's own heap, and when that is full it ends its whole process: no thread's limit helps. */
function refuseObjects(reader: Reader): Bound {
  for (let left = reader.number(); left > 0 && !reader.isAtEnd; left--) {
    if (reader.byte() !== FUNCTION_TYPE)
      return {
        problem: "it uses objects of the engine (WebAssembly GC), whose memory nothing here bounds; build it without",
      };
    for (const _ of ["parameters", "results"])
      for (let values = reader.number(); values > 0 && !reader.isAtEnd; values--) skipType(reader);
  }
  return undefined;
}

/** Tables lie in the same heap. */
function boundTables(reader: Reader): Bound {
  const count = reader.number();
  const section = leb(count);
  let least = 0;
  for (let i = 0; i < count && !reader.isAtEnd; i++) {
    const { type, flags, min, max } = readTable(reader);
    least += min;
    if (type[0] === INITIALISED)
      return { problem: "it has a table with a value of its own for each place, which is not known here" };
    section.push(
      ...type,
      flags | HAS_MAX,
      ...leb(min),
      ...leb(Math.min(max, Math.max(min, Math.floor(PLACES_MAX / count)))),
    );
  }
  if (least > PLACES_MAX) return { problem: `its tables have ${least} places, and may have ${PLACES_MAX}` };
  return { section };
}

function readTable(reader: Reader): { type: number[]; flags: number; min: number; max: number } {
  const start = reader.at;
  skipType(reader);
  const type = reader.since(start);
  const flags = reader.byte();
  const min = reader.number();
  return { type, flags, min, max: (flags & HAS_MAX) === 0 ? PLACES_MAX : reader.number() };
}

function boundMemories(reader: Reader, pages: number): Bound {
  const count = reader.number();
  if (count > 1) return { problem: "it has several memories; modules with one are run" };
  if (count === 0) return undefined;
  const flags = reader.byte();
  const least = reader.number();
  const most = (flags & HAS_MAX) === 0 ? PAGES_MAX : reader.number();
  if (least > pages) {
    const [asked, allowed] = [formatSize(least * PAGE_BYTES), formatSize(pages * PAGE_BYTES)];
    return { problem: `it begins with ${asked} of memory, and may have ${allowed}; say more as "memory" of the task` };
  }
  return { section: [1, flags | HAS_MAX, ...leb(least), ...leb(Math.min(most, pages))] };
}

/** A type of one value: one byte, or one that says that a number follows. */
function skipType(reader: Reader): void {
  if (REFERENCES.has(reader.byte())) reader.number();
}

function notModule(bytes: Uint8Array): string | undefined {
  const [a, b, c, d, ...version] = bytes.subarray(0, 8);
  if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d)
    return "it is no WebAssembly: the file does not begin with the bytes 00 61 73 6d (text in .wat must be assembled first)";
  const [low, , layer] = version;
  if (layer === 1)
    return "it is a component (WASI preview 2); build it as a module, for the target wasm32-wasip1, or convert it";
  if (low !== 1) return `it is of version ${low} of WebAssembly, and 1 is known`;
  return undefined;
}

class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    // Past the end it reads nothing: the compiler says what is wrong with such a module.
    return this.#bytes[this.at++] ?? 0;
  }

  since(start: number): number[] {
    return [...this.#bytes.subarray(start, this.at)];
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if ((byte & 0x80) === 0) return value;
    }
  }
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
