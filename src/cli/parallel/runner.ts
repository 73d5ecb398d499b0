/** Where jobs run: on this machine, or as tasks on a server. */
import type { Stream } from "./printer.ts";

export interface Job {
  /** From 1, in the order of the input. */
  seq: number;
  /** From 1: the place that it runs in, of those that run at once. */
  slot: number;
  command: string;
  timeoutMs: number | undefined;
}

export interface JobEnd {
  exitCode: number;
  /** Number of the signal that ended it; 0 = none. */
  signal: number;
  /** Somebody stopped it: it does not count. */
  isStopped: boolean;
  /** It did not run as a command does. */
  why?: string;
}

/** As GNU parallel writes it into the job log. */
export const TIMED_OUT: JobEnd = { exitCode: -1, signal: 15, isStopped: false };

export interface RunningJob {
  /** Never rejects for what a command does. */
  end: Promise<JobEnd>;
  stop(): void;
}

export interface JobRunner {
  /** For the job log. */
  host: string;
  start(job: Job, onOutput: (stream: Stream, bytes: Uint8Array) => void): RunningJob;
  close(): Promise<void>;
}
