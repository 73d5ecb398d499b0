/**
 * The agent: takes assignments from the link, runs them through the executors, and brings their results until the server
 * has acknowledged them. It knows nothing of the transport; `Link` is all it sees of it.
 *
 * A1  An attempt is held from its assignment until its result is acknowledged; `hello` names all that is held.
 * A2  A result is sent once per connection, in order, and again on the next connection as long as it is not acknowledged.
 * A3  An attempt that the server has given up is stopped, and its result dropped.
 */
import { randomUUID } from "node:crypto";
import { hostname, loadavg } from "node:os";
import { formatDuration } from "../base/duration.ts";
import type { TaskKind } from "../base/words.ts";
import {
  type Assignment,
  type AttemptError,
  type AttemptReport,
  type FromWorker,
  LINK_VERSION,
  type LogChunk,
  type ToWorker,
} from "../protocol/link.ts";
import { Attempt, type AttemptSink } from "./attempt.ts";
import type { Executor, StopReason } from "./executor.ts";
import type { InputFolders } from "./inputs/folders.ts";
import type { KeepFile } from "./keep-file.ts";
import { NODE_TIMERS, type Timer, type Timers } from "./timers.ts";

/** A connection to the server. */
export interface Link {
  send(messages: FromWorker[]): void;
  close(): void;
}

export interface AgentOptions {
  name: string;
  slots: number;
  version: string;
  executors: readonly Executor[];
  /** Names of the registered functions; read at each hello. */
  functions: () => string[];
  /** Time that a function gets to return after it was told to stop. */
  graceMs?: number;
  /** Default: Node's own. */
  timers?: Timers;
  /** What it offers to tasks that ask for resources, in thousandths. */
  resources?: Readonly<Record<string, number>>;
  /** How files get to the server; absent = nothing keeps them. */
  keepFile?: KeepFile;
  /** Where files of other tasks are laid; absent = nothing fetches them. */
  inputs?: InputFolders;
  onWelcome?: (welcome: { session: string; heartbeatMs: number }) => void;
  /** The server will not have this worker. */
  onRefuse?: (reason: string, retryable: boolean) => void;
}

type Result = Extract<FromWorker, { type: "result" }>;

const PROGRESS_EVERY_MS = 50;
const GRACE_MS = 5000;

export class Agent implements AttemptSink {
  readonly timers: Timers;
  readonly keepFile: KeepFile | undefined;
  readonly #options: AgentOptions;
  readonly #instance = randomUUID();
  readonly #executors: ReadonlyMap<TaskKind, Executor>;
  readonly #running = new Map<string, Attempt>();
  /** Results that the server has not acknowledged, oldest first. */
  #unacknowledged: Result[] = [];
  #sent = 0;
  #link: Link | undefined;
  /** The server has answered our hello; nothing else is sent before. */
  #welcomed = false;
  #out: FromWorker[] = [];
  #chunks: LogChunk[] = [];
  readonly #progress = new Map<Attempt, { value: number; message: string | undefined }>();
  #progressTimer: Timer;
  #flushing = false;
  #heartbeat: Timer;
  #draining = false;
  #quiet: (() => void)[] = [];

  constructor(options: AgentOptions) {
    this.#options = options;
    this.timers = options.timers ?? NODE_TIMERS;
    this.keepFile = options.keepFile;
    this.#executors = new Map(options.executors.map((executor) => [executor.kind, executor]));
  }

  /** Attempts that run here now. */
  get active(): number {
    return this.#running.size;
  }

  // --- the link ---

