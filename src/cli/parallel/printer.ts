/**
 * What of the jobs' output is printed when: all of a job at its end (`group`), whole lines as they come (`line`), or bytes as
 * they come (`ungroup`); in the order of the jobs where that is asked for (`keepOrder`), with a tag before each line.
 *
 * P1  Output of a job is never lost and never printed twice.
 * P2  With `group`, output of two jobs is never mixed; with `line`, no line is.
 */
import { Spool } from "./spool.ts";

export type Stream = "stdout" | "stderr";

export interface PrinterOptions {
  mode: "group" | "line" | "ungroup";
  keepOrder: boolean;
  write(stream: Stream, bytes: Uint8Array): void;
}

interface JobOutput {
  tag: Uint8Array | undefined;
  spools: Record<Stream, Spool>;
  /** The last byte that was printed ended a line. */
  isAtStart: Record<Stream, boolean>;
  hasEnded: boolean;
}

const NEWLINE = 10;

export class Printer {
  readonly #options: PrinterOptions;
  readonly #jobs = new Map<number, JobOutput>();
  /** With `keepOrder`: jobs in the order in which they are printed, from the `#next`th on. */
  readonly #order: number[] = [];
  #next = 0;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  /** A job begins; called in the order of the jobs. */
  begin(seq: number, tag: string | undefined): void {
    const isTagged = tag !== undefined && this.#options.mode !== "ungroup";
    this.#jobs.set(seq, {
      tag: isTagged ? Buffer.from(`${tag}\t`) : undefined,
      spools: { stdout: new Spool(), stderr: new Spool() },
      isAtStart: { stdout: true, stderr: true },
      hasEnded: false,
    });
    if (this.#options.keepOrder) this.#order.push(seq);
  }

  output(seq: number, stream: Stream, bytes: Uint8Array): void {
    const job = this.#jobs.get(seq)!;
    const { mode } = this.#options;
    if (mode === "group" || !this.#isItsTurn(seq)) return job.spools[stream].write(bytes);
    if (mode === "ungroup") return this.#options.write(stream, bytes);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return job.spools[stream].write(bytes);
    job.spools[stream].write(bytes.subarray(0, end));
    this.#flush(job, stream);
    if (end < bytes.length) job.spools[stream].write(bytes.subarray(end));
  }

  /** The job runs once more: what it has printed so far counts no more, as far as nobody has seen it. */
  again(seq: number): void {
    const job = this.#jobs.get(seq)!;
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#options.mode === "group") job.spools[stream].drain(() => undefined);
      job.isAtStart[stream] = true;
    }
  }

  end(seq: number): void {
    const job = this.#jobs.get(seq)!;
    job.hasEnded = true;
    if (!this.#options.keepOrder) {
      this.#finish(job);
      this.#jobs.delete(seq);
      return;
    }
    for (let first = this.#order[this.#next]; first !== undefined; first = this.#order[this.#next]) {
      const one = this.#jobs.get(first)!;
      if (!one.hasEnded) {
        this.#catchUp(one);
        return;
      }
      this.#finish(one);
      this.#jobs.delete(first);
      this.#next++;
    }
  }

  /** Somebody stops it all: what is complete is printed, out of order if it must be. */
  close(): void {
    for (const job of this.#jobs.values()) if (job.hasEnded || this.#options.mode !== "group") this.#finish(job);
    this.#jobs.clear();
  }

  #isItsTurn(seq: number): boolean {
    return !this.#options.keepOrder || this.#order[this.#next] === seq;
  }

  /** It is the turn of a job that still runs: what has been held back of it. */
  #catchUp(job: JobOutput): void {
    const { mode } = this.#options;
    if (mode === "group") return;
    for (const stream of ["stdout", "stderr"] as const) {
      let rest: Uint8Array | undefined;
      job.spools[stream].drain((bytes) => {
        const end = mode === "ungroup" ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
        // A line that has begun goes on in the next piece.
        if (rest !== undefined && end > 0) {
          this.#put(job, stream, rest);
          rest = undefined;
        }
        if (end > 0) this.#put(job, stream, bytes.subarray(0, end));
        const tail = bytes.subarray(end);
        if (tail.length > 0) rest = rest === undefined ? tail : Buffer.concat([rest, tail]);
      });
      if (rest !== undefined) job.spools[stream].write(rest);
    }
  }

  #finish(job: JobOutput): void {
    this.#flush(job, "stdout");
    this.#flush(job, "stderr");
  }

  #flush(job: JobOutput, stream: Stream): void {
    job.spools[stream].drain((bytes) => this.#put(job, stream, bytes));
  }

  #put(job: JobOutput, stream: Stream, bytes: Uint8Array): void {
    const { write } = this.#options;
    if (bytes.length === 0) return;
    if (job.tag === undefined) return write(stream, bytes);
    const parts: Uint8Array[] = [];
    for (let from = 0; from < bytes.length;) {
      if (job.isAtStart[stream]) parts.push(job.tag);
      const newline = bytes.indexOf(NEWLINE, from);
      const end = newline < 0 ? bytes.length : newline + 1;
      parts.push(bytes.subarray(from, end));
      job.isAtStart[stream] = newline >= 0;
      from = end;
    }
    write(stream, Buffer.concat(parts));
  }
}
