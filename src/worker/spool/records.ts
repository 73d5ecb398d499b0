/**
 * The lines of the spool's file: a letter, the CRC of what follows, JSON. A line that was torn or damaged is told by its
 * CRC, and the one after it is read all the same.
 */
import { crc32 } from "node:zlib";

/** C: the server that all of it is for. R: a result. D: a result that is not wanted any more. L: pieces of output. */
export type RecordKind = "C" | "R" | "D" | "L";

/** Letter, space, eight digits, space. */
const HEAD_BYTES = 11;

export function encodeRecord(kind: RecordKind, value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${kind} ${crc32(json).toString(16).padStart(8, "0")} ${json}\n`);
}

/** What a line without its end holds; undefined when it is damaged. The JSON is not read yet. */
export function decodeRecord(line: Buffer): { kind: RecordKind; json: () => unknown } | undefined {
  if (line.length <= HEAD_BYTES) return undefined;
  const body = line.subarray(HEAD_BYTES);
  const head = line.toString("latin1", 0, HEAD_BYTES);
  if (!/^[CRDL] [0-9a-f]{8} $/.test(head) || crc32(body) !== Number.parseInt(head.slice(2, 10), 16)) return undefined;
  return { kind: head[0] as RecordKind, json: () => JSON.parse(body.toString("utf8")) as unknown };
}

/** Cuts what is read into lines; the last one may lack its end, and is then left. `at` is where the line begins. */
export function* linesOf(bytes: Buffer, from: number): Generator<{ line: Buffer; at: number; end: number }> {
  for (let start = 0; start < bytes.length;) {
    const stop = bytes.indexOf(10, start);
    if (stop < 0) return;
    yield { line: bytes.subarray(start, stop), at: from + start, end: from + stop + 1 };
    start = stop + 1;
  }
}