  /** A connection stands: says hello on it. */
  connected(link: Link): void {
    this.#link = link;
    this.#welcomed = false;
    this.#out = [];
    const { name, slots, version, resources } = this.#options;
    const holds = [...this.#running.values()].map(({ assignment: { task, attempt } }) => ({ task, attempt }));
    for (const { task, attempt } of this.#unacknowledged) holds.push({ task, attempt });
    link.send([
      {
        type: "hello",
        version: LINK_VERSION,
        name,
        instance: this.#instance,
        slots,
        abilities: { kinds: [...this.#executors.keys()], functions: this.#options.functions() },
        holds,
        host: hostname(),
        pid: process.pid,
        octopus: version,
        ...(resources !== undefined && { resources }),
      },
    ]);
  }

  /** The connection is gone; what runs goes on. */
  disconnected(): void {
    this.#link = undefined;
    this.#welcomed = false;
    this.timers.clearInterval(this.#heartbeat);
  }

  receive(messages: readonly ToWorker[]): void {
    for (const message of messages) this.#receive(message);
  }

  #receive(message: ToWorker): void {
    switch (message.type) {
      case "assign":
        for (const assignment of message.tasks) void this.#run(assignment);
        return;
      case "ack": {
        const rest = this.#unacknowledged.findIndex((result) => result.n > message.n);
        this.#unacknowledged = rest < 0 ? [] : this.#unacknowledged.slice(rest);
        return this.#checkQuiet();
      }
      case "cancel": {
        const key = `${message.task}/${message.attempt}`;
        if (message.reason === "lost") {
          const { task, attempt } = message;
          this.#unacknowledged = this.#unacknowledged.filter(
            (result) => result.task !== task || result.attempt !== attempt,
          );
          this.#checkQuiet();
        }
        const attempt = this.#running.get(key);
        if (attempt !== undefined) this.#stop(attempt, message.reason);
        return;
      }
      case "welcome":
        return this.#welcome(message);
      case "refuse":
        return this.#options.onRefuse?.(message.reason, message.retryable);
      case "drain":
        void this.drain();
        return;
      default:
    }
  }

  #welcome(welcome: { session: string; heartbeatMs: number }): void {
    this.#welcomed = true;
    this.#sent = 0;
    for (const result of this.#unacknowledged) {
      result.n = ++this.#sent;
      this.#out.push(result);
    }
    if (this.#draining) this.#out.push({ type: "draining" });
    this.timers.clearInterval(this.#heartbeat);
    this.#heartbeat = this.timers.setInterval(() => this.#beat(), welcome.heartbeatMs);
    this.#beat();
    this.#options.onWelcome?.(welcome);
  }

  #beat(): void {
    const load = Math.round(loadavg()[0]! * 100) / 100;
    this.#post({ type: "heartbeat", load, rssBytes: process.memoryUsage.rss(), active: this.#running.size });
  }

  // --- attempts ---

  async #run(assignment: Assignment): Promise<void> {
    const attempt = new Attempt(assignment, this);
    const key = `${assignment.task}/${assignment.attempt}`;
    this.#running.set(key, attempt);
    if (assignment.timeoutMs > 0) {
      attempt.timer = this.timers.setTimeout(() => this.#stop(attempt, "timed_out"), assignment.timeoutMs);
    }
    const report = await this.#execute(attempt);
    if (attempt.settled) return;
    this.#settle(attempt, report);
  }

  async #execute(attempt: Attempt): Promise<AttemptReport> {
    const executor = this.#executors.get(attempt.assignment.work.kind);
    if (executor === undefined) {
      return {
        outcome: "refused",
        error: { message: `this worker does not run ${attempt.assignment.work.kind} tasks` },
      };
    }
    try {
      if (attempt.assignment.inputs === undefined) return await executor.execute(attempt);
      return await this.#executeWithInputs(attempt, executor);
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const text = `the ${executor.kind} executor failed: ${message}`;
      return { outcome: "refused", error: { message: text, kind: "internal", ...(stack !== undefined && { stack }) } };
    }
  }

  async #executeWithInputs(attempt: Attempt, executor: Executor): Promise<AttemptReport> {
    const { inputs } = this.#options;
    if (inputs !== undefined) return inputs.run(attempt, () => executor.execute(attempt));
    return {
      outcome: "refused",
      error: { message: "this worker does not fetch files of other tasks", kind: "inputs" },
    };
  }

  #stop(attempt: Attempt, reason: StopReason): void {
    if (!attempt.stop(reason)) return;
    // A function that does not listen cannot be ended without its process; its attempt is.
    if (attempt.assignment.work.kind !== "call") return;
    this.timers.clearTimeout(attempt.timer);
    attempt.timer = this.timers.setTimeout(() => {
      if (attempt.settled) return;
      const message = `it was told to stop (${reason}) and did not; the function goes on unheard in its worker`;
      const outcome = reason === "lost" ? "cancelled" : reason;
      this.#settle(attempt, { outcome, error: { message, kind: "stuck" } });
    }, this.#options.graceMs ?? GRACE_MS);
  }

  #settle(attempt: Attempt, report: AttemptReport): void {
    const { task, attempt: number } = attempt.assignment;
    attempt.settled = true;
    const artifacts = attempt.takeFiles();
    if (artifacts !== undefined) report.artifacts = artifacts;
    if (report.durationMs !== undefined) report.durationMs = Math.round(report.durationMs);
    if (report.outcome === "timed_out") report.error ??= timeoutError(attempt.assignment.timeoutMs);
    this.timers.clearTimeout(attempt.timer);
    this.#running.delete(`${task}/${number}`);
    if (this.#progress.size > 0) this.#progress.delete(attempt);
    if (attempt.stopped !== "lost") {
      const result: Result = { type: "result", n: 0, task, attempt: number, report };
      this.#unacknowledged.push(result);
      if (this.#welcomed) {
        result.n = ++this.#sent;
        this.#post(result);
      }
    }
    if (this.#quiet.length > 0) this.#checkQuiet();
  }

  log(chunk: LogChunk): void {
    this.#chunks.push(chunk);
    if (this.#welcomed) this.#scheduleFlush();
  }

  progress(attempt: Attempt, value: number, message: string | undefined): void {
    this.#progress.set(attempt, { value, message });
    this.#progressTimer ??= this.timers.setTimeout(() => {
      this.#progressTimer = undefined;
      for (const [{ assignment }, { value: at, message: text }] of this.#progress) {
        const { task, attempt: number } = assignment;
        this.#post({
          type: "progress",
          task,
          attempt: number,
          value: at,
          ...(text !== undefined && { message: text }),
        });
      }
      this.#progress.clear();
    }, PROGRESS_EVERY_MS);
  }

  // --- sending ---

  #post(message: FromWorker): void {
    if (!this.#welcomed) return;
    this.#out.push(message);
    this.#scheduleFlush();
  }

  /** Everything of one turn of the loop travels in one frame; output goes before the result it belongs to. */
  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.timers.setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#link === undefined || !this.#welcomed) {
      this.#out = [];
      return;
    }
    const messages = this.#out;
    this.#out = [];
    if (this.#chunks.length > 0) {
      messages.unshift({ type: "log", chunks: this.#chunks });
      this.#chunks = [];
    }
    if (messages.length > 0) this.#link.send(messages);
  }

  // --- stopping ---

  /** Takes no more work. */
  async drain(): Promise<void> {
    if (!this.#draining) this.#post({ type: "draining" });
    this.#draining = true;
  }

  /** Ends: what runs gets `graceMs` to finish, then it is interrupted and goes back to the queue. */
  async stop(graceMs: number): Promise<void> {
    await this.drain();
    await this.#quietWithin(graceMs);
    for (const attempt of this.#running.values()) this.#stop(attempt, "interrupted");
    await this.#quietWithin(2 * (this.#options.graceMs ?? GRACE_MS) + 2000);
    this.#post({ type: "goodbye" });
    this.#flush();
    this.timers.clearInterval(this.#heartbeat);
    this.timers.clearTimeout(this.#progressTimer);
    this.#link?.close();
    await Promise.all([...this.#executors.values()].map(async (executor) => executor.close?.()));
    this.#options.inputs?.close();
  }

  /** Resolves when nothing runs and every result is acknowledged, or after `ms`. */
  #quietWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.timers.setTimeout(resolve, ms);
      this.#quiet.push(() => {
        this.timers.clearTimeout(timer);
        resolve();
      });
      this.#checkQuiet();
    });
  }

  #checkQuiet(): void {
    if (this.#running.size > 0) return;
    // Without a server nobody acknowledges; the results are in its journal's hands when it hears of them again.
    if (this.#welcomed && this.#unacknowledged.length > 0) return;
    for (const resolve of this.#quiet.splice(0)) resolve();
  }
}

function timeoutError(timeoutMs: number): AttemptError {
  return { message: `timed out after ${formatDuration(timeoutMs)}`, kind: "timed_out" };
}
