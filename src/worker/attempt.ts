/** One attempt while it runs here: what its executor may use, and how the agent stops it. */
import { isUtf8 } from "node:buffer";
import type { LogStream } from "../base/words.ts";
import type { Assignment, LogChunk } from "../protocol/link.ts";
import type { AttemptContext, StopReason } from "./executor.ts";
import type { Timer, Timers } from "./timers.ts";

/** Where an attempt's output and progress go. */
export interface AttemptSink {
  readonly timers: Timers;
  log(chunk: LogChunk): void;
  progress(attempt: Attempt, value: number, message: string | undefined): void;
}

export class Attempt implements AttemptContext {
  readonly assignment: Assignment;
  /** Why it is being stopped, once it is. */
  stopped: StopReason | undefined;
  /** Its result is settled; what it logs from now on is dropped. */
  settled = false;
  timer: Timer;
  readonly #sink: AttemptSink;
  #controller: AbortController | undefined;

  constructor(assignment: Assignment, sink: AttemptSink) {
    this.assignment = assignment;
    this.#sink = sink;
  }

  /** Made on first use: most functions never ask. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.stopped !== undefined) this.#controller.abort(this.stopped);
    }
    return this.#controller.signal;
  }

  /** Tells the executor to stop; the first reason stands. */
  stop(reason: StopReason): boolean {
    if (this.stopped !== undefined) return false;
    this.stopped = reason;
    this.#controller?.abort(reason);
    return true;
  }

  log(stream: LogStream, data: Uint8Array | string): void {
    if (this.settled) return;
    const { task, attempt } = this.assignment;
    const chunk: LogChunk = { task, attempt, stream, at: this.#sink.timers.now() };
    if (typeof data === "string") chunk.text = data;
    else if (isUtf8(data)) chunk.text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
    else chunk.base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
    this.#sink.log(chunk);
  }

  progress(value: number, message?: string): void {
    if (this.settled) return;
    // oxlint-disable-next-line no-unnecessary-type-conversion -- users' functions in JavaScript pass anything
    this.#sink.progress(this, Math.min(1, Math.max(0, Number(value) || 0)), message);
  }
}
