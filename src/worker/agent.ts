/**
 * The agent: takes assignments from the link, runs them through the executors, and hands what comes of them to the outbox.
 * It knows nothing of the transport; `Link` is all it sees of it.
 *
 * A1  An attempt is held from its assignment until its result is acknowledged; `hello` names all that is held.
 * A2  A result is repeated until it is acknowledged (`outbox.ts`).
 * A3  An attempt that the server has given up is stopped, and its result dropped.
 * A4  What is held for one server is never brought to another one.
 */
import { randomUUID } from "node:crypto";
import { hostname, loadavg } from "node:os";
import { formatDuration } from "../base/duration.ts";
import type { TaskKind } from "../base/words.ts";
import {
  type Assignment,
  type AttemptError,
  type AttemptReport,
  type Hello,
  LINK_FEATURES,
  LINK_VERSION,
  LINK_VERSION_MIN,
  type LogChunk,
  type ToWorker,
} from "../protocol/link.ts";
import { Attempt, type AttemptSink } from "./attempt.ts";
import type { Executor, StopReason } from "./executor.ts";
import type { InputFolders } from "./inputs/folders.ts";
import type { KeepFile } from "./keep-file.ts";
import { type Link, Outbox } from "./outbox.ts";
import type { Spool } from "./spool/spool.ts";
import { NODE_TIMERS, type Timer, type Timers } from "./timers.ts";
import type { UsageSource } from "./usage/usage.ts";

export type { Link } from "./outbox.ts";

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
  /** By resource the names of its units, where these are told apart. */
  units?: Readonly<Record<string, readonly string[]>>;
  /** What it is, for tasks that choose by that. */
  labels?: Readonly<Record<string, string>>;
  /** The only arms whose tasks it takes. */
  arms?: readonly string[] | undefined;
  /** Longest time of an attempt, whatever its task says; 0 = none. */
  timeoutMs?: number;
  /** Keeps what the server is not known to have; absent = it ends with the process. */
  spool?: Spool | undefined;
  /** What the machine and the attempts use; absent = nothing is said of it. */
  usage?: UsageSource;
  /** How files get to the server; absent = nothing keeps them. */
  keepFile?: KeepFile;
  /** Where files of other tasks are laid; absent = nothing fetches them. */
  inputs?: InputFolders;
  onWelcome?: (welcome: Welcome) => void;
  /** The server will not have this worker, or (`waits`) not before a person has approved it. */
  onRefuse?: (reason: string, retryable: boolean, waits: boolean) => void;
  /** The server wants this process to end, and what it ran has ended. */
  onStop?: () => void;
}

type Welcome = Extract<ToWorker, { type: "welcome" }>;

const PROGRESS_EVERY_MS = 50;
const GRACE_MS = 5000;

export class Agent implements AttemptSink {
  readonly timers: Timers;
  readonly keepFile: KeepFile | undefined;
  readonly #options: AgentOptions;
  readonly #instance = randomUUID();
  readonly #executors: ReadonlyMap<TaskKind, Executor>;
  readonly #running = new Map<string, Attempt>();
  /** Being stopped, because they were another server's; their numbers say nothing to this one. */
  readonly #foreign = new Set<Attempt>();
  readonly #outbox: Outbox;
  #link: Link | undefined;
  /** Said in the next hello: an older server takes none that is newer than itself. */
  #version = LINK_VERSION;
  /** Agreed on with the server. */
  #agreed = LINK_VERSION;
  /** Id of the server that all that is held belongs to. */
  #cluster: string | undefined;
  readonly #progress = new Map<Attempt, { value: number; message: string | undefined }>();
  #progressTimer: Timer;
  #heartbeat: Timer;
  #beats = 0;
  #draining = false;
  #stopsWhenQuiet = false;
  #quiet: (() => void)[] = [];

