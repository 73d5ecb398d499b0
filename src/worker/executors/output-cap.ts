/** Keeps a command's output up to a number of bytes, and remembers the last line of its error output for the report. */
import type { LogStream } from "../../base/words.ts";
import { formatSize } from "../../base/duration.ts";

/** A longer line is no help in a message. */
const ERROR_LINE_MAX = 200;
const TAIL_BYTES = 1024;

export class OutputCap {
  readonly #bytesMax: number;
  readonly #log: (stream: LogStream, data: Uint8Array | string) => void;
  #kept = 0;
  #dropped = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number, log: (stream: LogStream, data: Uint8Array | string) => void) {
    this.#bytesMax = bytesMax;
    this.#log = log;
  }

  /** What comes now is only counted. */
  get isFull(): boolean {
    return this.#kept >= this.#bytesMax;
  }

  /** Keeps what fits. What does not is counted, and the command goes on. */
  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    if (stream === "stderr") this.#remember(bytes);
    const room = this.#bytesMax - this.#kept;
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.#kept += kept.length;
    this.#dropped += bytes.length - kept.length;
    if (kept.length > 0) this.#log(stream, kept);
  }

  /** What code says by itself, by a call: a loop around that is output like any other. */
  say(text: string): void {
    const line = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
    if (line.length > this.#bytesMax - this.#kept) {
      this.#dropped += line.length;
      return;
    }
    this.#kept += line.length;
    this.#log("log", line);
  }

  /** Says how much is missing, as the last line. */
  end(): void {
    if (this.#dropped === 0) return;
    const what = `${this.#dropped} bytes of output (${formatSize(this.#dropped)}) were dropped`;
    this.#log("log", `${what}: the task keeps at most ${formatSize(this.#bytesMax)} (maxOutput)`);
  }

  /** The last line of the error output that says something; empty when there is none or it is too long. */
  lastErrorLine(): string {
    const line = this.#tail.toString().trimEnd().split("\n").at(-1)!.trim();
    return line.length <= ERROR_LINE_MAX ? line : "";
  }

  #remember(bytes: Uint8Array): void {
    const tail = bytes.length >= TAIL_BYTES ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = Buffer.from(tail.subarray(-TAIL_BYTES));
  }
}
