/**
 * The bytes between a worker and its spawner: frames of a length, a type and a command's number, then a payload.
 * Imports nothing, because the spawner loads it and has to stay small.
 *
 * F1  `length` counts what follows it; a frame longer than `FRAME_BYTES_MAX` means a broken peer.
 * F2  A command's last frame is `ended` or `refused`; no frame about it follows.
 */

/** Frame types. Numbers are the wire form; both ends always come from the same package, so there is no version. */
export const FRAME = {
  // to the spawner
  hello: 1,
  start: 2,
  stop: 3,
  // from the spawner
  ready: 10,
  started: 11,
  refused: 12,
  stdout: 13,
  stderr: 14,
  ended: 15,
} as const;

/** Length, type, number. */
export const HEADER_BYTES = 9;
const LENGTH_BYTES = 4;
/** A command with its environment and its whole standard input must fit. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;

/** The first frame to a spawner. */
export interface Hello {
  /** Environment that every command gets. */
  env: Record<string, string>;
  /** Time between TERM and KILL for what still runs when the worker vanishes. */
  graceMs: number;
}

/** How commands are started: `ffi` calls posix_spawn, `spawn` is node:child_process. */
export type SpawnerKind = "ffi" | "spawn";

/** The spawner's answer to `hello`. */
export interface Ready {
  kind: SpawnerKind;
  pid: number;
}

/** A command to start. Its standard input follows the JSON in the same frame. */
export interface StartCommand {
  argv: string[];
  cwd?: string;
  /** Added to the environment of `hello`. */
  env?: Record<string, string>;
}

/** Why a command did not start. */
export interface StartRefusal {
  /** `ENOENT`, `EACCES`, `EMFILE`, … */
  code: string;
  /** What was at fault. */
  about: "program" | "cwd" | "system";
}

/** How a command ended. */
export interface CommandEnd {
  /** Exit code; -1 when a signal ended it. */
  code: number;
  /** Number of the signal that ended it; 0 = none. */
  signal: number;
  /** User and system time with its waited-for children; -1 = not known. */
  cpuMs: number;
  /** Largest resident set; -1 = not known. */
  maxRssBytes: number;
  /** Its output was still held open by other processes, and was closed. */
  held: boolean;
}

/** Writes a frame's header at `offset`. */
export function writeHeader(into: Buffer, offset: number, type: number, id: number, payloadBytes: number): void {
  into.writeUInt32LE(HEADER_BYTES - LENGTH_BYTES + payloadBytes, offset);
  into[offset + LENGTH_BYTES] = type;
  into.writeUInt32LE(id, offset + LENGTH_BYTES + 1);
}

/** A whole frame. */
export function frame(type: number, id: number, payload: Uint8Array | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  const out = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  writeHeader(out, 0, type, id, bytes);
  if (typeof payload === "string") out.write(payload, HEADER_BYTES);
  else out.set(payload, HEADER_BYTES);
  return out;
}

/** A `start` frame. */
export function startFrame(id: number, command: StartCommand, stdin: string | undefined): Buffer {
  const json = JSON.stringify(command);
  const jsonBytes = Buffer.byteLength(json);
  const stdinBytes = stdin === undefined ? 0 : Buffer.byteLength(stdin) + 1;
  const out = Buffer.allocUnsafe(HEADER_BYTES + 4 + jsonBytes + stdinBytes);
  writeHeader(out, 0, FRAME.start, id, 4 + jsonBytes + stdinBytes);
  out.writeUInt32LE(jsonBytes, HEADER_BYTES);
  out.write(json, HEADER_BYTES + 4);
  if (stdin !== undefined) {
    // One marker byte tells empty input from none.
    out[HEADER_BYTES + 4 + jsonBytes] = 1;
    out.write(stdin, HEADER_BYTES + 5 + jsonBytes);
  }
  return out;
}

/** Reads the payload of a `start` frame. */
export function readStart(payload: Buffer): { command: StartCommand; stdin: Buffer | undefined } {
  const end = 4 + payload.readUInt32LE(0);
  const command = JSON.parse(payload.toString("utf8", 4, end)) as StartCommand;
  return { command, stdin: payload.length > end ? payload.subarray(end + 1) : undefined };
}

/** The payload of a `started` frame: the number of the process and of its group. */
export function pidPayload(pid: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32LE(pid, 0);
  return payload;
}

/** The payload of an `ended` frame. */
export function encodeEnd(end: CommandEnd): Buffer {
  const out = Buffer.allocUnsafe(25);
  out.writeInt32LE(end.code, 0);
  out.writeInt32LE(end.signal, 4);
  out.writeDoubleLE(end.cpuMs, 8);
  out.writeDoubleLE(end.maxRssBytes, 16);
  out[24] = end.held ? 1 : 0;
  return out;
}

/** Reads the payload of an `ended` frame. */
export function decodeEnd(payload: Buffer): CommandEnd {
  return {
    code: payload.readInt32LE(0),
    signal: payload.readInt32LE(4),
    cpuMs: payload.readDoubleLE(8),
    maxRssBytes: payload.readDoubleLE(16),
    held: payload[24] === 1,
  };
}

/** Cuts a byte stream into frames. Payloads are views into the chunks given, which therefore must not be reused. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes needed before there is anything to do. */
  #needed = HEADER_BYTES;
  readonly #onFrame: (type: number, id: number, payload: Buffer) => void;

  constructor(onFrame: (type: number, id: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = HEADER_BYTES;
    while (data.length - at >= HEADER_BYTES) {
      const length = data.readUInt32LE(at);
      if (length > FRAME_BYTES_MAX)
        throw new Error(`a frame of ${length} bytes; at most ${FRAME_BYTES_MAX} are allowed`);
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) {
        this.#needed = LENGTH_BYTES + length;
        break;
      }
      const payload = data.subarray(at + HEADER_BYTES, end);
      this.#onFrame(data[at + LENGTH_BYTES]!, data.readUInt32LE(at + LENGTH_BYTES + 1), payload);
      at = end;
    }
    const rest = data.subarray(at);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
  }
}