  constructor(options: AgentOptions) {
    this.#options = options;
    this.timers = options.timers ?? NODE_TIMERS;
    this.keepFile = options.keepFile;
    this.#executors = new Map(options.executors.map((executor) => [executor.kind, executor]));
    this.#outbox = new Outbox(this.timers, options.spool);
    this.#cluster = options.spool?.cluster;
  }

  /** Attempts that run here now. */
  get active(): number {
    return this.#running.size + this.#foreign.size;
  }

  // --- the link ---

  /** A connection stands: says hello on it. */
  connected(link: Link): void {
    this.#link = link;
    this.#outbox.connected(link);
    link.send([this.#hello()]);
  }

  #hello(): Hello {
    const { name, slots, version, resources, units, labels, arms } = this.#options;
    const holds = [...this.#running.values()].map(({ assignment: { task, attempt } }) => ({ task, attempt }));
    for (const ref of this.#outbox.holds()) holds.push(ref);
    return {
      type: "hello",
      version: this.#version,
      name,
      instance: this.#instance,
      slots,
      abilities: { kinds: [...this.#executors.keys()], functions: this.#options.functions() },
      holds,
      host: hostname(),
      pid: process.pid,
      octopus: version,
      ...(resources !== undefined && { resources }),
      ...(this.#version > LINK_VERSION_MIN && {
        features: [...LINK_FEATURES],
        ...(units !== undefined && { units: units as Record<string, string[]> }),
        ...(labels !== undefined && { labels }),
        ...(arms !== undefined && { arms: [...arms] }),
      }),
    };
  }

  /** The connection is gone; what runs goes on. */
  disconnected(): void {
    // The server may be another version when it is back.
    if (this.#outbox.isWelcome) this.#version = LINK_VERSION;
    this.#link = undefined;
    this.#outbox.disconnected();
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
      case "ack":
        this.#outbox.acknowledged(message.n);
        return this.#checkQuiet();
      case "cancel": {
        const key = `${message.task}/${message.attempt}`;
        if (message.reason === "lost") {
          this.#outbox.drop(message.task, message.attempt);
          this.#checkQuiet();
        }
        const attempt = this.#running.get(key);
        if (attempt !== undefined) this.#stop(attempt, message.reason);
        return;
      }
      case "welcome":
        return this.#welcome(message);
      case "refuse":
        return this.#refused(message);
      case "drain":
        // Without `stop` it is the server that gives it no work; it may want to do so again.
        if (message.stop !== true || this.#stopsWhenQuiet) return;
        this.#stopsWhenQuiet = true;
        void this.drain();
        return this.#checkQuiet();
      default:
    }
  }

  #welcome(welcome: Welcome): void {
    const { cluster } = welcome;
    if (cluster !== undefined && this.#cluster !== undefined && cluster !== this.#cluster) return this.#forget(cluster);
    this.#cluster = cluster ?? this.#cluster;
    if (cluster !== undefined) this.#options.spool?.setCluster(cluster);
    this.#agreed = welcome.version ?? LINK_VERSION_MIN;
    this.#outbox.welcome();
    if (this.#draining) this.#outbox.post({ type: "draining" });
    this.timers.clearInterval(this.#heartbeat);
    this.#heartbeat = this.timers.setInterval(() => this.#beat(), welcome.heartbeatMs);
    this.#beat();
    this.#options.onWelcome?.(welcome);
  }

  /** Another server answers at the same address: nothing of what is held concerns it, and it was told that all of it is. */
  #forget(cluster: string): void {
    this.#cluster = cluster;
    for (const attempt of this.#running.values()) {
      attempt.isForeign = true;
      this.#foreign.add(attempt);
      this.#stop(attempt, "lost");
    }
    this.#running.clear();
    this.#progress.clear();
    this.#outbox.clear();
    this.#options.spool?.setCluster(cluster);
    this.#link?.again?.();
  }

  #refused({ reason, retryable, waits }: Extract<ToWorker, { type: "refuse" }>): void {
    const theirs = /speaks link version (\d+)\b/.exec(reason);
    if (!retryable && theirs !== null && this.#version > LINK_VERSION_MIN && Number(theirs[1]) === LINK_VERSION_MIN) {
      this.#version = LINK_VERSION_MIN;
      return this.#link?.again?.();
    }
    this.#options.onRefuse?.(reason, retryable, waits === true);
  }

  #beat(): void {
    const load = Math.round(loadavg()[0]! * 100) / 100;
    const { usage } = this.#options;
    const seen = this.#agreed > LINK_VERSION_MIN ? usage?.takeLatest() : undefined;
    this.#outbox.post({
      type: "heartbeat",
      load,
      rssBytes: process.memoryUsage.rss(),
      active: this.#running.size,
      ...seen,
    });
    if (this.#beats++ % 2 === 0) usage?.sample(this.#running.values());
  }

  // --- attempts ---

  async #run(assignment: Assignment): Promise<void> {
    const attempt = new Attempt(assignment, this, this.#options.timeoutMs);
    const key = `${assignment.task}/${assignment.attempt}`;
    this.#running.set(key, attempt);
    if (attempt.timeoutMs > 0) {
      attempt.timer = this.timers.setTimeout(() => this.#stop(attempt, "timed_out"), attempt.timeoutMs);
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
    if (report.outcome === "timed_out") report.error ??= timeoutError(attempt.timeoutMs);
    this.timers.clearTimeout(attempt.timer);
    if (attempt.isForeign) this.#foreign.delete(attempt);
    else this.#running.delete(`${task}/${number}`);
    if (this.#progress.size > 0) this.#progress.delete(attempt);
    if (attempt.stopped !== "lost" && !attempt.isForeign) this.#outbox.result(task, number, report);
    if (this.#quiet.length > 0 || this.#stopsWhenQuiet) this.#checkQuiet();
  }

  log(chunk: LogChunk): void {
    this.#outbox.output(chunk);
  }

  progress(attempt: Attempt, value: number, message: string | undefined): void {
    this.#progress.set(attempt, { value, message });
    this.#progressTimer ??= this.timers.setTimeout(() => {
      this.#progressTimer = undefined;
      for (const [{ assignment }, { value: at, message: text }] of this.#progress) {
        const { task, attempt: number } = assignment;
        this.#outbox.post({
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

  // --- stopping ---

  /** Takes no more work. */
  async drain(): Promise<void> {
    if (!this.#draining) this.#outbox.post({ type: "draining" });
    this.#draining = true;
  }

  /** Ends: what runs gets `graceMs` to finish, then it is interrupted and goes back to the queue. */
  async stop(graceMs: number): Promise<void> {
    await this.drain();
    await this.#quietWithin(graceMs);
    for (const attempt of this.#running.values()) this.#stop(attempt, "interrupted");
    await this.#quietWithin(2 * (this.#options.graceMs ?? GRACE_MS) + 2000);
    this.#outbox.post({ type: "goodbye" });
    this.#outbox.flush();
    this.timers.clearInterval(this.#heartbeat);
    this.timers.clearTimeout(this.#progressTimer);
    this.#link?.close();
    await Promise.all([...this.#executors.values()].map(async (executor) => executor.close?.()));
    this.#options.inputs?.close();
    this.#outbox.close();
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
    if (this.active > 0) return;
    // Without a server nobody acknowledges; results are in the spool, or their attempts count as lost.
    if (!this.#outbox.isQuiet) return;
    for (const resolve of this.#quiet.splice(0)) resolve();
    if (!this.#stopsWhenQuiet || !this.#outbox.isWelcome) return;
    this.#stopsWhenQuiet = false;
    this.#options.onStop?.();
  }
}

function timeoutError(timeoutMs: number): AttemptError {
  return { message: `timed out after ${formatDuration(timeoutMs)}`, kind: "timed_out" };
}
