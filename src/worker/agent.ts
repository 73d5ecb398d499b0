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
import { formatDuration } from "../base/duration.ts";
import type { TaskKind } from "../base/words.ts";
import {
  type Assignment,
  type AttemptError,
  type AttemptRef,
  type AttemptReport,
  type FromWorker,
  LINK_VERSION,
  LINK_VERSION_MIN,
  type LogChunk,
  type ToWorker,
} from "../protocol/link.ts";
import type { AgentOptions, Refusal, Welcome } from "./agent-options.ts";
import { Attempt, type AttemptSink } from "./attempt.ts";
import type { Executor, StopReason } from "./executor.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { KeepFile } from "./keep-file.ts";
import { Offer } from "./offer.ts";
import { type Link, Outbox } from "./outbox.ts";
import { ProgressNews } from "./progress-news.ts";
import { runAttempt } from "./run-attempt.ts";
import { NODE_TIMERS, type Timer, type Timers } from "./timers.ts";

export type { Link } from "./outbox.ts";

const GRACE_MS = 5000;
/** What a worker offers is told anew at most once in this time. */
const TELL_AGAIN_MS = 1000;

export class Agent implements AttemptSink {
  readonly timers: Timers;
  readonly keepFile: KeepFile | undefined;
  readonly #options: AgentOptions;
  readonly #instance = randomUUID();
  readonly #executors: ReadonlyMap<TaskKind, Executor>;
  readonly #offer: Offer;
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
  /** Where that server was met by this process. */
  #metAt: string | undefined;
  /** What the server of this connection says is not heard: it may be another one. */
  #isDeaf = false;
  readonly #progress: ProgressNews;
  /** What it has of the plugins; told at each welcome. */
  #plugins: Extract<FromWorker, { type: "plugins" }> | undefined;
  /** Both sides speak of plugins. */
  #hasPlugins = false;
  #takesOffers = false;
  #helloAt = -Infinity;
  #helloTimer: Timer;
  readonly #heartbeats: Heartbeats;
  #draining = false;
  #stopsWhenQuiet = false;
  #quiet: (() => void)[] = [];

