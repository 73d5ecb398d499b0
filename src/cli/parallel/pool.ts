/**
 * Runs jobs, so many at once, until there are no more, or until enough of them have failed or succeeded.
 *
 * J1  Jobs start in the order of their numbers, and never more at once than there are slots.
 * J2  Input is read as slots become free: an input without end needs no memory.
 * J3  A job is in the log when it has ended by itself; one that was stopped is not, and runs again with `--resume`.
 */
import { setTimeout as wait } from "node:timers/promises";
import { exitCodeOf, type Halt, isReached, type Tally } from "./halt.ts";
import type { JobLog } from "./joblog.ts";
import type { Printer } from "./printer.ts";
import { type JobFiles, openJobFiles } from "./results.ts";
import type { JobEnd, JobRunner, RunningJob } from "./runner.ts";
import type { Template } from "./template.ts";

export interface PoolOptions {
  template: Template;
  runner: JobRunner;
  printer: Printer;
  slots: number;
  /** Tries in all; 0 = without end. */
  tries: number;
  timeoutMs: number | undefined;
  delayMs: number;
  halt: Halt | undefined;
  log: JobLog | undefined;
  /** Folder for their output. */
  results: string | undefined;
  tagOf: ((values: readonly string[], seq: number, slot: number) => string) | undefined;
  isVerbose: boolean;
  /** A line for people. */
  say(text: string): void;
}

export interface Waiting {
  seq: number;
  values: readonly string[];
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #running = new Map<number, RunningJob>();
  readonly #usedSlots = new Set<number>();
  readonly tally: Tally = { failed: 0, succeeded: 0, total: undefined };
  /** What the job exited with that reached the limit of `--halt`. */
  #last: number | undefined;
  /** Aborts when no more jobs are to be started. */
  readonly #stopping = new AbortController();
  #wake = (): void => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Answers the exit code. */
  async run(jobs: AsyncIterable<Waiting> | Iterable<Waiting>): Promise<number> {
    const { slots, delayMs, halt } = this.#options;
    const { signal } = this.#stopping;
    let failure: { error: unknown } | undefined;
    const fail = (error: unknown): void => {
      failure ??= { error };
      this.stop();
    };
    let startedAt = -Infinity;
    try {
      for await (const job of jobs) {
        while (this.#usedSlots.size >= slots && !signal.aborted) await this.#changed();
        const left = startedAt + delayMs - performance.now();
        if (left > 0) await wait(left, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        startedAt = performance.now();
        const slot = this.#freeSlot();
        this.#usedSlots.add(slot);
        this.#perform(job, slot).catch(fail);
      }
    } catch (error) {
      failure ??= { error };
    }
    while (this.#usedSlots.size > 0) await this.#changed();
    if (failure !== undefined) throw failure.error;
    return exitCodeOf(halt, this.tally, this.#last);
  }

  /** No more jobs are started, and those that run are stopped. */
  stop(): void {
    this.#stopping.abort();
    for (const job of this.#running.values()) job.stop();
    this.#wake();
  }

  async #perform({ seq, values }: Waiting, slot: number): Promise<void> {
    const { template, printer, tagOf, results, isVerbose } = this.#options;
    const command = template.expand(values, seq, slot);
    printer.begin(seq, tagOf?.(values, seq, slot));
    if (isVerbose) printer.output(seq, "stdout", Buffer.from(`${command}\n`));
    const files = results === undefined ? undefined : openJobFiles(results, seq, values);
    try {
      const { end, received, startedAt } = await this.#try({ seq, slot, command }, files);
      // What a job that was stopped has printed is half of something.
      if (end.isStopped) printer.again(seq);
      printer.end(seq);
      if (!end.isStopped) this.#ended({ seq, command }, end, { received, startedAt });
    } finally {
      files?.close();
      this.#usedSlots.delete(slot);
      this.#wake();
    }
  }

  async #try(
    job: { seq: number; slot: number; command: string },
    files: JobFiles | undefined,
  ): Promise<{ end: JobEnd; received: number; startedAt: number }> {
    const { runner, printer, tries, timeoutMs } = this.#options;
    for (let count = 1; ; count++) {
      let received = 0;
      const startedAt = Date.now();
      const running = runner.start({ ...job, timeoutMs }, (stream, bytes) => {
        if (stream === "stdout") received += bytes.length;
        files?.write(stream, bytes);
        printer.output(job.seq, stream, bytes);
      });
      this.#running.set(job.seq, running);
      const end = await running.end.finally(() => this.#running.delete(job.seq));
      const isGood = end.exitCode === 0 && end.signal === 0;
      if (isGood || end.isStopped || this.#stopping.signal.aborted || count === tries)
        return { end, received, startedAt };
      printer.again(job.seq);
    }
  }

  #ended(
    { seq, command }: { seq: number; command: string },
    { exitCode, signal, why }: JobEnd,
    { received, startedAt }: { received: number; startedAt: number },
  ): void {
    const { log, halt, runner, say } = this.#options;
    const isGood = exitCode === 0 && signal === 0;
    if (isGood) this.tally.succeeded++;
    else this.tally.failed++;
    const runtimeMs = Date.now() - startedAt;
    log?.add({ seq, host: runner.host, startedAt, runtimeMs, received, exitCode, signal, command });
    if (why !== undefined) say(`job ${seq} failed: ${why}: ${command}`);
    if (halt === undefined || this.#stopping.signal.aborted || !isReached(halt, this.tally)) return;
    say(`this job ${isGood ? "succeeded" : "failed"}, which is enough to stop (--halt): ${command}`);
    this.#last = signal > 0 && exitCode <= 0 ? 128 + signal : exitCode;
    if (halt.now) this.stop();
    else this.#stopping.abort();
  }

  #freeSlot(): number {
    let slot = 1;
    while (this.#usedSlots.has(slot)) slot++;
    return slot;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
