/**
 * The threads that modules run in. One runs one module at a time; it is kept for the next, because starting a thread costs
 * more than most small modules. As many are kept as ran at once lately: results come in crowds, and work does then.
 *
 * WT1  Every job settles exactly once: with its end, with that of its thread, or when it was stopped.
 * WT2  Whoever hears of the end has had all of the output.
 * WT3  A job that is stopped ends within the time that ending its thread takes: no module can be asked.
 */
import { openSync } from "node:fs";
import { devNull } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { FromThread, Job, JobEnd } from "./job.ts";
import { makeRing, type OutputStream, RingReader } from "./ring.ts";
import type { WasmModule } from "./engine.ts";

const IDLE_MS = 60_000;
/** How often output is looked for while something runs. */
const LOOK_MS = 20;
/** As in `module-thread.ts`, and in the same order. */
const MODULES_MAX = 16;
/** For what is no linear memory: objects of the engine. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

export type ThreadEnd = JobEnd | { type: "stopped" } | { type: "lost"; why: string };

export interface RunningJob {
  readonly end: Promise<ThreadEnd>;
  stop(): void;
}

type OnOutput = (stream: OutputStream, bytes: Uint8Array) => void;

interface Thread {
  worker: Worker;
  output: RingReader;
  modules: Set<string>;
  job: { settle(end: ThreadEnd): void; onOutput: OnOutput; stopped: boolean } | undefined;
  idle: NodeJS.Timeout | undefined;
  lost: string | undefined;
}

export class Threads {
  readonly #idle: Thread[] = [];
  readonly #busy = new Set<Thread>();
  readonly #idleMs: number;
  #look: NodeJS.Timeout | undefined;
  #nullFd: number | undefined;

  constructor(idleMs: number = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  run(module: WasmModule, job: Omit<Job, "module">, onOutput: OnOutput): RunningJob {
    const thread = this.#idle.pop() ?? this.#start();
    clearTimeout(thread.idle);
    const { promise, resolve } = Promise.withResolvers<ThreadEnd>();
    const current = { settle: resolve, onOutput, stopped: false };
    thread.job = current;
    this.#busy.add(thread);
    thread.worker.ref();
    this.#look ??= setInterval(() => this.#readAll(), LOOK_MS);
    const has = thread.modules.delete(job.key);
    thread.modules.add(job.key);
    if (thread.modules.size > MODULES_MAX) thread.modules.delete(thread.modules.keys().next().value!);
    thread.worker.postMessage(has ? job : { ...job, module });
    return {
      end: promise,
      stop: () => {
        if (thread.job !== current || current.stopped) return;
        current.stopped = true;
        void thread.worker.terminate();
      },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#idle.splice(0), ...this.#busy];
    for (const { idle } of all) clearTimeout(idle);
    await Promise.all(all.map(async ({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    const ring = makeRing();
    this.#nullFd ??= openSync(devNull, "r+");
    const url = new URL(`./module-thread${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(url, {
      name: "octopus-wasm",
      workerData: { ring, nullFd: this.#nullFd },
      // Nothing of the worker's own is there, should a module ever see what is around it.
      env: {},
      execArgv: ["--disable-warning=ExperimentalWarning"],
      resourceLimits: LIMITS,
    });
    const output = new RingReader(ring);
    const thread: Thread = { worker, output, modules: new Set(), job: undefined, idle: undefined, lost: undefined };
    worker.on("message", (message: FromThread) => {
      this.#read(thread);
      if (message.type === "end") this.#end(thread, message.end);
    });
    worker.on("error", (error) => (thread.lost = textOf(error)));
    worker.on("exit", () => this.#gone(thread));
    return thread;
  }

  #end(thread: Thread, end: JobEnd): void {
    const { job } = thread;
    // It is being ended, and that is what is told.
    if (job === undefined || job.stopped) return;
    thread.job = undefined;
    this.#rest(thread);
    thread.worker.unref();
    this.#idle.push(thread);
    thread.idle = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(thread), 1);
      void thread.worker.terminate();
    }, this.#idleMs).unref();
    job.settle(end);
  }

  #gone(thread: Thread): void {
    const { job } = thread;
    thread.job = undefined;
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    clearTimeout(thread.idle);
    if (job !== undefined) thread.output.read(job.onOutput);
    this.#rest(thread);
    job?.settle(job.stopped ? { type: "stopped" } : { type: "lost", why: thread.lost ?? "it ended by itself" });
  }

  #rest(thread: Thread): void {
    this.#busy.delete(thread);
    if (this.#busy.size > 0) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #readAll(): void {
    for (const thread of this.#busy) this.#read(thread);
  }

  #read({ output, job }: Thread): void {
    if (job !== undefined) output.read(job.onOutput);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY"
    ? "it used more memory for objects of the engine than a module may"
    : error.message;
}