  constructor(options: AgentOptions) {
    this.#options = options;
    this.timers = options.timers ?? NODE_TIMERS;
    this.keepFile = options.keepFile;
    this.#executors = new Map(options.executors.map((executor) => [executor.kind, executor]));
    this.#offer = new Offer(options);
    this.#outbox = new Outbox(this.timers, options.spool);
    this.#progress = new ProgressNews(this.timers, (message) => this.#outbox.post(message));
    this.#heartbeats = new Heartbeats(this.timers, options.usage, (message) => this.#outbox.post(message));
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
    this.#isDeaf = false;
    this.#outbox.connected(link);
    this.#helloAt = this.timers.now();
    const said = { version: this.#version, instance: this.#instance, holds: this.#holds() };
    link.send([this.#offer.hello(said)]);
  }

  /** An executor may say something else of itself than before: the server is told so, but not for each change. */
  changed(): void {
    if (this.#link?.again === undefined || this.#helloTimer !== undefined || !this.#offer.isNews) return;
    const wait = Math.max(0, this.#helloAt + TELL_AGAIN_MS - this.timers.now());
    this.#helloTimer = this.timers.setTimeout(() => {
      this.#helloTimer = undefined;
      this.tellAnew();
    }, wait);
  }

  /** Tells what has changed of its offer, now; an older server takes that in a new hello only. */
  tellAnew(): void {
    if (!this.#offer.isNews) return;
    if (!this.#outbox.isWelcome || !this.#takesOffers) return this.#link?.again?.();
    this.#helloAt = this.timers.now();
    this.#outbox.post(this.#offer.anew());
  }

  /** All plugins that it has, by hash, and why it has not the others. */
  tellPlugins(ready: readonly string[], failed: Readonly<Record<string, string>>): void {
    this.#plugins = { type: "plugins", ready: [...ready], failed: { ...failed } };
    if (this.#hasPlugins) this.#outbox.post(this.#plugins);
  }

  #holds(): AttemptRef[] {
    const running = [...this.#running.values()].map(({ assignment: { task, attempt } }) => ({ task, attempt }));
    return [...running, ...this.#outbox.holds()];
  }

  /** The connection is gone; what runs goes on. */
  disconnected(): void {
    // The server may be another version when it is back.
    if (this.#outbox.isWelcome) this.#version = LINK_VERSION;
    this.#link = undefined;
    this.#outbox.disconnected();
    this.#heartbeats.stop();
  }

  receive(messages: readonly ToWorker[]): void {
    for (const message of messages) if (!this.#isDeaf) this.#receive(message);
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
      case "plugins":
        for (const executor of this.#executors.values()) executor.plugins?.(message.plugins, message.adapters ?? {});
        return;
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
    if (cluster === undefined && this.#mayBeAnother()) return this.#mistrust();
    this.#cluster = cluster ?? this.#cluster;
    if (cluster !== undefined) {
      this.#metAt = this.#link?.address;
      this.#options.spool?.setCluster(cluster);
    }
    this.#agreed = welcome.version ?? LINK_VERSION_MIN;
    this.#hasPlugins = welcome.features?.includes("plugins") === true;
    this.#takesOffers = welcome.features?.includes("offer") === true;
    this.#outbox.welcome();
    if (this.#hasPlugins && this.#plugins !== undefined) this.#outbox.post(this.#plugins);
    if (this.#draining) this.#outbox.post({ type: "draining" });
    this.#heartbeats.start(welcome.heartbeatMs, this.#agreed, this.#running);
    this.#options.onWelcome?.(welcome);
  }

  /** Older servers do not say who they are. One at the address where ours was is ours, gone back to an older version. */
  #mayBeAnother(): boolean {
    const address = this.#link?.address;
    return this.#cluster !== undefined && address !== undefined && address !== this.#metAt && this.#holds().length > 0;
  }

  /** It would take the results for those of its own tasks with the same numbers. They stay where they are. */
  #mistrust(): void {
    this.#isDeaf = true;
    const reason =
      `it does not say which server it is, and what is held here is for ${this.#cluster}: start the worker with ` +
      "--server where that one is, or with another --name or data directory for this one";
    this.#options.onRefuse?.({ reason, retryable: false });
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

  #refused(refusal: Refusal): void {
    const { reason, retryable } = refusal;
    const theirs = /speaks link version (\d+)\b/.exec(reason);
    if (!retryable && theirs !== null && this.#version > LINK_VERSION_MIN && Number(theirs[1]) === LINK_VERSION_MIN) {
      this.#version = LINK_VERSION_MIN;
      return this.#link?.again?.();
    }
    this.#options.onRefuse?.(refusal);
  }

  // --- attempts ---

  async #run(assignment: Assignment): Promise<void> {
    const attempt = new Attempt(assignment, this, this.#options.timeoutMs);
    const key = `${assignment.task}/${assignment.attempt}`;
    this.#running.set(key, attempt);
    if (attempt.timeoutMs > 0) {
      attempt.timer = this.timers.setTimeout(() => this.#stop(attempt, "timed_out"), attempt.timeoutMs);
    }
    const report = await runAttempt(attempt, this.#executors.get(assignment.work.kind), this.#options.inputs);
    if (attempt.settled) return;
    this.#settle(attempt, report);
  }

  #stop(attempt: Attempt, reason: StopReason): void {
    if (!attempt.stop(reason)) return;
    // What runs in this process and does not listen cannot be ended without it; its attempt is.
    const { kind } = attempt.assignment.work;
    if (kind !== "call" && kind !== "custom") return;
    this.timers.clearTimeout(attempt.timer);
    attempt.timer = this.timers.setTimeout(() => {
      if (attempt.settled) return;
      const what = kind === "call" ? "function" : "executor";
      const message = `it was told to stop (${reason}) and did not; the ${what} goes on unheard in its worker`;
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
    this.#progress.drop(attempt);
    if (attempt.stopped !== "lost" && !attempt.isForeign) this.#outbox.result(task, number, report);
    if (this.#quiet.length > 0 || this.#stopsWhenQuiet) this.#checkQuiet();
  }

  log(chunk: LogChunk): void {
    this.#outbox.output(chunk);
  }

  progress(attempt: Attempt, value: number, message: string | undefined): void {
    this.#progress.add(attempt, value, message);
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
    this.#heartbeats.stop();
    this.timers.clearTimeout(this.#helloTimer);
    this.#progress.close();
    this.#link?.close();
    await Promise.all([...this.#executors.values()].map(async (executor) => executor.close?.()));
    await this.#options.onClose?.();
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
