/**
 * The job log: a line for each job that has ended, in the columns of GNU parallel. It says what is still to be done when the
 * same jobs are asked for again (`--resume`, `--resume-failed`).
 */
import { closeSync, fstatSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { OctopusError } from "../../base/errors.ts";
import { usage } from "../read.ts";

const COLUMNS = ["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"];

export interface LoggedJob {
  seq: number;
  host: string;
  /** Epoch milliseconds. */
  startedAt: number;
  runtimeMs: number;
  /** Bytes that it printed. */
  received: number;
  exitCode: number;
  signal: number;
  command: string;
}

export class JobLog {
  readonly #fd: number;

  /** `append`: what is there stays. */
  constructor(file: string, append: boolean) {
    try {
      this.#fd = openSync(file, append ? "a" : "w");
    } catch (error) {
      throw usage(`cannot write the job log ${file}: ${(error as NodeJS.ErrnoException).code}`);
    }
    if (append) dropTornLine(file);
    if (fstatSync(this.#fd).size === 0) this.#write(`${COLUMNS.join("\t")}\n`);
  }

  add(job: LoggedJob): void {
    const started = (job.startedAt / 1000).toFixed(3);
    const runtime = (job.runtimeMs / 1000).toFixed(3).padStart(10);
    // A job is one line, whatever its command holds.
    const command = job.command.replaceAll("\n", "\0");
    const numbers = [0, job.received, job.exitCode, job.signal];
    this.#write(`${[job.seq, job.host, started, runtime, ...numbers, command].join("\t")}\n`);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** In one piece, so that a log whose writer was killed has whole lines. */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }
}

/** A writer that was killed may have left half a line: its job counts as one that has not ended. */
function dropTornLine(file: string): void {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(file, end);
}

/** The jobs in the log that need not run again: all of them, or those that succeeded. A log that is not there has none. */
export function readDone(file: string, which: "all" | "succeeded"): Set<number> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Set();
    throw usage(`cannot read the job log ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const done = new Set<number>();
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .forEach((line, i) => {
      if (line === "" || (i === 0 && line.startsWith(COLUMNS[0]!))) return;
      const [seq, , , , , , exitCode, signal] = line.split("\t");
      if (!/^\d+$/.test(seq!) || exitCode === undefined || signal === undefined) {
        const columns = COLUMNS.join(", ");
        throw new OctopusError("invalid", `${file}:${i + 1} is no line of a job log: it needs the columns ${columns}`);
      }
      // The newest line of a job counts.
      if (which === "all" || (exitCode === "0" && signal === "0")) done.add(Number(seq));
      else done.delete(Number(seq));
    });
  return done;
}
