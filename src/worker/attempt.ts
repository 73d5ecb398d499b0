/** One attempt while it runs here: what its executor may use, and how the agent stops it. */
import { isUtf8 } from "node:buffer";
import type { LogStream } from "../base/words.ts";
import type { Assignment, AttemptReport, LogChunk } from "../protocol/link.ts";
import { AttemptFiles } from "./attempt-files.ts";
import type { AttemptContext, StopReason } from "./executor.ts";
import type { FileSource, KeepFile } from "./keep-file.ts";
import type { Timer, Timers } from "./timers.ts";

/** Where an attempt's output and progress go. */
export interface AttemptSink {
  readonly timers: Timers;
  log(chunk: LogChunk): void;
  progress(attempt: Attempt, value: number, message: string | undefined): void;
  readonly keepFile?: KeepFile | undefined;
}

export class Attempt implements AttemptContext {
  readonly assignment: Assignment;
  /** Why it is being stopped, once it is. */
  stopped: StopReason | undefined;
  /** Its result is settled; what it logs from now on is dropped. */
  settled = false;
  /** It is another server's than the one that we speak with: nobody hears of it any more. */
  isForeign = false;
  timer: Timer;
  /** Longest time that it may run; 0 = no limit. */
  readonly timeoutMs: number;
  /** Number of its process group, while its command runs. */
  group: (() => number | undefined) | undefined;
  /** What it uses, where that is no process group's. */
  used: AttemptContext["used"];
  /** Pieces of output so far. */
  #pieces = 0;
  /** Where the files of other tasks lie, once they are there. */
  inputsDir: string | undefined;
  readonly #sink: AttemptSink;
  #controller: AbortController | undefined;
  #files: AttemptFiles | undefined;

  /** `timeoutMs`: the longest time on this worker; 0 = none of its own. */
  constructor(assignment: Assignment, sink: AttemptSink, timeoutMs = 0) {
    this.assignment = assignment;
    this.#sink = sink;
    const asked = assignment.timeoutMs;
    this.timeoutMs = timeoutMs > 0 && (asked === 0 || timeoutMs < asked) ? timeoutMs : asked;
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
    this.#files?.hurry(reason, this.#sink.timers);
    if (this.stopped !== undefined) return false;
    this.stopped = reason;
    this.#controller?.abort(reason);
    return true;
  }

  /** Made on first use: most attempts leave no file. */
  get keepFile(): ((path: string, source: FileSource) => Promise<void>) | undefined {
    const { keepFile, timers } = this.#sink;
    if (keepFile === undefined) return undefined;
    return async (path, source) => {
      if (this.#files === undefined) {
        this.#files = new AttemptFiles(keepFile, (text) => this.log("log", text));
        if (this.stopped !== undefined) this.#files.hurry(this.stopped, timers);
      }
      await this.#files.keep(path, source);
    };
  }

  /** The files that the server has, for the report; undefined when there are none. */
  takeFiles(): AttemptReport["artifacts"] {
    return this.#files?.end(this.#sink.timers);
  }

  log(stream: LogStream, data: Uint8Array | string): void {
    if (this.settled || this.isForeign) return;
    const { task, attempt } = this.assignment;
    const chunk: LogChunk = { task, attempt, stream, at: this.#sink.timers.now(), seq: ++this.#pieces };
    if (typeof data === "string") chunk.text = data;
    else if (isUtf8(data)) chunk.text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
    else chunk.base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
    this.#sink.log(chunk);
  }

  progress(value: number, message?: string): void {
    if (this.settled || this.isForeign) return;
    // oxlint-disable-next-line no-unnecessary-type-conversion -- users' functions in JavaScript pass anything
    this.#sink.progress(this, Math.min(1, Math.max(0, Number(value) || 0)), message);
  }
}
